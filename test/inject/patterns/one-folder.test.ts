import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { keys } from '../../../src/inject/intent/annotations.ts';
import { patternNames, patternOf } from '../../../src/inject/patterns/index.ts';
import { skipReasons } from '../../../src/inject/skip-reasons.ts';

const root = new URL('../../../src/inject/', import.meta.url).pathname;
const registry = 'patterns/index.ts';

describe('a pattern', () => {
  it('is one folder and its line in the registry: the generic core knows nothing of hardware', () => {
    const files = globSync('**/*.ts', { cwd: root, exclude: ['patterns/hardware'] });
    assert(files.length > 20);
    const knowing = files.filter((file) => /hardware/i.test(readFileSync(root + file, 'utf8')));
    assert.deepEqual(knowing, [registry]);
    const lines = readFileSync(root + registry, 'utf8').split('\n');
    assert.equal(lines.filter((line) => line.includes('hardware')).length, 2, 'its import, and its entry');
  });

  it('owns its keys and its reasons, and shares neither with another', () => {
    for (const [member, table] of [
      ['keys', keys],
      ['skipReasons', skipReasons],
    ] as const) {
      const owned = patternNames.flatMap((name) => Object.keys(patternOf(name)[member] ?? {}));
      assert.equal(new Set(owned).size, owned.length);
      for (const key of owned) assert(Object.hasOwn(table, key), key);
    }
  });

  it('takes a check for itself only where it says how that is assigned', () => {
    for (const name of patternNames) {
      const { claims, assignClaimed, readOptions, validate, keys: own } = patternOf(name);
      assert.equal(claims === undefined, assignClaimed === undefined, name);
      assert.equal(own === undefined, readOptions === undefined, name);
      assert.equal(own === undefined, validate === undefined, name);
    }
  });
});
