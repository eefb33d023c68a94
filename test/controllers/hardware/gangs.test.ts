import assert from 'node:assert/strict';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import type { Snapshot } from '../../../src/controllers/hardware/snapshot.ts';
import type { OwnerFact } from '../../../src/controllers/hardware/owner-facts.ts';
import type { HardwarePod } from '../../../src/controllers/hardware/pod.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { answer } from '../../kube/support/answer.ts';
import { eventually } from '../../support/eventually.ts';
import { createJobSet, startsAnew } from './support/job-set.ts';
import { isWell, told, useLeaders } from './support/leader.ts';
import { nodes, nowMs, pod, settings, snapshot } from './support/snapshot.ts';

const minute = 60_000;
const gang = { namespace: 'shop', kind: 'JobSet', name: 'train', onEviction: 'setting' } as const;

/** A Pod of the gang that has failed for 5 s, or is well. */
const member = (uid: string, node: string, wish: Parameters<typeof pod>[2] = {}): HardwarePod =>
  pod(uid, node, { kind: 'JobSet', ownerText: 'train', gang, ...wish });

const whole: Partial<OwnerFact> = { kind: 'present', restart: { kind: 'whole' } };
const half = { kind: 'half', why: 'Ignore', mend: 'FailJob' } as const;

/** All owners exist, and this becomes of the gang. */
const facts = (pods: readonly HardwarePod[], fact: Partial<OwnerFact>): ReadonlyMap<string, OwnerFact> =>
  new Map(pods.map(({ uid, owner }) => [uid, { ownerUid: owner?.uid ?? '', ...fact } as OwnerFact]));

const decided = (
  pods: readonly HardwarePod[],
  fact: Partial<OwnerFact> = whole,
  quarantines: readonly NodeQuarantine[] = [],
  more: Partial<Snapshot> = {},
): string[] =>
  decide(snapshot({ pods, owners: facts(pods, fact), quarantines, ...more }), settings, nowMs).map((each) =>
    each.kind === 'release' ? each.kind : `${each.pod.uid} ${each.kind} ${each.reason}`,
  );

/** A quarantine of node-0 that has the move of Pod a of the gang. */
const movedAgo = (agoMs: number): NodeQuarantine => {
  const at = new Date(nowMs - agoMs).toISOString();
  const owner = { namespace: 'shop', kind: 'JobSet', name: 'train' };
  const moves = [{ podUid: 'a', podName: 'a', at }];
  const until = new Date(nowMs + 60 * minute).toISOString();
  return {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'NodeQuarantine',
    metadata: { name: 'node-0', creationTimestamp: at as unknown as Date },
    spec: {
      nodeName: 'node-0',
      bootId: 'boot',
      scope: 'Owner',
      owners: [{ owner, check: 'temperature', message: '95 C', since: at, until, affinity: 'Required', moves }],
    },
  };
};

