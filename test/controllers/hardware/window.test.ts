import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import type { Snapshot } from '../../../src/controllers/hardware/snapshot.ts';
import type { OwnerFact } from '../../../src/controllers/hardware/owner-facts.ts';
import type { HardwarePod } from '../../../src/controllers/hardware/pod.ts';
import { type ReadyFact, podsToAsk } from '../../../src/controllers/hardware/window.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { node, nodes, nowMs, ownedBy, pod, quarantine, settings, snapshot } from './support/snapshot.ts';

const minute = 60_000;
const gang = { namespace: 'shop', kind: 'JobSet', name: 'train', onEviction: 'setting' } as const;
type Wish = Parameters<typeof pod>[2];

/** A Pod with a window of ten minutes on node-0, whose application was told to be ready in four more. */
const windowed = (uid: string, wish: Wish = {}): HardwarePod =>
  pod(uid, 'node-0', { moveWindowMs: 10 * minute, ...wish });
const untilMs = nowMs + 4 * minute;
const waiting = (uid: string, wish: Wish = {}): HardwarePod => windowed(uid, { moveUntilMs: untilMs, ...wish });
const member = (uid: string, wish: Wish = {}): HardwarePod =>
  windowed(uid, { kind: 'JobSet', ownerText: 'train', gang, ...wish });

const moved = (uid: string, agoMs = 6 * minute): NodeQuarantine =>
  quarantine('node-0', { owners: [`${uid}-owner`], moves: [uid], agoMs });

/** The move of Pod a of the gang. */
const gangMoved = (agoMs = 6 * minute): NodeQuarantine => {
  const one = quarantine('node-0', { owners: ['train'], moves: ['a'], agoMs });
  const owners = one.spec.owners.map((entry) => ({ ...entry, owner: { ...entry.owner, kind: 'JobSet' } }));
  return { ...one, spec: { ...one.spec, owners } };
};

const whole = (pods: readonly HardwarePod[]): ReadonlyMap<string, OwnerFact> =>
  new Map(pods.map((each) => [each.uid, { ...ownedBy(each), restart: { kind: 'whole' } } as OwnerFact]));

/** These applications have copied the end of their time, or another one. */
const saying = (uids: readonly string[], end = untilMs): ReadonlyMap<string, ReadyFact> =>
  new Map(uids.map((uid) => [uid, { atMs: nowMs, untilMs: end }]));

type More = Partial<Snapshot> & { readonly mode?: 'dry-run'; readonly atMs?: number };

const decisions = (pods: readonly HardwarePod[], { mode = 'move' as never, atMs = nowMs, ...more }: More = {}) =>
  decide(snapshot({ pods, nodes: nodes(30), ...more }), { ...settings, mode }, atMs);

const decided = (pods: readonly HardwarePod[], more?: More): string[] =>
  decisions(pods, more).map((each) => {
    if (each.kind === 'release') return each.kind;
    const told = each.kind === 'move' && each.window ? ['', 'with', ...each.window.members.map(({ uid }) => uid)] : [];
    return `${each.pod.uid} ${each.kind} ${each.reason}${told.join(' ')}`;
  });

