import assert from 'node:assert/strict';
import { stillSeen, wantedBundle } from '../../src/certificates/ca-bundle.ts';

describe('what the caBundle has to hold', () => {
  it('is what is needed, in its order and once', () => {
    assert.deepEqual(wantedBundle(['b', 'a', 'b'], { unneeded: new Map(), nowMs: 0, graceMs: 10 }), ['b', 'a']);
  });

  it('is what is not needed any more too, until that has been so for a while', () => {
    const unneeded = new Map([['old', 5]]);
    assert.deepEqual(wantedBundle(['new'], { unneeded, nowMs: 14, graceMs: 10 }), ['new', 'old']);
    assert.deepEqual(wantedBundle(['new'], { unneeded, nowMs: 15, graceMs: 10 }), ['new']);
  });

  it('counts that while from the first time in a row', () => {
    const first = stillSeen(['old'], new Map(), 5);
    const second = stillSeen(['old', 'older'], first, 9);
    assert.deepEqual(
      [...second],
      [
        ['old', 5],
        ['older', 9],
      ],
    );
    assert.deepEqual([...stillSeen(['old'], stillSeen([], second, 10), 11)], [['old', 11]]);
  });
});
