import assert from 'node:assert/strict';
import { quarantines, releaseAll, stays, template, told, useMoving } from './support/hardware.ts';
import { useJobSetController } from './support/job-set-controller.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, isReady, podsOf } from './support/pods.ts';
import { coolDown, setSensor, useSensors } from './support/sensors.ts';

const namespace = 'test-gangs';

/** A JobSet of two Jobs of two workers, on as many nodes as there are, whose Jobs do this with an evicted Pod. */
function jobSet(name: string, action: 'FailJob' | 'Ignore'): object {
  const pod: any = template(name, 100_000, 'Never');
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { app: name } },
  };
  const rules = [{ action, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
  const spec = {
    completionMode: 'Indexed',
    parallelism: 2,
    completions: 2,
    backoffLimit: 0,
    podFailurePolicy: { rules },
    template: { ...pod, spec: { ...pod.spec, topologySpreadConstraints: [spread] } },
  };
  return {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: { name },
    spec: {
      failurePolicy: { maxRestarts: 3 },
      replicatedJobs: [{ name: 'workers', replicas: 2, template: { spec } }],
    },
  };
}

const restartsOf = async (name: string): Promise<number> =>
  (await get(['jobset', name, '-n', namespace])).status?.restarts ?? 0;

/** Waits until all four workers are ready, and no older one is left. */
const ready = (name: string, nodes: readonly string[]): Promise<any[]> =>
  eventually(`the four workers of ${name} are ready on ${nodes.join(' and ')}`, 90, async () => {
    const pods = (await podsOf(namespace, name)).filter(({ status }) => status.phase !== 'Failed');
    const places = new Set(pods.map(({ spec }) => spec.nodeName));
    return (
      pods.length === 4 &&
      pods.every(isReady) &&
      nodes.every((node) => places.has(node)) &&
      places.size === nodes.length &&
      pods
    );
  });

async function start(name: string, action: 'FailJob' | 'Ignore'): Promise<any[]> {
  // Its webhook may not have its certificate yet.
  await eventually('the webhook of JobSet', 60, () => apply(namespace, jobSet(name, action)).catch(() => false));
  return ready(name, ['node-a', 'node-b']);
}

describe('gangs whose hardware fails, with the controller of JobSet', () => {
  useSensors();
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useMoving();
  useJobSetController();
  afterEach(async () => {
    coolDown();
    await kubectl(['delete', 'jobsets', '-n', namespace, '--all', '--wait']);
    await releaseAll();
  });

  it('start anew once as a whole, charged once, and keep off the node also when their Jobs are created anew', async () => {
    await start('train', 'FailJob');
    setSensor('node-a', 95);
    await ready('train', ['node-b']);
    await stays(8, async () => assert.equal(await restartsOf('train'), 1));
    const [quarantine, ...others] = await quarantines();
    assert.deepEqual(others, []);
    assert.deepEqual(
      quarantine.spec.owners.map(({ owner, moves }: any) => [owner, moves.length]),
      [[{ namespace, kind: 'JobSet', name: 'train' }, 1]],
    );
    await told(
      'the move',
      () => eventsOf(namespace, 'train'),
      /^MovedOffNode: .* The Pods of JobSet train are kept off/,
    );
    // Cool again: that is no evidence of health.
    coolDown();
    const before = (await podsOf(namespace, 'train')).map(({ metadata }) => metadata.uid);
    await kubectl(['delete', 'jobs', '-n', namespace, '--all', '--wait']);
    const after = await ready('train', ['node-b']);
    assert(after.every(({ metadata }) => !before.includes(metadata.uid)));
  });

  it('stay where one Pod alone would be created anew, and are told what mends that', async () => {
    const before = await start('ignoring', 'Ignore');
    setSensor('node-a', 95);
    const note = await told('the reason', () => eventsOf(namespace, 'ignoring'), /^MoveHeld: /);
    assert.match(note, /JobSet ignoring: podFailurePolicy of its Job has the action Ignore on DisruptionTarget\./);
    assert.match(
      note,
      /podFailurePolicy: \{rules: \[\{action: FailJob, onPodConditions: \[\{type: DisruptionTarget, status: "True"\}\]\}\]\}/,
    );
    await stays(5, async () => {
      const uids = (await podsOf(namespace, 'ignoring')).map(({ metadata }) => metadata.uid);
      assert.deepEqual(uids.toSorted(), before.map(({ metadata }) => metadata.uid).toSorted());
      assert.deepEqual(await quarantines(), []);
    });
  });
});