describe('the time before a Pod is moved', () => {
  it('is told first, and the move is charged then', () => {
    assert.deepEqual(decided([windowed('a')]), ['a move failed with']);
    assert.deepEqual(decided([windowed('a'), pod('b', 'node-1')], { nodes: nodes(10) }), [
      'a move failed with',
      'b hold brake',
    ]);
  });

  it('is told again where the leader died before it was told', () => {
    assert.deepEqual(decided([windowed('a')], { quarantines: [moved('a')] }), ['a move resumed with']);
  });

  it('keeps the Pod where it is until its end, and the sensor is not read meanwhile', () => {
    const more = { quarantines: [moved('a')], readings: new Map() };
    assert.deepEqual(decided([waiting('a')], more), ['a hold move-window']);
    assert.deepEqual(decided([waiting('a')], { ...more, atMs: untilMs - 1 }), ['a hold move-window']);
    assert.deepEqual(decided([waiting('a')], { ...more, atMs: untilMs }), ['a read-sensor reading-unasked']);
    assert.deepEqual(decided([waiting('a')], { quarantines: [moved('a')], atMs: untilMs }), ['a move resumed']);
  });

  it('ends where the application has copied the end that it was told, and no other one', () => {
    const more = { quarantines: [moved('a')] };
    assert.deepEqual(decided([waiting('a')], { ...more, ready: saying(['a']) }), ['a move ready']);
    assert.deepEqual(decided([waiting('a')], { ...more, ready: saying(['a'], untilMs - minute) }), [
      'a hold move-window',
    ]);
  });

  it('goes on where the hardware recovers, and the Pod is moved if its application is ready', () => {
    const well = waiting('a', { failedMs: 0 });
    const more = { quarantines: [moved('a')] };
    assert.deepEqual(decided([well], more), ['a hold move-window']);
    assert.deepEqual(decided([well], { ...more, ready: saying(['a']) }), ['a move ready']);
  });

  it('ends without a move where the hardware has recovered at its end', () => {
    const well = waiting('a', { failedMs: 0 });
    assert.deepEqual(decided([well], { quarantines: [moved('a')], atMs: untilMs }), ['a withdraw recovered']);
  });

  it('is called off for what lasts: a person released the node, or wants no move, or there is no other node', () => {
    const pods = [waiting('a')];
    assert.deepEqual(decided(pods, { manualReleases: new Map([['node-0', nowMs]]) }), ['a withdraw called-off']);
    assert.deepEqual(decided(pods, { quarantines: [moved('a')], mode: 'dry-run' }), ['a withdraw called-off']);
    assert.deepEqual(decided([waiting('a', { ineligible: 'report' })], { quarantines: [moved('a')] }), [
      'a withdraw called-off',
    ]);
    const softened = quarantine('node-0', { owners: ['a-owner'], moves: ['a'], affinity: 'Preferred' });
    assert.deepEqual(decided(pods, { quarantines: [softened] }), ['a withdraw called-off']);
    assert.deepEqual(decided([waiting('a', { failedMs: 0 })], { quarantines: [softened] }), ['a withdraw called-off']);
  });

  it('is called off for a Pod of which no move stands, whoever wrote the annotation', () => {
    assert.deepEqual(decided([waiting('a', { failedMs: 0 })]), ['a withdraw called-off']);
    assert.deepEqual(decided([waiting('a')]), ['a withdraw called-off']);
  });

  it('outlasts what holds a Pod back for a while', () => {
    const more = { quarantines: [moved('a')], atMs: untilMs };
    const lost = [node('node-0', { isReady: false }), ...nodes(30).slice(1)];
    assert.deepEqual(decided([waiting('a')], { ...more, nodes: lost }), ['a hold node-not-ready']);
    const retries = new Map([['a', { untilMs: untilMs + 1 }]]);
    assert.deepEqual(decided([waiting('a')], { ...more, retries }), ['a hold backing-off']);
  });

  it('ends as promised where others fill brake and cap meanwhile, also after the window of the cap', () => {
    const hour = { moveWindowMs: 60 * minute, ownerText: 'web' };
    const own = quarantine('node-0', { owners: ['web'], moves: ['a', 'x', 'y'], agoMs: 59 * minute });
    const sibling = pod('b', 'node-1', { ownerText: 'web' });
    assert.deepEqual(decided([waiting('a', hour), sibling], { quarantines: [own], atMs: untilMs, nodes: nodes(90) }), [
      'a move resumed',
      'b move failed',
    ]);
    const more = { quarantines: [own], atMs: untilMs, nodes: nodes(90) };
    const third = pod('c', 'node-2', { ownerText: 'web', failedMs: 2_000 });
    assert(decided([waiting('a', hour), sibling, third], more).includes('c hold owner-cap'));
  });

  it('keeps its node quarantined, whose time is over', () => {
    const over = quarantine('node-0', { owners: ['a-owner'], moves: ['a'], untilMs: -1 });
    assert.deepEqual(decided([waiting('a')], { quarantines: [over] }), ['a hold move-window']);
  });

  it('is told anew where a clock was set back, and is over where it was set forward', () => {
    const more = { quarantines: [moved('a')] };
    const far = windowed('a', { moveUntilMs: nowMs + 11 * minute });
    assert.deepEqual(decided([far], more), ['a move resumed with']);
    assert.deepEqual(decided([waiting('a')], { ...more, atMs: untilMs + 50 * minute }).at(0), 'a move resumed');
  });

  it('is no time where the Pod asks for none', () => {
    assert.deepEqual(decided([pod('a', 'node-0')]), ['a move failed']);
    assert.deepEqual(decided([pod('a', 'node-0', { moveUntilMs: untilMs })], { quarantines: [moved('a')] }), [
      'a move resumed',
    ]);
  });

  it('asks an application every other second, and none that has ended', () => {
    const ready = new Map<string, ReadyFact>([['b', { atMs: nowMs - 500, untilMs: undefined }]]);
    const pods = [waiting('a'), waiting('b'), windowed('c'), waiting('d', { isDeleting: true })];
    const asked = (atMs: number): string[] => podsToAsk({ pods, ready }, atMs).map(({ uid }) => uid);
    assert.deepEqual(asked(nowMs), ['a']);
    assert.deepEqual(asked(nowMs + 1_500), ['a', 'b']);
    assert.deepEqual(asked(nowMs - minute), ['a', 'b']);
  });
});

