import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import type { HardwareSettings, Snapshot } from '../../../src/controllers/hardware/snapshot.ts';
import type { Decision } from '../../../src/controllers/hardware/decision.ts';
import type { ReadingFact } from '../../../src/controllers/hardware/readings.ts';
import type { VolumesFact } from '../../../src/controllers/hardware/volumes.ts';
import { failsNow, node, nodes, nowMs, pod, quarantine, settings, snapshot } from './support/snapshot.ts';

const minute = 60_000;
const say = (decision: Decision): string => {
  const about = decision.kind === 'release' ? decision.node : decision.pod.uid;
  return `${about} ${decision.kind} ${decision.reason}`;
};
const decided = (wish: Partial<Snapshot>, rules: Partial<HardwareSettings> = {}): string[] =>
  decide(snapshot(wish), { ...settings, ...rules }, nowMs).map(say);

const failedFor = (failedMs: number) => [pod('a', 'node-0', { failedMs })];
/** A Pod whose device fails, as a leader sees it first. */
const unseen = (ageMs: number) => {
  const failing = { container: 'app', sinceMs: nowMs - 5_000, input: 'device', message: '' } as const;
  return [pod('a', 'node-0', { ageMs, failing: { ...failing, earliestMs: nowMs - ageMs } })];
};
const waiting = (wish: object) =>
  pod('b', '', {
    ownerText: 'web',
    failedMs: 0,
    excludedNodes: ['node-0'],
    unschedulableSinceMs: nowMs - minute,
    ...wish,
  });
const byTaint = (affinity: 'Required' | 'Preferred') => [
  quarantine('node-0', { owners: ['web'], moves: ['a'], scope: 'Node', affinity }),
];
/** The sensor of Pod a has just passed, and is left alone until then. */
const passing = (untilMs: number) => ({
  readings: new Map([['a', { kind: 'passes', atMs: nowMs - 1_000, count: 1, untilMs } as const]]),
});
/** The sensor of Pod b has just said that it fails, and that of a at this time, or never. */
const readAt = (atMs: number) =>
  new Map<string, ReadingFact>([['b', failsNow], ...(atMs > 0 ? [['a', { ...failsNow, atMs }] as const] : [])]);
const unanswered: ReadingFact = { kind: 'unknown', reading: { check: 'hardware', message: 'x' }, atMs: nowMs };
const releaseOf = (name: string, wish: object) => decided({ quarantines: [quarantine(name, wish)] });

/** What is said of the first Pod that is held for this reason. */
const detail = (wish: Partial<Snapshot>, reason: string): string | undefined =>
  decide(snapshot(wish), settings, nowMs).flatMap((decision) =>
    decision.reason === reason && 'detail' in decision ? (decision.detail ?? '') : [],
  )[0];

/** A Pod of which only the kubelet says that a device fails. */
const sickBy = (resource: string) => {
  const failing = { container: 'app', sinceMs: nowMs - 5_000, input: 'device', message: '' } as const;
  return [pod('a', 'node-0', { failing: { ...failing, device: { resource, id: 'GPU-1' } } })];
};
const twoNodes = (kubelet: string, ...deviceResources: string[]) => [
  node('node-0', { kubelet, deviceResources }),
  node('node-1'),
];

