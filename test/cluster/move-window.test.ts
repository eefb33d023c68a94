import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { hardwarePods } from './support/hardware-pods.ts';
import { asking, leader, only, quarantines, releaseAll, stays, template, told, useMoving } from './support/hardware.ts';
import { loadImage } from './support/images.ts';
import { jobSetController, useGangController } from './support/gang-controllers.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, isReady, podOf, podsOf, readyPod } from './support/pods.ts';
import { coolDown, setSensor, useSensors } from './support/sensors.ts';

const namespace = 'test-move-window';
const { runsOn, staysPut, clear } = hardwarePods(namespace);
const condition = 'health.example.com/move-pending';

const image = {
  name: 'docker.io/local/worker:1',
  entrypoint: ['/bin/sh', '-c'],
  files: ['/bin/sh', '/bin/sleep', '/bin/cp'],
  libs: true,
  user: '65532',
};

const until = '/opt/health-probe-move/until';

/** Works until it is told of a move, saves its work for 20 s, and says so, as docs/hardware.md shows it. */
const saving = `
while [ ! -s ${until} ]; do /bin/sleep 1; done
/bin/sleep 20
/bin/cp ${until} /opt/health-probe-move-ready/ready
exec /bin/sleep 100000`;

/** A worker that runs this, and has so long before it is moved. */
const worker = (name: string, script: string, moveWindow: string): object =>
  deployment(name, {
    annotations: { ...asking, 'move-window': moveWindow },
    container: { image: image.name, args: [script] },
  });

const conditionOf = ({ status }: any): any => status.conditions.find(({ type }: any) => type === condition);

/** Starts a worker on node-a, heats it up, and returns the Pod once it is told, with the end of its time. */
async function begin(name: string, script: string, moveWindow: string): Promise<{ pod: any; endMs: number }> {
  await only('node-a', async () => {
    await apply(namespace, worker(name, script, moveWindow));
    await readyPod(namespace, name);
  });
  setSensor('node-a', 95);
  return eventually(`${name} is told`, 60, async () => {
    const pod = await podOf(namespace, name);
    const end = pod.metadata.annotations[condition];
    return end !== undefined && { pod, endMs: Date.parse(end) };
  });
}

/** Waits until the Pod is on its way out, and returns when that was. */
const leaves = ({ metadata }: any, seconds: number): Promise<number> =>
  eventually(`${metadata.name} leaves`, seconds, async () => {
    const pod = await get(['pod', '-n', namespace, metadata.name]).catch(() => undefined);
    return (pod === undefined || pod.metadata.deletionTimestamp !== undefined) && Date.now();
  });

describe('workers that have time to save their work before they are moved, on two nodes', () => {
  before(() => loadImage(image));
  useSensors();
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useMoving();
  afterEach(clear);

  it('are told, and moved as soon as they say that they have saved it', async () => {
    const { pod, endMs } = await begin('saving', saving, '5m');
    const toldMs = Date.now();
    const { status, reason, message } = conditionOf(pod);
    assert.deepEqual([status, reason], ['True', 'HardwareFailed']);
    assert.match(message, /has time until \S+Z, or until its application is ready: .*95 C >= 90 C/);
    await told(
      'the Event',
      () => eventsOf(namespace, pod.metadata.name),
      /^MoveScheduled: Pod \S+ is moved off node node-a, and has time until \S+Z/,
    );
    await told('the Event of the Deployment', () => eventsOf(namespace, 'saving'), /^MoveScheduled: /);
    assert.deepEqual(
      (await quarantines()).map(({ spec }) => [spec.nodeName, spec.owners[0].moves[0].podUid]),
      [['node-a', pod.metadata.uid]],
    );
    // The node is closed for its siblings from the beginning of its time.
    await kubectl(['scale', '-n', namespace, 'deployment/saving', '--replicas=2']);
    const sibling = await eventually('a sibling', 60, async () =>
      (await podsOf(namespace, 'saving')).find((each) => each.metadata.uid !== pod.metadata.uid && isReady(each)),
    );
    assert.equal(sibling.spec.nodeName, 'node-b');
    const leftMs = await leaves(pod, 60);
    assert(leftMs - toldMs > 15_000 && leftMs - toldMs < 40_000, `${leftMs - toldMs} ms after it was told`);
    assert(leftMs < endMs - 60_000);
    await eventually('both run on node-b', 60, async () => {
      const pods = (await podsOf(namespace, 'saving')).filter(isReady);
      return pods.length === 2 && pods.every(({ spec }) => spec.nodeName === 'node-b');
    });
  });

  it('are moved at the end of their time where they say nothing, though the controller is killed meanwhile', async () => {
    const { pod, endMs } = await begin('silent', 'exec /bin/sleep 100000', '40s');
    const { metadata } = await leader();
    await kubectl(['delete', 'pod', '-n', metadata.namespace, metadata.name, '--grace-period=0', '--force']);
    const leftMs = await leaves(pod, 120);
    assert(leftMs >= endMs, `${leftMs - endMs} ms after the end`);
    assert(leftMs < endMs + 30_000, `${leftMs - endMs} ms after the end`);
    await runsOn('silent', 'node-b');
    assert.equal((await quarantines())[0].spec.owners[0].moves.length, 1);
  });

  it('stay where their sensor is cool at the end of their time, and are told so', async () => {
    const { pod } = await begin('recovers', 'exec /bin/sleep 100000', '20s');
    coolDown();
    await told(
      'that it stays',
      () => eventsOf(namespace, pod.metadata.name),
      /^MoveCancelled: Pod \S+ stays on node node-a: its hardware has recovered\./,
      60,
    );
    await stays(5, () => staysPut('recovers', pod.metadata.uid));
    const now = await podOf(namespace, 'recovers');
    assert.equal(now.metadata.annotations[condition], undefined);
    assert.deepEqual([conditionOf(now).status, conditionOf(now).reason], ['False', 'MoveCancelled']);
  });
});

