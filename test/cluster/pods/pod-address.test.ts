import assert from 'node:assert/strict';
import { deployment } from '../support/deployment.ts';
import { apply, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, readyPod, restarted, stateOf } from '../support/pods.ts';

const namespace = 'test-pod-address';

const apps = ['sidecar', 'cli'];

describe("a redis that listens on the Pod's own address only, on the real kubelet", () => {
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'baseline' });

  before(() =>
    apply(
      namespace,
      ...apps.map((pattern) =>
        deployment(pattern, {
          annotations: { pattern, check: 'redis://pod:6379', period: '1s', 'termination-grace-period': '2s' },
          container: {
            image: 'docker.io/local/redis:7',
            // A word of its own would be a boolean in the YAML of kubectl.
            args: ['--bind', '$(POD_IP)', '--protected-mode no'],
            env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
          },
          pod: { shareProcessNamespace: true },
        }),
      ),
    ),
  );

  for (const pattern of apps) {
    it(`is asked by ${pattern}, and restarted when it hangs`, async () => {
      const before = await readyPod(namespace, pattern, 90);
      assert.equal(stateOf(before, pattern).restartCount, 0);
      await exec(namespace, before, pattern, '/usr/bin/pkill', '-STOP', 'redis-server');
      await restarted(namespace, pattern, pattern, 0);
      const events = (await eventsOf(namespace, before.metadata.name)).join('\n');
      assert.match(events, /Liveness probe failed: /);
    });
  }
});