describe('what to do about a Pod whose hardware fails', () => {
  it('is to move it, from the node that failed first', () => {
    assert.deepEqual(decided({ pods: [pod('a', 'node-0'), pod('b', 'node-1', { failedMs: 9_000 })] }), [
      'b move failed',
      'a hold brake',
    ]);
    assert.deepEqual(decided({ pods: [pod('a', 'node-0', { failedMs: 0 })] }), []);
  });

  it('is to leave it where a kubelet alone says so that may mean the device of another Pod, and to move it where a check does', () => {
    const gpu = 'nvidia.com/gpu';
    const both = [gpu, 'rdma/hca'];
    const held = ['a hold device-unsure'];
    const moved = ['a move failed'];
    assert.deepEqual(decided({ pods: sickBy(gpu), nodes: twoNodes('v1.36.3', ...both) }), held);
    assert.deepEqual(decided({ pods: sickBy(gpu), nodes: twoNodes('v1.37.0', ...both) }), moved);
    assert.deepEqual(decided({ pods: sickBy(gpu), nodes: twoNodes('v1.36.3', gpu) }), moved);
    assert.deepEqual(decided({ pods: sickBy('claim:gpu'), nodes: twoNodes('v1.36.3', ...both) }), moved);
    assert.deepEqual(decided({ pods: failedFor(5_000), nodes: twoNodes('v1.36.3', ...both) }), moved);
    assert.equal(
      detail({ pods: sickBy(gpu), nodes: twoNodes('v1.36.3', ...both) }, 'device-unsure'),
      'the kubelet is v1.36.3, and its node has nvidia.com/gpu and rdma/hca',
    );
  });

  it('is to say what fills the limit that holds it back, by number and name, and until when', () => {
    const fleet = nodes(25);
    const full = [quarantine('node-7', { agoMs: 9 * minute }), quarantine('node-3', { agoMs: 2 * minute })];
    assert.equal(
      detail({ nodes: fleet, pods: [pod('a', 'node-0')], quarantines: full }, 'brake'),
      '2 of 2 nodes (10% of 25, at least one) in 10 minutes: node-7, node-3; one more from 2030-01-01T12:01:00Z',
    );
    const many = Array.from({ length: 12 }, (_, at) => quarantine(`node-${at + 1}`, { agoMs: (12 - at) * 10_000 }));
    assert.match(
      detail({ nodes: fleet, pods: [pod('a', 'node-0')], quarantines: many }, 'brake') ?? '',
      /^12 of 2 nodes .*: node-1, node-2, .*, node-8 and 4 more; one more from 2030-01-01T12:09:40Z$/,
    );
    const moves = [quarantine('node-1', { owners: ['web'], moves: ['x', 'y'], agoMs: 20 * minute })];
    assert.equal(
      detail({ nodes: fleet, pods: [pod('a', 'node-0', { ownerText: 'web' })], quarantines: moves }, 'owner-cap'),
      '2 of 2 Pods of its owner moved in 30 minutes: node-1, node-1; one more from 2030-01-01T12:10:00Z',
    );
  });

  it('is nothing for a flap, a young Pod, one on its way out, and one of which nothing new is known', () => {
    const pods = [
      pod('flap', 'node-0', { failedMs: 999 }),
      pod('young', 'node-0', { ageMs: 29_999 }),
      pod('leaving', 'node-0', { isDeleting: true }),
      pod('old-news', 'node-9'),
    ];
    const sick = [...nodes(9), node('node-9', { isReady: false })];
    assert.deepEqual(decided({ pods, nodes: sick }), [
      'old-news hold node-not-ready',
      'young hold young',
      'flap hold unstable',
    ]);
    const [first] = decide(snapshot({ pods: [pods[0]!] }), settings, nowMs);
    assert(first?.kind === 'hold');
    assert.equal(first.untilMs, nowMs + 1);
  });

  it('is never to move one that nobody makes anew elsewhere, or that is only to be reported', () => {
    const refused = ['bare', 'daemon-set', 'static-pod', 'report', 'pinned', 'local-data', 'local-volume'] as const;
    const pods = refused.map((refusal) => pod(refusal, 'node-0', { ineligible: refusal }));
    assert.deepEqual(decided({ pods }).toSorted(), refused.map((refusal) => `${refusal} refuse ${refusal}`).toSorted());
  });

  it('is to hold one that Kueue has pinned to its node, except where nodes are tainted', () => {
    const pods = [pod('tas', 'node-0', { isPinnedByKueue: true })];
    assert.deepEqual(decided({ pods }), ['tas hold pinned-by-kueue']);
    const tainted = decide(snapshot({ pods }), { ...settings, scope: 'Node' }, nowMs);
    assert.deepEqual(
      tainted.map(({ kind }) => kind),
      ['move'],
    );
  });

  it('is to quarantine a tenth of the nodes in ten minutes, and one at least', () => {
    const pods = Array.from({ length: 30 }, (_, index) =>
      pod(`p${index}`, `node-${index}`, { failedMs: 9_000 - index }),
    );
    const moved = (count: number, wish: Partial<Snapshot> = {}): number =>
      decided({ pods, nodes: nodes(count), ...wish }).filter((each) => each.includes('move')).length;
    assert.equal(moved(30), 3);
    assert.equal(moved(31), 3);
    assert.equal(moved(9), 1);
    const before = [quarantine('node-20', { agoMs: 599_000 }), quarantine('node-21', { agoMs: 601_000 })];
    // Those that are quarantined already cost nothing more.
    assert.equal(moved(30, { quarantines: before }), 4);
  });

  it('is to move two Pods of an owner in half an hour, and then to stop', () => {
    const pods = ['a', 'b', 'c'].map((uid, index) => pod(uid, 'node-0', { ownerText: 'web', failedMs: 9_000 - index }));
    assert.deepEqual(decided({ pods }), ['a move failed', 'b move failed', 'c hold owner-cap']);
    const lately = [quarantine('node-5', { owners: ['web'], moves: ['x', 'y'], agoMs: 29 * minute })];
    assert.deepEqual(decided({ pods: pods.slice(0, 1), quarantines: lately }), ['a hold owner-cap']);
    const before = [quarantine('node-5', { owners: ['web'], moves: ['x', 'y'], agoMs: 31 * minute })];
    assert.deepEqual(decided({ pods: pods.slice(0, 1), quarantines: before }), ['a move failed']);
  });

  it('is to go on with a move that stands in the quarantine, without counting it again', () => {
    const quarantines = [quarantine('node-0', { owners: ['web'], moves: ['a', 'b'] })];
    const pods = ['a', 'b', 'c'].map((uid) => pod(uid, 'node-0', { ownerText: 'web' }));
    assert.deepEqual(decided({ pods, quarantines }), ['a move resumed', 'b move resumed', 'c hold owner-cap']);
    assert.deepEqual(decided({ pods: [pod('a', 'node-0', { ownerText: 'web', failedMs: 0 })], quarantines }), []);
  });

  it('is to go on with no more moves than the cap lets where they are older, those that stand first', () => {
    const uids = ['a', 'b', 'c', 'd'];
    const pods = uids.map((uid, index) => pod(uid, 'node-0', { ownerText: 'web', failedMs: 5_000 + index }));
    const two = [quarantine('node-0', { owners: ['web'], moves: ['a', 'b'], agoMs: 31 * minute })];
    const all = [quarantine('node-0', { owners: ['web'], moves: uids, agoMs: 31 * minute })];
    assert.deepEqual(decided({ pods, quarantines: two }), [
      'b move resumed',
      'a move resumed',
      'd hold owner-cap',
      'c hold owner-cap',
    ]);
    assert.deepEqual(decided({ pods, quarantines: all }), [
      'd move resumed',
      'c move resumed',
      'b hold owner-cap',
      'a hold owner-cap',
    ]);
    // While one of them is written anew it counts.
    assert.deepEqual(decided({ pods, quarantines: all, inFlight: new Set(['a']) }), [
      'd move resumed',
      'c hold owner-cap',
      'b hold owner-cap',
      'a hold under-way',
    ]);
  });

  it('is to wait while it is being moved, and after a refusal', () => {
    const pods = [pod('a', 'node-0'), pod('b', 'node-1')];
    assert.deepEqual(decided({ pods, inFlight: new Set(['a']) }), ['a hold under-way', 'b hold brake']);
    assert.deepEqual(decided({ pods: pods.slice(1), retries: new Map([['b', { untilMs: nowMs + 1 }]]) }), [
      'b hold backing-off',
    ]);
    assert.deepEqual(decided({ pods: pods.slice(1), retries: new Map([['b', { untilMs: nowMs }]]) }), [
      'b move failed',
    ]);
  });

  it('is to read its sensor before it is moved, while it keeps its place, and again after each refusal', () => {
    const pods = [pod('a', 'node-0', { failedMs: 9_000 }), pod('b', 'node-1')];
    const unread = ['a read-sensor reading-unasked', 'b hold brake'];
    assert.deepEqual(decided({ pods, readings: readAt(0) }), unread);
    assert.deepEqual(decided({ pods, readings: readAt(nowMs) }), ['a move failed', 'b hold brake']);
    const retries = new Map([['a', { untilMs: nowMs - 500 }]]);
    assert.deepEqual(decided({ pods, retries, readings: readAt(nowMs - 501) }), unread);
    assert.deepEqual(decided({ pods, retries, readings: readAt(nowMs - 500) }), ['a move failed', 'b hold brake']);
    const [move] = decide(snapshot({ pods, readings: new Map([['a', unanswered]]) }), settings, nowMs);
    assert(move?.kind === 'move' && move.isUnanswered);
  });

  it('is to use the reading of one that stays as ever while its eviction backs off, and to read it no more often', () => {
    const retries = new Map([['a', { untilMs: nowMs + 30_000 }]]);
    const readings = new Map([['a', { ...failsNow, atMs: nowMs }]]);
    const sick = [node('node-0', { isReady: false }), ...nodes(10).slice(1)];
    assert.deepEqual(decided({ pods: [pod('a', 'node-0')], nodes: sick, retries, readings }), [
      'a hold node-not-ready',
    ]);
    assert.deepEqual(decided({ pods: [pod('a', 'node-0', { ineligible: 'report' })], retries, readings }), [
      'a refuse report',
    ]);
    const passes = { nodes: sick, ...passing(nowMs + 1) };
    assert.deepEqual(decided({ pods: [pod('a', 'node-0')], ...passes }), ['a hold passes']);
  });

  it('is to read the sensor of one that stays once for each reason that an Event gives', () => {
    const pods = [pod('a', 'node-0', { ineligible: 'report' })];
    const readings = new Map();
    assert.deepEqual(decided({ pods, readings }), ['a read-sensor reading-unasked']);
    assert.deepEqual(decided({ pods, readings, reported: new Map([['a', { reported: 'report' as const }]]) }), [
      'a refuse report',
    ]);
    assert.deepEqual(decided({ pods, readings, reported: new Map([['a', { reported: 'brake' as const }]]) }), [
      'a read-sensor reading-unasked',
    ]);
    // No Event says so, and nothing is asked.
    assert.deepEqual(decided({ pods: failedFor(999), readings }), ['a hold unstable']);
  });

  it('is to leave it while its sidecar says that nothing fails, also one that is never moved, and to ask again then', () => {
    for (const wish of [{}, { ineligible: 'report' as const }]) {
      const [hold] = decide(snapshot({ pods: [pod('a', 'node-0', wish)], ...passing(nowMs + 1) }), settings, nowMs);
      assert(hold?.kind === 'hold' && hold.reason === 'passes');
      assert.equal(hold.untilMs, nowMs + 1);
    }
    assert.deepEqual(decided({ pods: [pod('a', 'node-0')], ...passing(nowMs) }), ['a read-sensor reading-unasked']);
    const held = [quarantine('node-0', { owners: ['web'], moves: ['a'] })];
    const pods = [pod('a', 'node-0', { ownerText: 'web' })];
    assert.deepEqual(decided({ pods, ...passing(nowMs + 1), quarantines: held }), ['a hold passes']);
  });

  it('is to leave it where no other node takes its owner', () => {
    const pods = [pod('a', 'node-0', { failedMs: 9_000, ownerText: 'web' }), pod('b', 'node-1', { ownerText: 'web' })];
    assert.deepEqual(decided({ pods, nodes: nodes(2) }), ['a move failed', 'b hold no-other-node']);
    const cordoned = [node('node-0'), node('node-1', { isSchedulable: false })];
    assert.deepEqual(decided({ pods: pods.slice(0, 1), nodes: cordoned }), ['a hold no-other-node']);
    const closed = [quarantine('node-1', { scope: 'Node' })];
    assert.deepEqual(decided({ pods: pods.slice(0, 1), nodes: nodes(2), quarantines: closed }), [
      'a hold no-other-node',
    ]);
  });

  it('is to respect that somebody released the node, until the Pod was ready once or has failed for much longer', () => {
    const manualReleases = new Map([['node-0', nowMs - 10_000]]);
    assert.deepEqual(decided({ pods: failedFor(10_000), manualReleases }), ['a hold released-by-hand']);
    assert.deepEqual(decided({ pods: failedFor(9_999), manualReleases }), ['a move failed']);
    const longAgo = new Map([['node-0', nowMs - 60 * minute]]);
    assert.deepEqual(decided({ pods: failedFor(61 * minute), manualReleases: longAgo }), ['a move failed']);
  });

  it('is to respect that too where a leader finds a device that fails, and nobody knows since when', () => {
    const manualReleases = new Map([['node-0', nowMs - 10 * minute]]);
    assert.deepEqual(decided({ pods: unseen(60 * minute), manualReleases }), ['a hold released-by-hand']);
    assert.deepEqual(decided({ pods: unseen(9 * minute), manualReleases }), ['a move failed']);
    const longAgo = new Map([['node-0', nowMs - 60 * minute]]);
    assert.deepEqual(decided({ pods: unseen(90 * minute), manualReleases: longAgo }), ['a move failed']);
  });

  it('is to ask where its volumes are before it is moved, and to leave it where one is on its node alone', () => {
    const pods = [pod('a', 'node-0', { claims: ['data'] }), pod('b', 'node-0', { failedMs: 4_000 })];
    const found = (volumes: VolumesFact) => ({ pods, volumes: new Map([['a', volumes]]) });
    const untilMs = nowMs + 1;
    assert.deepEqual(decided({ pods }), ['a look-up-volumes volumes-unasked', 'b move failed']);
    assert.deepEqual(decided(found({ kind: 'anywhere' })), ['a move failed', 'b move failed']);
    assert.deepEqual(decided(found({ kind: 'here', detail: 'x' })), ['a refuse local-volume', 'b move failed']);
    const unknown = { kind: 'unknown', detail: 'x', tries: 1, untilMs } as const;
    assert.deepEqual(decided(found(unknown)), ['a hold volumes-unknown', 'b move failed']);
    const [first] = decide(snapshot(found(unknown)), settings, nowMs);
    assert(first?.kind === 'hold');
    assert.deepEqual([first.untilMs, first.detail], [untilMs, 'x']);
  });

  it('is to ask for no more volumes than it may move Pods, and to wait for no answer with the brake', () => {
    const pods = ['a', 'b'].map((uid, index) =>
      pod(uid, `node-${index}`, { failedMs: 9_000 - index, claims: ['data'] }),
    );
    assert.deepEqual(decided({ pods }), ['a look-up-volumes volumes-unasked', 'b hold brake']);
    const unknown = { kind: 'unknown', detail: 'x', tries: 1, untilMs: nowMs } as const;
    const volumes = new Map([['a', unknown]]);
    assert.deepEqual(decided({ pods, volumes }), [
      'a look-up-volumes volumes-unknown',
      'b look-up-volumes volumes-unasked',
    ]);
    assert.deepEqual(decided({ pods, volumes }, { mode: 'dry-run' }), decided({ pods, volumes }));
  });

  it('is to ask where its volumes are also when a move is gone on with', () => {
    const quarantines = [quarantine('node-0', { owners: ['web'], moves: ['a'] })];
    const pods = [pod('a', 'node-0', { ownerText: 'web', claims: ['data'] })];
    assert.deepEqual(decided({ pods, quarantines }), ['a look-up-volumes volumes-unasked']);
    const volumes = new Map<string, VolumesFact>([['a', { kind: 'anywhere' }]]);
    assert.deepEqual(decided({ pods, quarantines, volumes }), ['a move resumed']);
  });

  it('is only said in a dry run, under the same brakes', () => {
    const pods = [pod('a', 'node-0', { failedMs: 9_000 }), pod('b', 'node-1')];
    assert.deepEqual(decided({ pods }, { mode: 'dry-run' }), ['a hold dry-run', 'b hold brake']);
  });
});

