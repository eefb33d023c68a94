import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { hardwarePods } from './support/hardware-pods.ts';
import { checked, eventsOfNode, only, quarantines, sleeping, told, useMoving } from './support/hardware.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { removeCondition, setCondition } from './support/node-conditions.ts';
import { eventsOf, podOf, podsOf, readyPod } from './support/pods.ts';
import { coolDown, setSensor, useSensors } from './support/sensors.ts';

const namespace = 'test-neighbours';
const { runsOn, staysPut, clear } = hardwarePods(namespace);

/** A Deployment that waits for a condition of its node. */
const waiting = (name: string): object =>
  deployment(name, {
    annotations: { pattern: 'hardware', check: 'node://KernelDeadlock' },
    container: sleeping(100_000),
  });

describe('health-injector beside others that look after nodes, on a real cluster of two nodes', () => {
  useNamespace(namespace, {});
  useMoving();
  afterEach(async () => {
    await removeCondition('node-a', 'KernelDeadlock');
    await clear();
  });

  it('moves the Pods that ask for it off a node on which a detector sets a condition, and no others', async () => {
    await only('node-a', async () => {
      await apply(namespace, waiting('train'), deployment('tenant', { annotations: {}, container: sleeping(100_000) }));
      await Promise.all(['train', 'tenant'].map((app) => readyPod(namespace, app)));
    });
    const [train, tenant] = await Promise.all(['train', 'tenant'].map((app) => podOf(namespace, app)));
    assert.deepEqual(
      [train.spec.initContainers, train.metadata.labels['health.example.com/hardware']],
      [undefined, 'move'],
    );
    await setCondition('node-a', 'KernelDeadlock', 'False');
    await setCondition('node-a', 'KernelDeadlock', 'True', 'task "train:1" blocked for more than 120 seconds');
    await runsOn('train', 'node-b');
    await staysPut('tenant', tenant.metadata.uid);
    const says = `the condition KernelDeadlock of its node is True: "TaskHung: task 'train:1' blocked for more than 120 seconds"`;
    await told('an Event of the node', () => eventsOfNode('node-a'), new RegExp(`^MovedOffNode: .*${says}`));
    const [{ spec }] = await quarantines();
    assert.deepEqual([spec.owners[0].check, spec.owners[0].owner.name], ['node', 'train']);
  });

  it('leaves a node that others drain to them, says whose sign it is, and goes on when they stop', async () => {
    await only('node-a', async () => {
      await apply(namespace, waiting('train'));
      await readyPod(namespace, 'train');
    });
    const { metadata } = await podOf(namespace, 'train');
    await kubectl(['taint', 'node', 'node-a', 'karpenter.sh/disrupted=:NoSchedule']);
    try {
      await setCondition('node-a', 'KernelDeadlock', 'True');
      await told(
        'why it stays',
        () => eventsOf(namespace, metadata.name),
        /^MoveHeld: .*are given ten minutes for it: it has the taint karpenter.sh\/disrupted of Karpenter/,
      );
      await staysPut('train', metadata.uid);
      assert.deepEqual(await quarantines(), []);
    } finally {
      await kubectl(['taint', 'node', 'node-a', 'karpenter.sh/disrupted-']);
    }
    await runsOn('train', 'node-b');
  });
});

const degraded = async (): Promise<any> =>
  (await get(['node', 'node-a'])).status.conditions.find(({ type }: any) => type === 'HardwareDegraded');

describe('the condition HardwareDegraded, on a real cluster of two nodes', () => {
  const [one, other] = ['test-neighbours-one', 'test-neighbours-other'];
  const component = `${new URL('../../', import.meta.url).pathname}deploy/components/hardware-condition/rbac.yaml`;
  const controller = ['-n', 'health-injector', 'deployment/health-injector-controller'];
  const setNamespaces = async (change: string): Promise<void> => {
    await kubectl(['set', 'env', ...controller, `HEALTH_INJECTOR_HARDWARE_DEGRADED_NAMESPACES${change}`]);
    await kubectl(['rollout', 'status', ...controller, '--timeout=120s']);
  };

  useSensors();
  for (const name of [one, other]) useNamespace(name, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useMoving();
  before(async () => {
    await kubectl(['apply', '-f', component]);
    await setNamespaces('=2');
  });
  after(async () => {
    await setNamespaces('-');
    await kubectl(['delete', '-f', component]);
  });

  it('comes when the hardware failed Pods of two namespaces, beside the conditions of others, and goes with the quarantine', async () => {
    await only('node-a', async () => {
      await apply(one, checked('train'));
      await readyPod(one, 'train');
    });
    await setCondition('node-a', 'KernelDeadlock', 'False');
    setSensor('node-a', 95);
    await hardwarePods(one).runsOn('train', 'node-b');
    assert.equal(await degraded(), undefined);
    await only('node-a', async () => {
      await apply(other, checked('train'));
      await eventually(
        'a Pod on node-a',
        60,
        async () => (await podsOf(other, 'train'))[0]?.spec.nodeName === 'node-a',
      );
    });
    await hardwarePods(other).runsOn('train', 'node-b');
    const { status, reason, message } = await eventually('the condition', 30, degraded);
    assert.deepEqual([status, reason], ['True', 'HardwareCheckFailed']);
    assert.match(message, /^\S+: Pod test-neighbours-one\/train-\S+: its sidecar says ".*95 C >= 90 C/);
    const { conditions } = (await get(['node', 'node-a'])).status;
    assert(conditions.some(({ type }: any) => type === 'KernelDeadlock'));
    coolDown();
    await kubectl(['delete', 'nodequarantine', 'node-a']);
    await eventually('no condition', 30, async () => (await degraded()) === undefined);
    await removeCondition('node-a', 'KernelDeadlock');
  });
});
