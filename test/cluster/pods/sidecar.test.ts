import assert from 'node:assert/strict';
import { deployment, service } from '../support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, isReady, podOf, readyPod, restarted, stateOf } from '../support/pods.ts';

const namespace = 'test-sidecar';
const name = 'dnsmasq';

describe('sidecar, on the real kubelet: dnsmasq on loopback, asked by DNS queries', () => {
  useNamespace(namespace);

  before(() =>
    apply(
      namespace,
      deployment(name, {
        annotations: {
          pattern: 'sidecar',
          check: 'dns://:53/healthy.example?type=A',
          period: '1s',
          timeout: '500ms',
          'failure-threshold': '3',
          'termination-grace-period': '2s',
        },
        container: {
          image: 'docker.io/local/dnsmasq:2',
          args: [
            '--keep-in-foreground',
            '--user=root',
            '--listen-address=127.0.0.1',
            '--bind-interfaces',
            '--no-resolv',
            '--address=/healthy.example/192.0.2.1',
          ],
        },
        // The test stops dnsmasq with a signal, and process 1 of a PID namespace cannot be stopped from within it.
        pod: { shareProcessNamespace: true },
      }),
      service(name, 53),
    ),
  );

  it('a healthy dnsmasq becomes Ready, with the sidecar before it', async () => {
    const pod = await readyPod(namespace, name);
    assert.equal(pod.spec.initContainers[0].name, 'health-probe');
    assert.deepEqual(stateOf(pod, name), { ready: true, started: true, restartCount: 0 });
  });

  it('the sidecar has no environment, and no mount but its hold and the token that the apiserver mounts everywhere', async () => {
    const { spec } = await podOf(namespace, name);
    const [{ env, volumeMounts = [] }] = spec.initContainers;
    assert.equal(env, undefined);
    assert.deepEqual(
      volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath),
      ['/health-probe-hold', '/var/run/secrets/kubernetes.io/serviceaccount'],
    );
  });

  it('a dnsmasq that runs and does not answer is restarted, the sidecar is not, and service resumes', async () => {
    const before = await readyPod(namespace, name);
    await exec(namespace, before, name, '/usr/bin/pkill', '-STOP', 'dnsmasq');
    const pod = await restarted(namespace, name, name, 0);
    assert.equal(stateOf(pod, 'health-probe').restartCount, 0);
    const again = await readyPod(namespace, name);
    assert.equal(again.metadata.uid, before.metadata.uid, 'restarted in place');
    const events = await eventsOf(namespace, before.metadata.name);
    assert(
      events.some((event) => /Liveness probe failed: .*statuscode: 504/.test(event)),
      events.join('\n'),
    );
  });

  it('the log of the sidecar says what was wrong', async function (this: Mocha.Context) {
    const pod = await podOf(namespace, name);
    const log = await kubectl(['logs', '-n', namespace, pod.metadata.name, '-c', 'health-probe']);
    // Nodes on one machine share the folder of logs, and one of them may have cleaned up the other's: what came before is gone then,
    // with the line of the agent's start. What it logs is tested without a cluster too.
    if (!log.includes('msg=listening')) this.skip();
    assert.match(log, /verdict=fail.*timed out/);
    assert.match(log, /verdict=pass/);
  });

  it('the agent being killed does not restart the app', async () => {
    const before = stateOf(await readyPod(namespace, name), name).restartCount;
    await exec(namespace, await podOf(namespace, name), name, '/usr/bin/pkill', '-KILL', 'health-probe');
    const pod = await restarted(namespace, name, 'health-probe', 0);
    assert.equal(stateOf(pod, name).restartCount, before);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const later = await readyPod(namespace, name);
    assert.equal(stateOf(later, name).restartCount, before);
    assert(isReady(later));
  });

  it('a Job with a sidecar completes', async () => {
    await apply(namespace, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'report' },
      spec: {
        backoffLimit: 0,
        template: {
          metadata: {
            labels: { app: 'report' },
            annotations: { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'push:?max-age=60s' },
          },
          spec: {
            restartPolicy: 'Never',
            containers: [
              {
                name: 'report',
                image: 'docker.io/local/redis:7',
                imagePullPolicy: 'IfNotPresent',
                command: ['/usr/bin/redis-cli', '--version'],
              },
            ],
          },
        },
      },
    });
    const job = await eventually('the Job completes', 60, async () => {
      const found = await get(['job', 'report', '-n', namespace]);
      return found.status.succeeded === 1 && found;
    });
    assert.equal(job.status.failed, undefined);
    const { spec } = await podOf(namespace, 'report');
    assert.equal(spec.initContainers[0].name, 'health-probe');
    assert.equal(spec.containers[0].livenessProbe, undefined);
  });
});