/** A JobSet of a worker on each node, which save their work for 20 s, and starts anew as a whole with one of them. */
function jobSet(name: string): object {
  const pod: any = template(name, 100_000, 'Never');
  const annotations = { ...pod.metadata.annotations, 'health.example.com/move-window': '5m' };
  const containers = [{ name, imagePullPolicy: 'IfNotPresent', image: image.name, args: [saving] }];
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { app: name } },
  };
  const onPodConditions = [{ type: 'DisruptionTarget', status: 'True' }];
  const spec = {
    completionMode: 'Indexed',
    parallelism: 2,
    completions: 2,
    backoffLimit: 0,
    podFailurePolicy: { rules: [{ action: 'FailJob', onPodConditions }] },
    template: {
      metadata: { ...pod.metadata, annotations },
      spec: { ...pod.spec, terminationGracePeriodSeconds: 1, containers, topologySpreadConstraints: [spread] },
    },
  };
  return {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: { name },
    spec: { failurePolicy: { maxRestarts: 3 }, replicatedJobs: [{ name: 'workers', replicas: 1, template: { spec } }] },
  };
}

describe('a JobSet whose workers have time to save their work, with its controller, on two nodes', () => {
  before(() => loadImage(image));
  useSensors();
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useMoving();
  useGangController(jobSetController);
  afterEach(async () => {
    coolDown();
    await kubectl(['delete', 'jobsets', '-n', namespace, '--all', '--wait']);
    await releaseAll();
  });

  const running = async (): Promise<any[]> =>
    (await podsOf(namespace, 'train')).filter((pod) => pod.status.phase === 'Running' && isReady(pod));

  it('is told as a whole, and starts anew once when all have saved it', async () => {
    await eventually('the webhook of JobSet', 60, () => apply(namespace, jobSet('train')).catch(() => false));
    const before = await eventually('a worker on each node', 90, async () => {
      const pods = await running();
      return new Set(pods.map(({ spec }) => spec.nodeName)).size === 2 && pods;
    });
    setSensor('node-a', 95);
    const reasons = await eventually('both are told', 60, async () => {
      const found = (await podsOf(namespace, 'train')).map((pod) => conditionOf(pod)?.reason);
      return found.length === 2 && found.every(Boolean) && found.toSorted();
    });
    assert.deepEqual(reasons, ['GangMoves', 'HardwareFailed']);
    const toldMs = Date.now();
    const after = await eventually('both run on node-b', 90, async () => {
      const pods = await running();
      return pods.length === 2 && pods.every(({ spec }) => spec.nodeName === 'node-b') && pods;
    });
    assert(Date.now() - toldMs > 15_000, `${Date.now() - toldMs} ms after it was told`);
    const uids = new Set(before.map(({ metadata }) => metadata.uid));
    assert(after.every(({ metadata }) => !uids.has(metadata.uid)));
    await stays(5, async () => assert.equal((await get(['jobset', 'train', '-n', namespace])).status?.restarts, 1));
    const [quarantine] = await quarantines();
    assert.deepEqual(
      quarantine.spec.owners.map(({ owner, moves }: any) => [owner.kind, owner.name, moves.length]),
      [['JobSet', 'train', 1]],
    );
    assert(!(await eventsOf(namespace, 'train')).some((event) => event.startsWith('MoveCancelled')));
  });
});