describe('a replacement', () => {
  const quarantines = [quarantine('node-0', { owners: ['web'], moves: ['a'] })];

  it('that comes back to the node is told of, and counts against the cap', () => {
    const back = pod('b', 'node-0', { ownerText: 'web', ageMs: 30_000, failedMs: 0 });
    assert.deepEqual(decided({ pods: [back], quarantines }), ['b notice came-back']);
    const other = pod('c', 'node-1', { ownerText: 'web' });
    assert.deepEqual(decided({ pods: [back, other], quarantines, nodes: nodes(30) }), [
      'b notice came-back',
      'c hold owner-cap',
    ]);
    const failing = pod('b', 'node-0', { ownerText: 'web', ageMs: 40_000 });
    assert.deepEqual(decided({ pods: [failing], quarantines }), ['b move failed']);
  });

  it('that finds no node because its owner is kept off one is let back after a while', () => {
    assert.deepEqual(decided({ pods: [waiting({})], quarantines }), ['b soften unschedulable']);
    for (const wish of [
      { unschedulableSinceMs: nowMs - 59_999 },
      { unschedulableSinceMs: undefined },
      { excludedNodes: [] },
      // Nobody would make it anew.
      { owner: undefined, ownerKey: undefined, kind: '' },
    ]) {
      assert.deepEqual(decided({ pods: [waiting(wish)], quarantines }), []);
    }
  });

  it('that the webhook keeps off a node is let back too where nothing requires that any more, and in a dry run', () => {
    for (const rest of [
      [],
      [quarantine('node-0')],
      [quarantine('node-0', { owners: ['web'], affinity: 'Preferred' })],
    ]) {
      assert.deepEqual(decided({ pods: [waiting({})], quarantines: rest }), ['b soften unschedulable']);
      assert.deepEqual(decided({ pods: [waiting({})], quarantines: rest }, { mode: 'dry-run' }), [
        'b soften unschedulable',
      ]);
    }
  });

  it('that came back as it was after it was let back waits for longer each time, and its siblings do not', () => {
    const softened = new Map([['shop/Deployment/web', { atMs: nowMs - 5 * minute, untilMs: nowMs + 1 }]]);
    assert.deepEqual(decided({ pods: [waiting({ ageMs: 5 * minute })], softened }), []);
    assert.deepEqual(decided({ pods: [waiting({ ageMs: 6 * minute })], softened }), ['b soften unschedulable']);
    const over = new Map([['shop/Deployment/web', { atMs: nowMs - 5 * minute, untilMs: nowMs }]]);
    assert.deepEqual(decided({ pods: [waiting({ ageMs: 5 * minute })], softened: over }), ['b soften unschedulable']);
  });

  it('that finds no node because of the taint is let back too', () => {
    const pods = [waiting({ excludedNodes: [] }), pod('c', '', { failedMs: 0, unschedulableSinceMs: nowMs - minute })];
    assert.deepEqual(decided({ pods, quarantines: byTaint('Required') }), ['b soften unschedulable']);
    assert.deepEqual(decided({ pods, quarantines: byTaint('Preferred') }), []);
  });

  it('is not moved again from a node that is better than none', () => {
    const soft = [quarantine('node-0', { owners: ['web'], moves: ['a'], affinity: 'Preferred' })];
    const back = pod('b', 'node-0', { ownerText: 'web', ageMs: 40_000 });
    assert.deepEqual(decided({ pods: [back], quarantines: soft }), ['b hold no-other-node']);
  });
});

