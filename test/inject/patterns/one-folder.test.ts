import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { keys } from '../../../src/inject/intent/annotations.ts';
import { patternNames, patternOf } from '../../../src/inject/patterns/index.ts';
import { skipReasons } from '../../../src/inject/skip-reasons.ts';

const root = new URL('../../../src/', import.meta.url).pathname;
const registry = 'inject/patterns/index.ts';

describe('a pattern', () => {
  it('is one folder and its line in the registry: the generic core knows nothing of hardware', () => {
    const files = globSync('{inject,policy}/**/*.ts', { cwd: root, exclude: ['inject/patterns/hardware'] });
    assert(files.length > 20);
    const knowing = files.filter((file) => /hardware/i.test(readFileSync(root + file, 'utf8')));
    assert.deepEqual(knowing, [registry]);
    const lines = readFileSync(root + registry, 'utf8').split('\n');
    assert.equal(lines.filter((line) => line.includes('hardware')).length, 2, 'its import, and its entry');
  });

  it('owns its keys and its reasons, and shares neither with another', () => {
    for (const [member, table] of [
      ['ownKeys', keys],
      ['skipReasons', skipReasons],
    ] as const) {
      const owned = patternNames.flatMap((name) => Object.keys(patternOf(name)[member] ?? {}));
      assert.equal(new Set(owned).size, owned.length);
      for (const key of owned) assert(Object.hasOwn(table, key), key);
    }
  });

  it('that has keys of its own reads them, and one without has nothing to hold to the Pod', () => {
    for (const name of patternNames) {
      const { readOptions, validateForPod, ownKeys } = patternOf(name);
      assert.equal(ownKeys === undefined, readOptions === undefined, name);
      assert(ownKeys !== undefined || validateForPod === undefined, name);
    }
  });
});
