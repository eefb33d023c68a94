import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { hardwarePods } from './support/hardware-pods.ts';
import { eventsOfNode, only, quarantines, sleeping, told, useMoving } from './support/hardware.ts';
import { apply, useNamespace } from './support/kubectl.ts';
import { removeCondition, setCondition } from './support/node-conditions.ts';
import { podOf, readyPod } from './support/pods.ts';

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
});