describe('a quarantined node is released', () => {
  it('when its time is over, for each owner by itself', () => {
    assert.deepEqual(decided({ quarantines: [quarantine('node-0', { untilMs: 1 })] }), []);
    assert.deepEqual(decided({ quarantines: [quarantine('node-0', { untilMs: 0 })] }), ['node-0 release expired']);
    const [old] = quarantine('node-0', { owners: ['old'], untilMs: 0 }).spec.owners;
    const young = quarantine('node-0', { owners: ['young'] });
    const mixed = { ...young, spec: { ...young.spec, owners: [...young.spec.owners, old!] } };
    const [release] = decide(snapshot({ quarantines: [mixed] }), settings, nowMs);
    assert(release?.kind === 'release');
    assert.deepEqual(release.owners, [old]);
  });

  it('when it was booted anew or is gone, but not while the cap counts a move off it', () => {
    const moved = { moves: ['a'], bootId: 'earlier' };
    assert.deepEqual(releaseOf('node-0', { ...moved, agoMs: 29 * minute }), []);
    assert.deepEqual(releaseOf('node-0', { ...moved, agoMs: 30 * minute }), ['node-0 release rebooted']);
    assert.deepEqual(releaseOf('gone', { moves: ['a'], agoMs: 29 * minute }), []);
  });

  it('when it was booted anew or is gone, as soon as the brake has counted it to the end', () => {
    assert.deepEqual(releaseOf('node-0', { bootId: 'earlier', agoMs: 10 * minute }), ['node-0 release rebooted']);
    assert.deepEqual(releaseOf('node-0', { bootId: 'earlier', agoMs: 9 * minute }), []);
    assert.deepEqual(releaseOf('node-0', { bootId: '', agoMs: 10 * minute }), []);
    assert.deepEqual(releaseOf('gone', { agoMs: 10 * minute }), ['gone release node-gone']);
    assert.deepEqual(releaseOf('gone', { agoMs: 9 * minute }), []);
  });
});