describe('a gang on a node whose hardware fails', () => {
  it('is moved once, whichever of its Pods fail, and charged once', () => {
    const pods = ['a', 'b', 'c'].map((uid) => member(uid, 'node-0'));
    assert.deepEqual(decided(pods), ['a move failed', 'b hold gang-restarts', 'c hold gang-restarts']);
  });

  it('is moved once where its Pods fail on two nodes, and the brake is charged with one', () => {
    const pods = [member('a', 'node-0'), member('b', 'node-1'), pod('other', 'node-2', { failedMs: 2_000 })];
    assert.deepEqual(decided(pods), ['a move failed', 'b hold gang-restarts', 'other hold brake']);
  });

  it('is not moved again while its move is under way, also before it stands in a quarantine', () => {
    const pods = [member('a', 'node-0'), member('b', 'node-0')];
    assert.deepEqual(decided(pods, whole, [], { inFlight: new Set(['a']) }), [
      'a hold under-way',
      'b hold gang-restarts',
    ]);
    assert.deepEqual(decided(pods, whole, [movedAgo(minute)]), ['a move resumed', 'b hold gang-restarts']);
  });

  it('is moved again once all its Pods are younger than the move and were ready, or after ten minutes', () => {
    const young = { ageMs: 50_000 };
    const started = { startedAtWhenReady: { 'health-probe-hardware': 1 } };
    const b = member('b', 'node-1', { ...young, ...started });
    const moves = (others: readonly HardwarePod[], agoMs = minute): boolean =>
      decided([b, ...others], whole, [movedAgo(agoMs)], { nodes: nodes(30) }).includes('b move failed');
    assert(moves([member('c', 'node-2', { ...young, failedMs: 0 })]));
    assert(!moves([member('c', 'node-2', { ageMs: 5 * minute, failedMs: 0 })]), 'one is of before the move');
    assert(!moves([member('c', '', { ...young, failedMs: 0, isReady: false })]), 'one waits for a node');
    assert(moves([member('c', '', { ageMs: 9 * minute, failedMs: 0, isReady: false })], 10 * minute));
    assert(!moves([member('c', '', { ageMs: 9 * minute, failedMs: 0, isReady: false })], 10 * minute - 1_000));
  });

  it('is not moved where one Pod alone would be created anew, or where it would fail for good', () => {
    const a = member('a', 'node-0');
    const held = (restart: OwnerFact & { kind: 'present' }) =>
      decide(snapshot({ pods: [a], owners: new Map([['a', restart]]) }), settings, nowMs)[0];
    const ownerUid = a.owner?.uid ?? '';
    const untilMs = nowMs + minute;
    const hangs = held({ ownerUid, kind: 'present', restart: half, untilMs });
    assert(hangs?.kind === 'hold');
    assert.equal(hangs.reason, 'gang-would-hang');
    assert.equal(hangs.detail, 'JobSet train: Ignore. FailJob');
    const ends = held({ ownerUid, kind: 'present', restart: { ...half, kind: 'ends' }, untilMs });
    assert.equal(ends?.reason, 'gang-would-end');
    // A person may have mended it.
    assert.equal(held({ ownerUid, kind: 'present', restart: half, untilMs: nowMs })?.kind, 'look-up-owner');
  });

  it('takes no place of the brake where it is held', () => {
    const pods = [member('a', 'node-0', { failedMs: 9_000 }), pod('other', 'node-1')];
    const owners = new Map([
      ...facts(pods, { kind: 'present' }),
      ...facts(pods.slice(0, 1), { kind: 'present', restart: half, untilMs: nowMs + 1 }),
    ]);
    const decisions = decide(snapshot({ pods, owners }), settings, nowMs).map(
      ({ kind, reason }) => `${kind} ${reason}`,
    );
    assert.deepEqual(decisions.toSorted(), ['hold gang-would-hang', 'move failed']);
  });

  it('is decided as its Pods were before gangs where nothing says what becomes of it: two in half an hour', () => {
    const pods = ['a', 'b', 'c'].map((uid) => member(uid, 'node-0', { gang: { ...gang, onEviction: 'member' } }));
    assert.deepEqual(decided(pods, { kind: 'present' }), ['a move failed', 'b move failed', 'c hold owner-cap']);
    assert.deepEqual(decided(pods, { kind: 'unreadable' }), ['a move failed', 'b move failed', 'c hold owner-cap']);
  });
});

