import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { apply, eventually, kubectl, useNamespace } from './support/kubectl.ts';
import { exec, isReady, podOf, readyPod, restarted, stateOf } from './support/pods.ts';
import { applyPolicy, onlyIn } from './support/policy.ts';

const namespace = 'test-trial';
const enforcing = 'test-trial-enforced';
const name = 'test-trial';
const inject = { pattern: 'auto', period: '1s', timeout: '500ms', 'termination-grace-period': '2s' };

const redis = deployment('redis', {
  annotations: {},
  container: { image: 'docker.io/local/redis:7' },
  // Process 1 of a PID namespace cannot be stopped from within it.
  pod: { shareProcessNamespace: true },
});

/** What the agent of a Pod has counted. */
async function tried(pod: any): Promise<any> {
  const answer = await fetch(`http://${pod.status.podIP}:9440/trialz`);
  assert.equal(answer.status, 200);
  return ((await answer.json()) as any).containers[0];
}

const signal = (where: string, pod: any, word: string): Promise<string> =>
  exec(where, pod, 'redis', '/usr/bin/pkill', `-${word}`, 'redis');

describe('a policy in trial, on a real cluster', () => {
  useNamespace(namespace);
  useNamespace(enforcing);

  before(async () => {
    await applyPolicy(name, { mode: 'Trial', namespaceSelector: onlyIn(namespace), inject });
    await applyPolicy(`${name}-enforced`, { namespaceSelector: onlyIn(enforcing), inject });
    // The webhook follows policies, and takes a moment to hear of these.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await Promise.all([namespace, enforcing].map((where) => apply(where, redis)));
  });
  after(() => kubectl(['delete', 'healthpolicy', name, `${name}-enforced`, '--ignore-not-found']));

  it('adds the agent and no probe', async () => {
    const pod = await readyPod(namespace, 'redis', 90);
    const [container] = pod.spec.containers;
    for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe']) assert.equal(container[field], undefined);
    const status = JSON.parse(pod.metadata.annotations['health.example.com/status']);
    assert.deepEqual([status.trial, status.added], [true, ['initContainers/health-probe']]);
    await readyPod(enforcing, 'redis', 90);
  });

  it('counts the restarts that Enforce makes of the same server that hangs, and makes none', async () => {
    for (const round of [1, 2]) {
      const [pod, other] = [await readyPod(namespace, 'redis'), await readyPod(enforcing, 'redis', 90)];
      await Promise.all([signal(namespace, pod, 'STOP'), signal(enforcing, other, 'STOP')]);
      await restarted(enforcing, 'redis', 'redis', round - 1);
      const hanging = await eventually('a restart that would have been', 30, async () => {
        const now = await tried(pod);
        return now.liveness.restarts === round && now;
      });
      assert.equal(hanging.readiness.ready, false);
      assert.match(hanging.liveness.reason, /timed out/);
      assert(isReady(await podOf(namespace, 'redis')), 'nothing is taken out of its Services');
      await signal(namespace, pod, 'CONT');
      await eventually('a redis that would be ready', 30, async () => (await tried(pod)).readiness.ready);
    }
    const [pod, other] = await Promise.all([namespace, enforcing].map((where) => podOf(where, 'redis')));
    const { liveness, startup } = await tried(pod);
    assert.equal(liveness.restarts + startup.failures, stateOf(other, 'redis').restartCount);
    assert.equal(stateOf(pod, 'redis').restartCount, 0);
  });
});