const gangDecided = (pods: readonly HardwarePod[], more: More = {}): string[] =>
  decided(pods, { owners: whole(pods), ...more });

describe('the time before a gang is moved', () => {
  const told = { moveUntilMs: untilMs };
  it('is told to all its Pods that have a node and a window', () => {
    const pods = [
      member('a'),
      member('b', { failedMs: 0 }),
      member('c', { failedMs: 0, node: '' }),
      member('d', { failedMs: 0, moveWindowMs: undefined }),
      member('e', { failedMs: 0, isDeleting: true }),
    ];
    assert.deepEqual(gangDecided(pods), ['a move failed with b']);
  });

  it('is told to one Pod alone where the gang does not start anew with it', () => {
    assert.deepEqual(decided([member('a'), member('b', { failedMs: 0 })]), ['a move failed with']);
  });

  it('is told once, and all other Pods that fail meanwhile wait with it, however long that takes', () => {
    const pods = [member('a', told), member('b', { ...told, failedMs: 3_000 })];
    for (const agoMs of [6 * minute, 25 * minute])
      assert.deepEqual(gangDecided(pods, { quarantines: [gangMoved(agoMs)] }), [
        'a hold move-window',
        'b hold gang-restarts',
      ]);
  });

  it('ends where all applications are ready, and not before', () => {
    const pods = [member('a', told), member('b', { ...told, failedMs: 0 })];
    const of = (...uids: string[]): string[] => gangDecided(pods, { quarantines: [gangMoved()], ready: saying(uids) });
    assert.deepEqual(of('a'), ['a hold move-window']);
    assert.deepEqual(of('b'), ['a hold move-window']);
    assert.deepEqual(of('a', 'b'), ['a move ready']);
  });

  it('is told anew to all where the leader died before it had told the Pod that failed', () => {
    const pods = [member('a'), member('b', { ...told, failedMs: 0 })];
    const more = { quarantines: [gangMoved()] };
    assert(gangDecided(pods, more).includes('a move resumed with b'));
    assert.deepEqual(gangDecided(pods, { ...more, inFlight: new Set(['a']) }), ['a hold under-way']);
  });

  it('stays told to the others while the Pod that failed goes', () => {
    const b = member('b', { ...told, failedMs: 0 });
    const gone = member('a', { ...told, isDeleting: true });
    for (const pods of [[gone, b], [b]]) assert.deepEqual(gangDecided(pods, { quarantines: [gangMoved(1_000)] }), []);
  });

  it('is called off for the others where the Pod that failed stays', () => {
    const pods = [member('a', { failedMs: 0 }), member('b', { ...told, failedMs: 0 })];
    assert.deepEqual(gangDecided(pods, { quarantines: [gangMoved()] }), ['b withdraw called-off']);
  });

  it('is over where the gang starts anew by itself', () => {
    const young = { failedMs: 0, ageMs: 1_000, node: 'node-1' };
    const pods = [member('a2', young), member('b2', young)];
    assert.deepEqual(gangDecided(pods, { quarantines: [gangMoved()] }), []);
  });
});

