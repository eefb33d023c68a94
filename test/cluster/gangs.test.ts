import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { jobSetController, leaderWorkerSetController, useGangController } from './support/gang-controllers.ts';
import { killInStep } from './support/gang-kill.ts';
import { assertChargedOnce, jobSet, leaderWorkerSet, ready, restartsOf, workersOf } from './support/gangs.ts';
import { only, quarantines, releaseAll, sleeping, stays, told, useMoving } from './support/hardware.ts';
import { apply, eventually, kubectl, useNamespace } from './support/kubectl.ts';
import { type PodHistory, followPods, moveMs } from './support/pod-history.ts';
import { eventsOf, isReady, podsOf } from './support/pods.ts';
import { coolDown, sensorNodes, setSensor, useSensors } from './support/sensors.ts';

const namespace = 'test-gangs';
const neighbours = 'test-gangs-neighbours';

/** For a run by hand: one of each step of a move, and later in it each five. */
const kills = Number(process.env['KILLS'] ?? 0);

const uidsOf = (pods: readonly any[]): string[] => pods.map(({ metadata }) => metadata.uid).toSorted();

describe(`gangs whose hardware fails, with their own controllers on ${sensorNodes().length} nodes`, () => {
  const nodes = sensorNodes();
  const others = nodes.filter((node) => node !== 'node-a');
  let history: PodHistory;
  useSensors();
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useNamespace(neighbours);
  useMoving();
  useGangController(jobSetController);
  useGangController(leaderWorkerSetController);
  beforeEach(() => {
    history = followPods(namespace);
  });
  afterEach(async () => {
    history.end();
    coolDown();
    await kubectl(['delete', 'jobsets,leaderworkersets', '-n', namespace, '--all', '--wait']);
    await eventually('no Pods', 60, async () => (await kubectl(['get', 'pods', '-n', namespace, '-o', 'name'])) === '');
    await releaseAll();
  });

  /** Applies what a webhook of a controller has to admit, which may not have its certificate yet. */
  const applied = (...objects: readonly object[]): Promise<unknown> =>
    eventually('the webhook of the gang', 60, () => apply(namespace, ...objects).catch(() => false));

  /** Holds that no Pod that began after the first eviction came to the hot node, and says how long the move took. */
  const assertNoneBack = (isOfGang: (name: string) => boolean = () => true): void => {
    const pods = history.pods().filter(({ name }) => isOfGang(name));
    const evictedMs = Math.min(...pods.map((pod) => pod.evictedMs ?? Infinity));
    const back = pods.filter(({ seenMs, node }) => seenMs > evictedMs && node === 'node-a');
    assert.deepEqual(back, []);
    process.stdout.write(`      ${moveMs(pods)} ms from not ready to the eviction\n`);
  };

  /** Waits until so many Pods of a gang are ready, and none is on the hot node. */
  const readyOff = (app: string, count: number): Promise<any[]> =>
    eventually(`the ${count} Pods of ${app} are ready off node-a`, 120, async () => {
      const pods = await podsOf(namespace, app);
      return pods.length === count && pods.every((pod) => isReady(pod) && pod.spec.nodeName !== 'node-a') && pods;
    });

  it('start anew once as a whole, charged once, and keep off the node also when their Jobs are created anew twice', async () => {
    const neighbour = deployment('neighbour', {
      annotations: {},
      container: sleeping(100_000),
      replicas: 2 * nodes.length,
    });
    await apply(neighbours, neighbour);
    await kubectl(['rollout', 'status', '-n', neighbours, 'deployment/neighbour', '--timeout=60s']);
    const untouched = uidsOf(await podsOf(neighbours, 'neighbour'));
    const train = jobSet('train');
    const count = workersOf(train);
    await applied(train);
    await ready(namespace, 'train', { count, nodes });
    setSensor('node-a', 95);
    await ready(namespace, 'train', { count, nodes: others });
    await stays(8, async () => assert.equal(await restartsOf(namespace, 'train'), 1));
    await assertChargedOnce('node-a', ['JobSet', 'train']);
    const evicted = history.pods().filter(({ evictedMs }) => evictedMs !== undefined);
    assert.equal(evicted.length, 1);
    await told(
      'the move',
      () => eventsOf(namespace, 'train'),
      /^MovedOffNode: .* The Pods of JobSet train are kept off/,
    );
    // Cool again: that is no evidence of health.
    coolDown();
    for (let time = 0; time < 2; time += 1) {
      const before = uidsOf(await podsOf(namespace, 'train'));
      await kubectl(['delete', 'jobs', '-n', namespace, '--all', '--wait']);
      const after = uidsOf(await ready(namespace, 'train', { count, nodes: others }));
      assert.deepEqual(
        after.filter((uid) => before.includes(uid)),
        [],
      );
    }
    assertNoneBack();
    assert.deepEqual(uidsOf(await podsOf(neighbours, 'neighbour')), untouched);
  });

  it('start anew once as a group of a LeaderWorkerSet, and no other group does', async () => {
    const half = nodes.length / 2;
    const [here, there] = [nodes.slice(0, half), nodes.slice(half)];
    const size = workersOf(leaderWorkerSet('serve', 1));
    await only(here, async () => {
      await applied(leaderWorkerSet('serve', 1));
      await ready(namespace, 'serve', { count: size, nodes: here });
    });
    await only(there, async () => {
      await applied(leaderWorkerSet('serve', 2));
      await ready(namespace, 'serve', { count: 2 * size, nodes });
    });
    const other = (await podsOf(namespace, 'serve')).filter(({ spec }) => there.includes(spec.nodeName));
    assert.equal(other.length, size);
    setSensor('node-a', 95);
    const after = await readyOff('serve', 2 * size);
    await stays(8, async () => assert.deepEqual(uidsOf(await podsOf(namespace, 'serve')), uidsOf(after)));
    assert.deepEqual(
      uidsOf(other).filter((uid) => !uidsOf(after).includes(uid)),
      [],
    );
    // The leader is created once for each start of its group.
    const leaders = history.pods().filter(({ name }) => name === 'serve-0');
    assert.equal(leaders.length, 2);
    await assertChargedOnce('node-a', ['LeaderWorkerSet', 'serve-0']);
    assertNoneBack((name) => name.startsWith('serve-0'));
  });

  it('each start anew once where two are on one node that fails', async () => {
    const names = ['one', 'two'];
    const both = ['node-a', others[0] as string];
    await only(both, async () => {
      await applied(...names.map((name) => jobSet(name, { workers: 1 })));
      for (const name of names) await ready(namespace, name, { count: 2, nodes: both });
    });
    setSensor('node-a', 95);
    for (const name of names) await readyOff(name, 2);
    await stays(5, async () => {
      for (const name of names) assert.equal(await restartsOf(namespace, name), 1);
    });
    await assertChargedOnce('node-a', ['JobSet', 'one'], ['JobSet', 'two']);
    assertNoneBack();
  });

  const byHand = kills > 0 ? it : it.skip;
  byHand(`start anew once where the controller is killed in the middle, ${kills} times`, async function () {
    this.timeout(120_000 + kills * 120_000);
    const train = jobSet('train', { workers: 2, maxRestarts: 1_000 });
    const count = workersOf(train);
    await applied(train);
    await ready(namespace, 'train', { count, nodes: nodes.slice(0, count) });
    for (let kill = 0; kill < kills; kill += 1) {
      const [{ spec }] = await podsOf(namespace, 'train');
      const before = await restartsOf(namespace, 'train');
      const killing = await killInStep(kill, namespace);
      setSensor(spec.nodeName, 95);
      const where = await killing.killed;
      await eventually('another start, off the node', 120, async () => {
        const pods = await podsOf(namespace, 'train');
        const isOff = pods.every((pod) => isReady(pod) && pod.spec.nodeName !== spec.nodeName);
        return pods.length === count && isOff && (await restartsOf(namespace, 'train')) > before;
      });
      await killing.isLed();
      await stays(5, async () => assert.equal(await restartsOf(namespace, 'train'), before + 1, where));
      await assertChargedOnce(spec.nodeName, ['JobSet', 'train']);
      process.stdout.write(`      killed ${where}: one restart\n`);
      coolDown();
      await releaseAll();
    }
  });

  it('stay where one Pod alone would be created anew, and are told what mends that', async () => {
    const ignoring = jobSet('ignoring', { action: 'Ignore' });
    await applied(ignoring);
    const before = await ready(namespace, 'ignoring', { count: workersOf(ignoring), nodes });
    setSensor('node-a', 95);
    const note = await told('the reason', () => eventsOf(namespace, 'ignoring'), /^MoveHeld: /);
    assert.match(note, /JobSet ignoring: podFailurePolicy of its Job has the action Ignore on DisruptionTarget\./);
    assert.match(
      note,
      /podFailurePolicy: \{rules: \[\{action: FailJob, onPodConditions: \[\{type: DisruptionTarget, status: "True"\}\]\}\]\}/,
    );
    await stays(5, async () => {
      assert.deepEqual(uidsOf(await podsOf(namespace, 'ignoring')), uidsOf(before));
      assert.deepEqual(await quarantines(), []);
    });
  });
});
