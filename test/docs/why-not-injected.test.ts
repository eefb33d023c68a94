import assert from 'node:assert/strict';
import { skipReasons } from '../../src/inject/skip-reasons.ts';
import { textOf } from './support/markdown.ts';

/** What no user of a Pod can ask about: reviews of other objects, a second call, and faults of ours. */
const notInTheTree = [
  'already-injected',
  'internal-error',
  'no-object',
  'not-a-create',
  'not-a-pod',
  'nothing-to-copy',
  'owned-workload',
  'sub-resource',
  'too-costly',
];

describe('the tree of why a Pod was not injected', () => {
  it('ends at each reason that a Pod can have, once, and at no other', () => {
    const [, tree = ''] = /```mermaid\nflowchart TD\n([^]*?)```/.exec(textOf('docs/troubleshooting.md')) ?? [];
    const ends = [...tree.matchAll(/\br\d+\["(.*?)"\]/g)].flatMap(([, words = '']) => words.split('<br>'));
    const wanted = Object.keys(skipReasons).filter((reason) => !notInTheTree.includes(reason));
    assert.deepEqual(ends.toSorted(), wanted.toSorted());
  });

  it('leads from one question to the next, and each answer somewhere', () => {
    const [, tree = ''] = /```mermaid\nflowchart TD\n([^]*?)```/.exec(textOf('docs/troubleshooting.md')) ?? [];
    const questions = new Set([...tree.matchAll(/\b(\w+)\{"/g)].map(([, name = '']) => name));
    const answers = [...tree.matchAll(/^ {2}(\w+)(?:\{.*?\})? -->/gm)].map(([, name = '']) => name);
    assert(questions.size >= 10);
    for (const question of questions) {
      assert.equal(answers.filter((name) => name === question).length, 2, question);
    }
  });
});