describe('decisions about move windows', () => {
  const states = fc.record({
    failedMs: fc.constantFrom(0, 5_000),
    told: fc.constantFrom(undefined, -minute, 0, 1, minute, 9 * minute, 90 * minute),
    hasWindow: fc.boolean(),
    hasMove: fc.boolean(),
    isReady: fc.boolean(),
    isGang: fc.boolean(),
    isInFlight: fc.boolean(),
  });

  it('never evict a Pod that was not told, nor one in its time that is not ready, whatever there is', () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 6 }), (all) => {
        const pods = all.map(({ failedMs, told, hasWindow, isGang }, index) =>
          pod(`p${index}`, 'node-0', {
            failedMs,
            moveWindowMs: hasWindow ? 10 * minute : undefined,
            moveUntilMs: told === undefined ? undefined : nowMs + told,
            ...(isGang ? { kind: 'JobSet', ownerText: 'train', gang } : {}),
          }),
        );
        const withMove = pods.filter((_, index) => all[index]!.hasMove);
        const base = quarantine('node-0', { agoMs: minute });
        const [entry] = base.spec.owners;
        const at = new Date(nowMs - minute).toISOString();
        const owners = [...Map.groupBy(withMove, ({ ownerText }) => ownerText).values()].map((mine) =>
          Object.assign({}, entry, {
            owner: mine[0]!.ownerKey!,
            moves: mine.map(({ uid }) => ({ podUid: uid, podName: uid, at })),
          }),
        );
        const quarantines = owners.length > 0 ? [{ ...base, spec: { ...base.spec, owners } }] : [];
        const ready = new Map<string, ReadyFact>(
          pods.flatMap(({ uid, moveUntilMs }, index) =>
            all[index]!.isReady ? [[uid, { atMs: nowMs, untilMs: moveUntilMs }] as const] : [],
          ),
        );
        const inFlight = new Set(pods.flatMap(({ uid }, index) => (all[index]!.isInFlight ? [uid] : [])));
        const result = decisions(pods, { quarantines, ready, inFlight, owners: whole(pods) });
        const about = result.flatMap((each) => (each.kind === 'release' ? [] : [each.pod.uid]));
        assert.equal(new Set(about).size, about.length, 'one decision for each Pod');
        for (const decision of result) {
          if (decision.kind !== 'move' || decision.window) continue;
          const { uid, moveWindowMs, moveUntilMs } = decision.pod;
          if (moveWindowMs === undefined) continue;
          assert(moveUntilMs !== undefined, `${uid} was not told`);
          assert(moveUntilMs <= nowMs || ready.has(uid), `${uid} has time left`);
        }
        const gangMoves = result.filter((each) => each.kind === 'move' && each.pod.gang && each.reason === 'failed');
        assert(gangMoves.length <= 1, 'one fault is one move');
      }),
      { numRuns: 2_000 },
    );
  });
});