describe('decisions, whatever the situation', () => {
  const arbitraryPod = fc.record({
    node: fc.nat(25),
    owner: fc.nat(12),
    failedMs: fc.constantFrom(0, 500, 2_000, 5_000, 900_000),
    ageMs: fc.constantFrom(1_000, 60_000, 3_600_000),
    ineligible: fc.constantFrom(undefined, undefined, undefined, 'bare' as const, 'report' as const),
    isDeleting: fc.boolean(),
  });
  const arbitrary = fc
    .record({
      pods: fc.array(arbitraryPod, { maxLength: 60 }),
      held: fc.array(fc.record({ node: fc.nat(25), owner: fc.nat(12), agoMs: fc.nat(40 * minute) }), { maxLength: 6 }),
      count: fc.integer({ min: 1, max: 25 }),
      scope: fc.constantFrom('Owner' as const, 'Node' as const),
    })
    .map(({ pods, held, count, scope }) => ({
      scope,
      wish: {
        nodes: nodes(count),
        pods: pods.map(({ node: at, owner, ...rest }, index) =>
          pod(`p${index}`, `node-${at}`, { ownerText: `o${owner}`, ...rest }),
        ),
        quarantines: [...new Map(held.map((each) => [each.node, each])).values()].map(({ node: at, owner, agoMs }) =>
          quarantine(`node-${at}`, { owners: [`o${owner}`], moves: [`m${at}`], agoMs }),
        ),
      },
    }));

  it('keep to the brake and to the caps, and move nothing that is refused', () => {
    fc.assert(
      fc.property(arbitrary, ({ wish, scope }) => {
        const moves = decide(snapshot(wish), { ...settings, scope }, nowMs).flatMap((each) =>
          each.kind === 'move' ? [each.pod] : [],
        );
        const held = new Set(wish.quarantines.map(({ spec }) => spec.nodeName));
        const opened = new Set(moves.map(({ node: name }) => name).filter((name) => !held.has(name))).size;
        const recent = wish.quarantines.filter(
          ({ metadata }) => nowMs - Math.floor(Date.parse(String(metadata.creationTimestamp))) < settings.windowMs,
        ).length;
        const budget = Math.max(1, Math.floor(wish.nodes.length / 10));
        assert(opened <= Math.max(0, budget - recent));
        for (const { ineligible, failing, createdMs, isDeleting } of moves) {
          assert(failing && !ineligible && !isDeleting && nowMs - createdMs >= settings.minimumAgeMs);
        }
        for (const owner of new Set(moves.map(({ ownerText }) => ownerText))) {
          const earlier = wish.quarantines.flatMap(({ spec }) =>
            spec.owners.filter(
              ({ owner: key, since }) =>
                `shop/Deployment/${key.name}` === owner && nowMs - Date.parse(since) < settings.ownerWindowMs,
            ),
          ).length;
          assert(moves.filter(({ ownerText }) => ownerText === owner).length + earlier <= settings.mostPerOwner);
        }
      }),
    );
  });

  it('do not depend on the order of what is known', () => {
    const shuffled = arbitrary.chain((each) =>
      fc.record({
        each: fc.constant(each),
        pods: fc.shuffledSubarray(each.wish.pods, { minLength: each.wish.pods.length }),
        quarantines: fc.shuffledSubarray(each.wish.quarantines, { minLength: each.wish.quarantines.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ each: { wish }, pods, quarantines }) => {
        assert.deepEqual(decided({ ...wish, pods, quarantines }).toSorted(), decided(wish).toSorted());
      }),
    );
  });
});
