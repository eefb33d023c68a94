import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type OwnedPod, decideRestarts } from '../../../src/controllers/restart-budget/decide.ts';
import { restartBudgetOf } from '../../../src/controllers/restart-budget/share.ts';

const quarter = 25;

/** Pods `0`, `1`, ... that pass, but for what `rest` says. */
const owner = (count: number, rest: Readonly<Record<number, Partial<OwnedPod>>> = {}): OwnedPod[] =>
  Array.from({ length: count }, (_, index) => ({
    uid: `${index}`,
    createdMs: index,
    percent: quarter,
    failingSinceMs: undefined,
    isRestarted: false,
    endedMs: 0,
    isPaused: false,
    ...rest[index],
  }));

const failingAt = (failingSinceMs: number) => ({ failingSinceMs });

const arbitraryPods = fc.array(
  fc.record({
    failingSinceMs: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
    isRestarted: fc.boolean(),
    isPaused: fc.boolean(),
    percent: fc.integer({ min: 1, max: 100 }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('which Pods of an owner may be restarted', () => {
  it('is all of them where as many fail as the budget has', () => {
    const decision = decideRestarts(owner(8, { 1: failingAt(1), 2: failingAt(2) }));
    assert.deepEqual([decision.budget, decision.heldFailing.size, decision.heldPassing.size], [2, 0, 0]);
  });

  it('is what fails longest where more fail, and the rest is held before it fails', () => {
    const decision = decideRestarts(owner(8, { 1: failingAt(30), 2: failingAt(20), 3: failingAt(10) }));
    assert.deepEqual([...decision.heldFailing], ['1']);
    assert.deepEqual([...decision.heldPassing].toSorted(), ['0', '4', '5', '6', '7']);
  });

  it('is fewer by those that were restarted within the window', () => {
    const decision = decideRestarts(owner(8, { 0: { isRestarted: true }, 2: failingAt(20), 3: failingAt(10) }));
    assert.deepEqual([...decision.heldFailing], ['2']);
    assert.equal(decision.heldPassing.size, 6);
  });

  it('is a single broken Pod of any owner, again and again', () => {
    for (const count of [1, 2, 3, 4, 50]) {
      const again = decideRestarts(owner(count, { 0: { failingSinceMs: 5, isRestarted: true } }));
      assert.equal(again.heldFailing.size, 0, `${count} Pods`);
    }
  });

  it('is none that was restarted already where all fail', () => {
    const all = owner(
      8,
      Object.fromEntries(
        Array.from({ length: 8 }, (_, index) => [index, { failingSinceMs: index, isRestarted: index < 2 }]),
      ),
    );
    assert.equal(decideRestarts(all).heldFailing.size, 8);
  });

  it('leaves a paused Pod out, which nobody restarts', () => {
    const pods = owner(4, { 0: { failingSinceMs: 1, isPaused: true }, 1: failingAt(2) });
    const decision = decideRestarts(pods);
    assert.deepEqual([decision.failing, decision.heldFailing.size, decision.heldPassing.size], [1, 0, 0]);
  });

  it('goes by the share of the youngest Pod', () => {
    const pods = owner(8, { 7: { percent: 50 } });
    assert.equal(decideRestarts(pods).budget, 4);
  });

  it('is never more than the budget, and never none where none was restarted', () => {
    fc.assert(
      fc.property(arbitraryPods, (rows) => {
        const pods = rows.map((row, index) => ({ ...row, endedMs: 0, uid: `${index}`, createdMs: index }));
        const { budget, heldFailing, heldPassing } = decideRestarts(pods);
        const failing = pods.filter(({ failingSinceMs, isPaused }) => failingSinceMs !== undefined && !isPaused);
        const restarted = pods.filter(({ isRestarted }) => isRestarted);
        const free = failing.filter(({ uid }) => !heldFailing.has(uid));
        const places = new Set([...free, ...restarted].map(({ uid }) => uid));
        assert(places.size <= Math.max(budget, restarted.length));
        if (failing.length > 0 && restarted.length === 0) assert(free.length > 0);
        if (failing.length <= 1 && restarted.length === 0) assert.equal(heldFailing.size, 0);
        for (const { uid, isPaused } of pods) {
          assert(!isPaused || !(heldFailing.has(uid) || heldPassing.has(uid)));
        }
        const oldest = Math.min(
          ...failing.filter(({ isRestarted }) => !isRestarted).map(({ failingSinceMs = 0 }) => failingSinceMs),
        );
        if (restarted.length < budget && Number.isFinite(oldest)) {
          assert(
            free.some(({ failingSinceMs }) => failingSinceMs === oldest),
            'what fails longest comes first',
          );
        }
      }),
    );
  });
});

describe('the size of a restart budget', () => {
  it('is at least one Pod, and else rounded down', () => {
    assert.deepEqual(
      [0, 1, 3, 4, 7, 8, 50].map((pods) => restartBudgetOf(pods, quarter)),
      [1, 1, 1, 1, 1, 2, 12],
    );
  });
});
