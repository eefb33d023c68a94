import assert from 'node:assert/strict';
import { schemes } from '../../src/check/schemes.ts';
import { keys } from '../../src/inject/intent/annotations.ts';
import { completionAt } from '../../src/playground/completion.ts';
import { hoverAt } from '../../src/playground/hover.ts';

const prefix = 'health.example.com/';

/** A manifest with these annotations; `|` stands for the cursor. */
const template = (...lines: readonly string[]): string =>
  ['kind: Pod', 'metadata:', '  annotations:', ...lines.map((line) => `    ${line}`), 'spec: {}', ''].join('\n');

function at<T>(text: string, find: (text: string, offset: number, prefix: string) => T): T {
  const offset = text.indexOf('|');
  return find(text.slice(0, offset) + text.slice(offset + 1), offset, prefix);
}

const offered = (text: string): string[] => at(text, completionAt)?.words.map(({ term }) => term.name) ?? [];
const check = (text: string): string[] => offered(template(`${prefix}check: ${text}`));
const explained = (text: string): string | undefined => at(text, hoverAt)?.word.name;

describe('completion', () => {
  it('offers every annotation below annotations, and nothing elsewhere', () => {
    const words = offered(template('hea|'));
    assert.deepEqual(
      Object.keys(keys).filter((key) => !words.includes(prefix + key)),
      [],
    );
    assert.deepEqual(offered('kind: Pod\nspec:\n  con|\n'), []);
    assert.deepEqual(offered('spec:\n  containers:\n    - image: redis|\n'), []);
  });

  it('offers the words of a policy without the prefix, and that of a Namespace', () => {
    const policy = offered('kind: HealthPolicy\nspec:\n  inject:\n    pa|\n');
    assert(policy.includes('pattern') && !policy.includes('image'));
    assert.deepEqual(offered('kind: Namespace\nmetadata:\n  labels:\n    h|\n'), [`${prefix}inject`]);
    assert.deepEqual(offered(`kind: Namespace\nmetadata:\n  labels:\n    ${prefix}inject: |\n`), [
      'enabled',
      'disabled',
    ]);
  });

  it('offers the values of a key, each of a list by itself', () => {
    assert(offered(template(`${prefix}pattern: port,s|`)).includes('sidecar'));
    assert.equal(
      at(template(`${prefix}pattern: port,s|`), completionAt)?.from,
      template(`${prefix}pattern: port,`).indexOf('port,') + 5,
    );
    assert(offered(template(`${prefix}pattern.web: |`)).includes('none'));
    assert.deepEqual(offered(template(`${prefix}mode: "|"`)), ['sidecar', 'cli']);
  });

  it('offers every scheme where a check begins, also in a block and for a probe', () => {
    assert.deepEqual(offered(template(`${prefix}check: |`)).toSorted(), [...schemes.keys()].toSorted());
    assert(
      offered(template(`${prefix}check: |\u200b`.replace('|\u200b', '>-'), '  redis://:1', '  ht|')).includes('https'),
    );
    assert(offered(template(`${prefix}liveness: |`)).includes('off'));
  });

  it('offers the options of a check, and their values', () => {
    assert(check('redis://:6379?ro|').includes('role'));
    assert(check('cache=redis://:6379?role=master&ma|').includes('max-lag'));
    assert.deepEqual(check('tcp://:1?proxy=|'), ['v1', 'v2']);
    assert.deepEqual(check('nothing://:1?|'), []);
    assert.deepEqual(check('redis://:63|'), []);
  });
});

describe('hovering', () => {
  it('explains keys, schemes and options', () => {
    assert.equal(explained(template(`${prefix}per|iod: 5s`)), 'period');
    assert.equal(explained(template(`${prefix}check: red|is://:6379`)), 'redis');
    assert.equal(explained(template(`${prefix}check: http://:80/?header.Acc|ept=a`)), 'header.NAME');
    assert.equal(explained(template(`${prefix}check: cache=redis://:6379?role=master&max-|lag=5s`)), 'max-lag');
    assert.equal(explained('spec:\n  inject:\n    time|out: 5s\n'), 'timeout');
  });

  it('says nothing of the words of others', () => {
    assert.equal(explained(template('example.org/per|iod: 5s')), undefined);
    assert.equal(explained(template(`${prefix}check: oth|er://:1`)), undefined);
    assert.equal(explained('kind: P|od\n'), undefined);
  });
});
