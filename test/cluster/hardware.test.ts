import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { hardwarePods } from './support/hardware-pods.ts';
import {
  checked,
  eventsOfNode,
  evictions,
  leader,
  metric,
  only,
  quarantines,
  sleeping,
  template,
  told,
  useMoving,
} from './support/hardware.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, isReady, podOf, podsOf, readyPod } from './support/pods.ts';
import { pidOf } from './support/pid-of.ts';
import { eventually as eventuallyMs } from '../support/eventually.ts';
import { blockSensor, coolDown, setSensor, useSensors } from './support/sensors.ts';

const namespace = 'test-hardware';
const { runsOn, staysPut, clear } = hardwarePods(namespace);

const job = (name: string, restartPolicy: string, spec: object): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { template: template(name, 25, restartPolicy), ...spec },
});

describe('Pods whose hardware fails, on a real cluster of two nodes', () => {
  useSensors();
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useMoving();
  afterEach(clear);

  it('leave the hot node within 2 s of being seen not ready, are told of, and come back when a person releases it', async () => {
    await only('node-a', async () => {
      await apply(namespace, checked('train'), deployment('tenant', { annotations: {}, container: sleeping(100_000) }));
      await Promise.all(['train', 'tenant'].map((app) => readyPod(namespace, app)));
    });
    const [before, tenant] = await Promise.all(['train', 'tenant'].map((app) => podOf(namespace, app)));
    const [quick, all] = [await metric(quickMoves), await metric(allMoves)];
    setSensor('node-a', 95);
    await runsOn('train', 'node-b');
    assert.equal((await metric(quickMoves)) - quick, (await metric(allMoves)) - all);
    const reading = 'coretemp Package id 0 95 C >= 90 C';
    const places: readonly (readonly [string, () => Promise<string[]>])[] = [
      ['the Pod', () => eventsOf(namespace, before.metadata.name)],
      ['the Deployment', () => eventsOf(namespace, 'train')],
      ['the node', () => eventsOfNode('node-a')],
    ];
    for (const [what, read] of places) {
      await told(
        `an Event of ${what}`,
        read,
        new RegExp(`^MovedOffNode: Pod ${namespace}/train-\\S+ was evicted from node node-a: .*${reading}`),
      );
    }
    await told(
      'what failed',
      () => eventsOf(namespace, before.metadata.name),
      new RegExp(`^HardwareFailed: .*${reading}`),
    );
    await told(
      'the replacement',
      () => eventsOf(namespace, 'train'),
      /^ReplacementRunning: .* runs on node node-b in the place of/,
    );
    await staysPut('tenant', tenant.metadata.uid);
    // Cool again: that is no evidence of health, and new Pods still keep off.
    coolDown();
    await kubectl(['scale', '-n', namespace, 'deployment/train', '--replicas=3']);
    await eventually('three Pods', 60, async () => (await podsOf(namespace, 'train')).filter(isReady).length === 3);
    assert.deepEqual(new Set((await podsOf(namespace, 'train')).map(({ spec }) => spec.nodeName)), new Set(['node-b']));
    const [quarantine] = await quarantines();
    assert.equal(quarantine.spec.owners[0].moves[0].podUid, before.metadata.uid);
    await kubectl(['delete', 'nodequarantine', 'node-a']);
    await told('the release', () => eventsOfNode('node-a'), /^NodeReleased: /);
    await only('node-a', async () => {
      await kubectl(['scale', '-n', namespace, 'deployment/train', '--replicas=4']);
      await eventually('a Pod on node-a', 60, async () =>
        (await podsOf(namespace, 'train')).some((pod) => pod.spec.nodeName === 'node-a' && isReady(pod)),
      );
    });
  });

  it('of Jobs and StatefulSets move too, and the Jobs complete', async () => {
    const ignoring = { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] };
    await only('node-a', async () => {
      await apply(
        namespace,
        job('never', 'Never', { backoffLimit: 0, podFailurePolicy: ignoring }),
        job('on-failure', 'OnFailure', {}),
        job('indexed', 'Never', {
          completionMode: 'Indexed',
          completions: 2,
          parallelism: 2,
          podFailurePolicy: ignoring,
        }),
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          metadata: { name: 'state' },
          spec: {
            serviceName: 'state',
            selector: { matchLabels: { app: 'state' } },
            template: template('state', 100_000, 'Always'),
          },
        },
      );
      await eventually('all five are ready', 60, async () => {
        const { items } = await get(['pods', '-n', namespace]);
        return items.length === 5 && items.every(isReady);
      });
    });
    const { items: before } = await get(['pods', '-n', namespace]);
    const disrupted = new Map<string, string>();
    const allDisrupted = eventually('the condition of each disruption', 60, async () => {
      for (const { metadata, status } of (await get(['pods', '-n', namespace])).items) {
        const condition = status.conditions?.find(({ type }: any) => type === 'DisruptionTarget');
        if (condition) disrupted.set(metadata.uid, condition.reason);
      }
      return disrupted.size === 5;
    });
    setSensor('node-a', 95);
    await allDisrupted;
    assert.deepEqual([...new Set(disrupted.values())], ['EvictionByEvictionAPI']);
    assert.deepEqual([...disrupted.keys()].toSorted(), before.map(({ metadata }: any) => metadata.uid).toSorted());
    await runsOn('state', 'node-b');
    for (const [name, succeeded] of Object.entries({ never: 1, 'on-failure': 1, indexed: 2 })) {
      const { status } = await eventually(`${name} completes`, 180, async () => {
        const object = await get(['job', name, '-n', namespace]);
        return object.status.succeeded === succeeded && object;
      });
      if (name === 'indexed') assert.equal(status.completedIndexes, '0,1');
      assert(!status.conditions.some(({ type, status: is }: any) => type === 'Failed' && is === 'True'));
      if (name !== 'on-failure') assert.equal(status.failed ?? 0, 0);
    }
  });

  it('leave a node whose sensor hangs once that was seen three times, and that is what is told', async () => {
    await only('node-a', async () => {
      await apply(namespace, checked('hung'));
      await readyPod(namespace, 'hung');
    });
    const { metadata } = await podOf(namespace, 'hung');
    blockSensor('node-a');
    await runsOn('hung', 'node-b');
    await told(
      'what hangs',
      () => eventsOf(namespace, metadata.name),
      /^HardwareFailed: .*temp1_input blocks, seen \d+ times/,
    );
  });

  it('move once each, all of them, where the controller is killed in the middle', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    await only('node-a', async () => {
      await apply(namespace, ...names.map(checked));
      await eventually('all are ready', 180, async () => {
        const { items } = await get(['pods', '-n', namespace]);
        return items.filter(isReady).length === names.length;
      });
    });
    const uids = (await get(['pods', '-n', namespace])).items.map(({ metadata }: any) => metadata.uid);
    const [accepted, cutOff] = [await evictions(201), await evictions(504)];
    const { metadata } = await leader();
    const pid = pidOf(metadata.uid, 'dist/controller.js');
    setSensor('node-a', 95);
    await eventuallyMs('the first eviction', 60_000, async () => (await evictions(201)) > accepted, 0);
    process.kill(pid, 'SIGKILL');
    // Evictions that were on their way have arrived, and the other controller has not begun.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert((await evictions(201)) - accepted < names.length, 'all had moved when the controller was killed');
    await eventually('all run on node-b', 180, async () => {
      const { items } = await get(['pods', '-n', namespace]);
      return items.length === names.length && items.every((pod: any) => pod.spec.nodeName === 'node-b' && isReady(pod));
    });
    const done = (await evictions(201)) - accepted;
    const unknown = (await evictions(504)) - cutOff;
    assert(
      done <= names.length && done + unknown >= names.length,
      `${done} evictions, ${unknown} cut off by the death`,
    );
    const [quarantine, ...others] = await quarantines();
    assert.deepEqual(others, []);
    const moved = quarantine.spec.owners.flatMap(({ moves }: any) => moves.map(({ podUid }: any) => podUid));
    assert.deepEqual(moved.toSorted(), uids.toSorted());
  });
});

/** Moves whose eviction was accepted within 2 s of being seen not ready, and all of them. */
const quickMoves = 'health_injector_hardware_move_seconds_bucket{le="2"}';
const allMoves = 'health_injector_hardware_move_seconds_count';