describe('a leader that moves a JobSet', () => {
  const { newWorld, lead } = useLeaders();
  it('restarts it once, keeps all of it off the node, and charges it once', async () => {
    const world = newWorld();
    const jobSet = createJobSet(world, ['node-a', 'node-a', 'node-b', 'node-c']);
    const leader = lead(world);
    jobSet.fail(0, 1);
    await eventually('all workers run elsewhere', 8_000, async () => jobSet.workers().every(isWell));
    assert.equal(jobSet.restarts(), 1);
    const [{ spec }] = world.quarantines();
    assert.equal(world.quarantines().length, 1);
    assert.deepEqual(
      spec.owners.map(({ owner, moves }: any) => [owner, moves.length]),
      [[{ namespace: 'shop', kind: 'JobSet', name: 'train' }, 1]],
    );
    const note = await told(leader, /MovedOffNode/);
    assert.match(note, /The Pods of JobSet train are kept off that node for/);
    assert(!leader.told.some((text) => text.includes('MoveHeld')));
  });

  it('goes on with the one move after it died between the quarantine and the eviction', async () => {
    const world = newWorld();
    const jobSet = createJobSet(world, ['node-a', 'node-a', 'node-b', 'node-c']);
    world.setFault((_, path) => (path.endsWith('/eviction') ? 'call, in silence' : undefined));
    const first = lead(world);
    jobSet.fail(0, 1);
    await eventually('the eviction was sent', 5_000, async () =>
      world.calls.some((call) => call.endsWith('/eviction')),
    );
    first.kill();
    world.setFault(() => undefined);
    lead(world);
    await eventually('all workers run elsewhere', 8_000, async () => jobSet.workers().every(isWell));
    assert.equal(jobSet.restarts(), 1);
    assert.equal(world.quarantines()[0].spec.owners[0].moves.length, 1);
  });

  it('leaves it alone where it would hang, and says what mends it', async () => {
    const world = newWorld();
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
    const jobSet = createJobSet(world, ['node-a', 'node-b'], {
      ...startsAnew,
      job: { backoffLimit: 0, podFailurePolicy: { rules } },
    });
    const leader = lead(world);
    jobSet.fail(0);
    const note = await told(leader, /MoveHeld/);
    assert.match(
      note,
      /JobSet train: podFailurePolicy of its Job has the action Ignore on DisruptionTarget\. In the spec/,
    );
    assert.match(note, /podFailurePolicy: \{rules: \[\{action: FailJob, onPodConditions/);
    assert.deepEqual(world.quarantines(), []);
    assert.deepEqual(world.calls, []);
  });

  it('moves one worker where its user says that the others bear that, though they would not start anew', async () => {
    const world = newWorld();
    const jobSet = createJobSet(world, ['node-a', 'node-b'], { ...startsAnew, job: {}, onFailure: 'move-alone' });
    lead(world);
    jobSet.fail(0);
    await eventually('it was evicted', 5_000, async () => world.accepted.size > 0);
    assert.equal(world.quarantines()[0].spec.owners[0].owner.kind, 'JobSet');
    assert(!world.reads.some((path) => path.endsWith('/jobsets/train')));
  });

  /** A worker of a LeaderWorkerSet, whose hardware fails. */
  const failWorker = (world: ReturnType<typeof newWorld>): void => {
    const worker = world.setPod('vllm-0-1', 'node-a', 'vllm-0', false);
    const lws = 'leaderworkerset.sigs.k8s.io/';
    const labels = { ...worker.metadata.labels, [`${lws}name`]: 'vllm', [`${lws}group-index`]: '0' };
    world.setAnyPod({ ...worker, metadata: { ...worker.metadata, labels } });
  };
  const pathOfSet = '/apis/leaderworkerset.x-k8s.io/v1/namespaces/shop/leaderworkersets/vllm';

  it('leaves a group of a LeaderWorkerSet alone that would not start anew', async () => {
    const world = newWorld();
    world.objects.set(pathOfSet, { spec: { leaderWorkerTemplate: { size: 2, restartPolicy: 'None' } } });
    const leader = lead(world);
    failWorker(world);
    const note = await told(leader, /MoveHeld/);
    assert.match(note, /LeaderWorkerSet vllm-0: restartPolicy of the LeaderWorkerSet is None\./);
    assert.deepEqual(world.calls, []);
  });

  it('moves a Pod of a LeaderWorkerSet that it may not read, as one of no gang', async () => {
    const world = newWorld();
    world.deny((path) => (path === pathOfSet ? answer(403, { message: 'forbidden' }) : undefined));
    lead(world);
    failWorker(world);
    await eventually('it was evicted', 5_000, async () => world.accepted.size > 0);
    assert.deepEqual(world.quarantines()[0].spec.owners[0].owner, {
      namespace: 'shop',
      kind: 'LeaderWorkerSet',
      name: 'vllm-0',
    });
  });

  it('reads Job and JobSet few times, however many workers fail', async () => {
    const world = newWorld();
    const jobSet = createJobSet(
      world,
      Array.from({ length: 40 }, () => 'node-a'),
    );
    lead(world);
    jobSet.fail(...Array.from({ length: 40 }, (_, index) => index));
    await eventually('all workers run elsewhere', 8_000, async () => jobSet.workers().every(isWell));
    const reads = world.reads.filter((path) => path.endsWith('/jobsets/train'));
    assert(reads.length <= 2, `${reads.length} reads`);
    assert.equal(jobSet.restarts(), 1);
  });

  /** A worker of a StatefulSet in a PodGroup, whose hardware fails. */
  const failMember = (world: ReturnType<typeof newWorld>): void => {
    const worker = world.setPod('mesh-1', 'node-a', 'mesh', false);
    world.setAnyPod({ ...worker, spec: { ...worker.spec, schedulingGroup: { podGroupName: 'mesh' } } });
  };

  for (const [version, disruptionMode] of [
    ['v1beta1', { all: {} }],
    ['v1alpha2', 'PodGroup'],
  ] as const) {
    it(`leaves a PodGroup of ${version} alone whose Pods go only together`, async () => {
      const world = newWorld();
      world.objects.set(`/apis/scheduling.k8s.io/${version}/namespaces/shop/podgroups/mesh`, {
        spec: { disruptionMode },
      });
      failMember(world);
      const leader = lead(world);
      const note = await told(leader, /MoveHeld/);
      assert.match(note, /PodGroup mesh: disruptionMode of the PodGroup lets its Pods go only together\. If its Pods/);
      assert.deepEqual(world.calls, []);
    });
  }

  it('moves a Pod of a PodGroup that lets its Pods go one by one, or that no apiserver has', async () => {
    for (const objects of [{}, { spec: { disruptionMode: { single: {} } } }]) {
      const world = newWorld();
      world.objects.set('/apis/scheduling.k8s.io/v1beta1/namespaces/shop/podgroups/mesh', objects);
      failMember(world);
      lead(world);
      await eventually('it was evicted', 5_000, async () => world.accepted.size > 0);
      assert.equal(world.quarantines()[0].spec.owners[0].owner.kind, 'PodGroup');
    }
  });
});
