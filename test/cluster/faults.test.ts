import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { assertNoneFailed, underLoad } from './support/load.ts';
import { pidOf } from './support/pid-of.ts';
import { isReady } from './support/pods.ts';

const namespace = 'test-faults';
const system = 'health-injector';
const deployment = 'deployment/health-injector';

describe('the webhook under a hundred Pods a second, on a real cluster', () => {
  useNamespace(namespace);

  it('is rolled without a failed call of two thousand', async () => {
    const outcome = await underLoad(namespace, 2_000, async () => {
      await kubectl(['rollout', 'restart', '-n', system, deployment]);
      await kubectl(['rollout', 'status', '-n', system, deployment, '--timeout=120s']);
    });
    assertNoneFailed(outcome);
    assert(outcome.calls >= 2_000);
  });

  it('loses no call where each of its Pods is deleted', async () => {
    const outcome = await underLoad(namespace, 2_000, async () => {
      for (const { metadata } of await replicas()) {
        await kubectl(['delete', 'pod', '-n', system, metadata.name, '--wait=false']);
        await allReady([metadata.uid]);
      }
    });
    assertNoneFailed(outcome);
  });

  it('fails open, for a moment, where a replica is killed', async () => {
    const [{ metadata }] = await replicas();
    const outcome = await underLoad(namespace, 2_000, async () => {
      process.kill(pidOf(metadata.uid, 'dist/webhook.js'), 'SIGKILL');
      await eventually('it was restarted', 60, async () => {
        const pod = (await replicas()).find((each) => each.metadata.uid === metadata.uid);
        return pod.status.containerStatuses[0].restartCount > 0 && isReady(pod);
      });
    });
    const { created, missed, wrong, calls, failed } = outcome;
    process.stdout.write(`      ${failed} of ${calls} calls failed, ${missed} of ${created} Pods went without\n`);
    // Nobody else is kept from creating a Pod by it, and whoever lacks the probe was counted by the apiserver.
    assert.deepEqual(wrong, []);
    assert(missed <= failed, `${missed} Pods were missed, ${failed} calls failed`);
    // What was on its way, and what went to the address until the kubelet had told that nobody is there.
    assert(failed < 300, `${failed} calls failed`);
  });

  it('is in time where half of the CPU is taken away', async () => {
    const hogs: ChildProcess[] = [];
    try {
      const outcome = await underLoad(namespace, 2_000, async () => {
        const half = Math.max(1, Math.floor(availableParallelism() / 2));
        for (let hog = 0; hog < half; hog += 1) hogs.push(spawn(process.execPath, ['-e', 'for (;;);']));
        await sleep(15_000);
      });
      assertNoneFailed(outcome);
    } finally {
      for (const hog of hogs) hog.kill('SIGKILL');
    }
  });
});

const replicas = async (): Promise<any[]> =>
  (await get(['pods', '-n', system, '-l', 'app.kubernetes.io/component=webhook'])).items;

/** Until two replicas are ready, none of them one of these. */
const allReady = (gone: readonly string[]): Promise<unknown> =>
  eventually('two replicas are ready', 90, async () => {
    const pods = (await replicas()).filter(({ metadata }) => !metadata.deletionTimestamp);
    return pods.length === 2 && pods.every((pod) => isReady(pod) && !gone.includes(pod.metadata.uid));
  });
