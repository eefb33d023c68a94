import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PodSummary } from '../../../src/controllers/coverage/pod-index.ts';
import { type Repair, decideRepairs } from '../../../src/controllers/coverage/repair.ts';
import { indexPods } from './support/pods.ts';

const settings = { percent: 10, windowMs: 600_000, minimumAgeMs: 60_000, mostPerOwner: 2, ownerWindowMs: 1_800_000 };
const nowMs = 10_000_000;

type Wish = {
  readonly owner?: string;
  readonly kind?: string;
  readonly ageMs?: number;
  readonly isReady?: boolean;
  readonly isMissed?: boolean;
  readonly namespace?: string;
};

const record = (
  uid: string,
  {
    owner = uid,
    kind = 'ReplicaSet',
    ageMs = 3_600_000,
    isReady = true,
    isMissed = true,
    namespace = 'shop',
  }: Wish = {},
): PodSummary => ({
  uid,
  namespace,
  name: uid,
  createdMs: nowMs - ageMs,
  isReady,
  owner: owner === '' ? undefined : { apiVersion: 'apps/v1', kind, name: owner, uid: owner },
  verdict: { state: isMissed ? 'missed' : 'injected', policy: undefined, whoAsks: 'its annotations ask', notes: [] },
  guessing: undefined,
  failing: undefined,
  hardware: undefined,
  trial: undefined,
});

const evicted = (records: readonly PodSummary[], history: readonly Repair[] = [], rules = settings): string[] =>
  decideRepairs(indexPods(records), history, nowMs, rules).evict.map(({ uid }) => uid);

describe('the repair of missed Pods', () => {
  it('replaces one at least, and of many a tenth in ten minutes, the oldest first', () => {
    assert.deepEqual(evicted([record('a')]), ['a']);
    const thirty = Array.from({ length: 30 }, (_, index) => record(`pod-${index}`, { ageMs: 100_000 + index }));
    assert.deepEqual(evicted(thirty), ['pod-29', 'pod-28', 'pod-27']);
    const before = { uid: 'x', namespace: 'shop', owner: 'shop/x', atMs: nowMs - 599_999 };
    assert.equal(evicted(thirty, [before, before]).length, 1);
    assert.equal(evicted(thirty, [before, before, before]).length, 0);
    assert.equal(evicted(thirty, [{ ...before, atMs: nowMs - 600_000 }]).length, 3);
  });

  it('replaces one Pod of an owner at a time, and none while another of it is not ready', () => {
    const many = { ...settings, percent: 100 };
    assert.deepEqual(evicted([record('a', { owner: 'web' }), record('b', { owner: 'web' })], [], many), ['a']);
    assert.deepEqual(
      evicted([record('a', { owner: 'web' }), record('b', { owner: 'web', isReady: false })], [], many),
      [],
    );
  });

  it('never touches what nobody makes anew, what runs to completion, and what is young', () => {
    const many = { ...settings, percent: 100 };
    assert.deepEqual(
      evicted(
        [record('bare', { owner: '' }), record('job', { kind: 'Job' }), record('young', { ageMs: 59_999 })],
        [],
        many,
      ),
      [],
    );
  });

  it('leaves alone what was not missed', () => {
    assert.deepEqual(evicted([record('a', { isMissed: false })]), []);
  });

  it('gives an owner up whose Pods come back as they were', () => {
    const history = [nowMs - 400_000, nowMs - 200_000].map((atMs) => ({
      uid: 'old',
      namespace: 'shop',
      owner: 'shop/web',
      atMs,
    }));
    const back = record('new', { owner: 'web', ageMs: 100_000 });
    const { evict, givenUp } = decideRepairs(indexPods([back, record('other', { ageMs: 1 })]), history, nowMs, {
      ...settings,
      percent: 300,
    });
    assert.deepEqual([evict.length, givenUp.map(({ uid }) => uid)], [0, ['new']]);
    const old = record('older', { owner: 'web', ageMs: 1_000_000 });
    assert.deepEqual(evicted([old], history, { ...settings, percent: 300 }), ['older']);
  });

  it('serves the namespaces in turn, and leaves some of its brake for one that had nothing', () => {
    const evil = Array.from({ length: 100 }, (_, index) => record(`evil-${index}`, { namespace: 'evil' }));
    const web = record('web', { ageMs: 100_000 });
    assert.equal(evicted(evil).length, 10);
    const both = evicted([...evil, web]);
    assert.deepEqual([both.length, both.at(-1)], [9, 'web']);
    const history = both.slice(0, 8).map((uid) => ({ uid, namespace: 'evil', owner: `evil/${uid}`, atMs: nowMs - 1 }));
    assert.deepEqual(evicted([...evil, web], history), ['web']);
    // A brake for one Pod has no reserve, and the other namespace comes next.
    const few = [...evil.slice(0, 8), web];
    assert.deepEqual(evicted(few), ['evil-0']);
    const earlier = [{ uid: 'x', namespace: 'evil', owner: 'evil/x', atMs: nowMs - settings.windowMs }];
    assert.deepEqual(evicted(few, earlier), ['web']);
  });

  it('knows an owner by its namespace too, for a stranger may write its uid into a Pod of his own', () => {
    const many = { ...settings, percent: 100 };
    const unready = record('evil', { owner: 'web', namespace: 'evil', isReady: false, isMissed: false });
    assert.deepEqual(evicted([record('a', { owner: 'web' }), unready], [], many), ['a']);
    const history = [1, 2].map((uid) => ({
      uid: `${uid}`,
      namespace: 'evil',
      owner: 'evil/web',
      atMs: nowMs - 400_000,
    }));
    assert.deepEqual(
      evicted([record('new', { owner: 'web', ageMs: 100_000 })], history, { ...settings, percent: 300 }),
      ['new'],
    );
  });

  it('never goes beyond its brake, whatever there is', () => {
    const wish = fc.record({
      owner: fc.constantFrom('a', 'b', 'c', 'd', ''),
      kind: fc.constantFrom('ReplicaSet', 'Job', 'DaemonSet'),
      ageMs: fc.nat(2_000_000),
      isReady: fc.boolean(),
      isMissed: fc.boolean(),
    });
    const past = fc.array(
      fc.record({
        uid: fc.constant('x'),
        namespace: fc.constant('shop'),
        owner: fc.constantFrom('shop/a', 'shop/b'),
        atMs: fc.integer({ min: nowMs - 2_000_000, max: nowMs }),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 60 }), past, fc.nat(100), (wishes, history, percent) => {
        const records = wishes.map((each, index) => record(`pod-${index}`, each));
        const { evict } = decideRepairs(indexPods(records), history, nowMs, { ...settings, percent });
        const recent = history.filter(({ atMs }) => nowMs - atMs < settings.windowMs).length;
        assert(
          evict.length + Math.min(recent, evict.length > 0 ? recent : 0) <=
            Math.max(1, Math.floor((records.length * percent) / 100)),
        );
        assert.equal(new Set(evict.map(({ owner }) => owner?.uid)).size, evict.length);
      }),
    );
  });
});
