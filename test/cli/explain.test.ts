import assert from 'node:assert/strict';
import { healthInjector, manifests, runHere } from './support/health-injector.ts';

const policy = (inject: string) => `
apiVersion: health.example.com/v1alpha1
kind: HealthPolicy
metadata: { name: web }
spec: { inject: { pattern: sidecar, ${inject} } }
`;

const annotatedIn = (inject: string, prefix: string) => `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { health.example.com/inject: "${inject}" } }
---
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: shop
  annotations: { ${prefix}/pattern: sidecar, ${prefix}/check: "redis://:6379" }
spec: { containers: [{ name: redis, image: 'redis:7' }] }
`;

describe('health-injector explain, on manifests', () => {
  it('says which check every container gets, by which pattern, and what it costs', async () => {
    const { code, out, errors } = await healthInjector(['explain', `${manifests}shop.yaml`]);
    assert.deepEqual([code, errors], [0, '']);
    assert.deepEqual(
      out,
      `Deployment shop/redis: health checks by port and sidecar.
  container      redis, image redis:7
    checks from  health.example.com/liveness, health.example.com/readiness
    liveness     port: tcp://:6379, every 10s, network, about 0.7 s of node CPU an hour
    readiness    sidecar: redis://:6379, every 10s, network, about 0.7 s of node CPU an hour
                 not port: received a redis check, which the kubelet does not speak, expected http, https, tcp, grpc or exec with pattern port, or pattern sidecar or cli
    startup      not added: no check is for it
  added          redis/livenessProbe, volumes/health-probe-hold, initContainers/health-probe, redis/readinessProbe
  fitted         The QoS class of the Pod becomes Burstable: it is BestEffort without the agent.
  costs          about 2.2 s of node CPU an hour for every Pod once it has started, and the sidecar reserves 20m of CPU and 16Mi of memory

CronJob shop/report: health checks by port.
  container      report, image report:1
    checks from  health.example.com/port
    liveness     not added: a Pod that runs to completion gets a liveness probe only from the key liveness
    readiness    port: http://:8080, every 10s, network, about 0.7 s of node CPU an hour
    startup      not added: only health.example.com/startup adds it here
  added          report/readinessProbe
  left alone     report/livenessProbe: a Pod that runs to completion gets a liveness probe only from the key liveness
  costs          about 0.7 s of node CPU an hour for every Pod once it has started

Pod plain: No annotation, policy or namespace asks for a health check.
`,
    );
  });

  it('says of a policy whether it has a mistake, and where to look for the Pods that it selects', async () => {
    const sound = await runHere(['explain', '-'], { input: policy('check: "redis://:6379"') });
    assert.match(sound.out, /^standard input:2:1: note: HealthPolicy web: It has no mistake\. .* --policies\.\n$/);
    const wrong = await runHere(['explain', '-'], { input: policy('perod: 5s') });
    assert.match(wrong.out, /HealthPolicy web: spec\.inject\.perod: the key is unknown, .*did you mean period\?/);
    const nothing = await runHere(['explain', '-'], { input: 'apiVersion: v1\nkind: ConfigMap\n' });
    assert.equal(nothing.out, 'There is no Pod and no workload to explain.\n');
  });

  it('says of a Service that it is no workload, and which words are', async () => {
    for (const name of ['svc/redis', 'node/worker-1', 'hp/web']) {
      const { code, errors } = await runHere(['explain', name]);
      assert.equal(code, 64);
      assert.match(errors, /is no Pod or workload, and there is no such file: expected pod\/NAME, deployment\/NAME, /);
    }
    const { code, errors } = await runHere(['explain', 'manifests/redis']);
    assert.deepEqual([code, /cannot be read: ENOENT/.test(errors)], [2, true]);
  });

  it('says what counts for nothing: another prefix, a namespace with another value, or one that is left alone', async () => {
    const misspelt = annotatedIn('true', 'health.exmaple.com');
    const { out } = await runHere(['explain', '-'], { input: misspelt });
    assert.match(out, /warning {8}health\.exmaple\.com\/pattern counts for nothing: the prefix of health-injector is/);
    assert.match(out, /warning {8}health\.example\.com\/inject of Namespace "shop" is "true" and counts for nothing/);
    const lint = await runHere(['lint', '-'], { input: misspelt });
    assert.match(lint.out, /standard input:4:35: warning: Namespace shop: .* expected enabled or disabled\./);
    assert.match(lint.out, /warning: Pod shop\/a: health\.exmaple\.com\/pattern counts for nothing/);
    const disabled = await runHere(['lint', '-'], { input: annotatedIn('disabled', 'health.example.com') });
    assert.match(
      disabled.out,
      /warning: Pod shop\/a: The namespace is left alone: .* its annotations count for nothing there\./,
    );
  });

  it('says which checks a pattern claims, beside the probes of others', async () => {
    const input = `
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    health.example.com/pattern: port,sidecar,hardware
    health.example.com/check: 'redis://:6379 pressure://memory?max=60'
    health.example.com/readiness: 'off'
spec: { containers: [{ name: redis, image: 'redis:7' }] }
`;
    const { code, out, errors } = await runHere(['explain', '-'], { input });
    assert.deepEqual([code, errors], [0, '']);
    assert.match(out, /checks from {2}health\.example\.com\/check\n/);
    assert.match(out, /liveness {5}sidecar: redis:\/\/:6379, /);
    assert.match(out, /readiness {4}hardware: pressure:\/\/memory\?max=60\n/);
  });

  it('counts what exec probes cost at their period, and repeats the warning of the webhook', async () => {
    const { out } = await runHere(['explain', `${manifests}mistakes.yaml`]);
    const [web, db] = out.split('\n\n');
    assert.match(
      web ?? '',
      /^Pod shop\/web: An annotation is wrong, and no probes were added\.\n  problem        health\.example\.com\/perod: /,
    );
    // 1800 runs an hour, 40 ms each, and two probes.
    assert.match(db ?? '', /liveness     cli: exec:pg_isready, every 2s, exec, about 72 s of node CPU an hour$/m);
    assert.match(db ?? '', /costs          about 144 s of node CPU an hour for every Pod once it has started$/m);
    assert.match(db ?? '', /warning        An exec probe costs the node about 40 ms/);
  });

  const skips = {
    'opted-out': ['The annotation pattern: none opts out.', { annotations: { 'health.example.com/pattern': 'none' } }],
    'own-pod': [
      'It is a Pod of health-injector.',
      { annotations: { 'health.example.com/port': '80' }, labels: { 'app.kubernetes.io/part-of': 'health-injector' } },
    ],
    'excluded-namespace': [
      'The namespace belongs to Kubernetes or to health-injector itself.',
      { namespace: 'kube-system' },
    ],
  } as const;
  it('gives the reason of a skip, as data too', async () => {
    const input = JSON.stringify({
      kind: 'List',
      apiVersion: 'v1',
      items: Object.entries(skips).map(([name, [, metadata]]) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, ...metadata },
        spec: { containers: [{ name: 'app', image: 'app:1' }] },
      })),
    });
    const { out } = await runHere(['explain', '-', '-o', 'json'], { input });
    const said = JSON.parse(out).map(({ name, result, sentence, containers }: any) => [
      name,
      result,
      sentence,
      containers,
    ]);
    assert.deepEqual(
      said,
      Object.entries(skips).map(([name, [sentence]]) => [name, name, sentence, []]),
    );
  });

  it('says by which preset a check was found, and which probe is left alone', async () => {
    const input = `
apiVersion: v1
kind: Pod
metadata: { name: cache, annotations: { health.example.com/pattern: sidecar } }
spec:
  containers:
    - name: cache
      image: docker.io/library/redis:7
      livenessProbe: { exec: { command: [redis-cli, ping] } }
`;
    const { out } = await runHere(['explain', '-f', '-'], { input });
    assert.match(out, /checks from  the preset redis:\/\/:6379 by image redis$/m);
    assert.match(out, /liveness     not added: the container has this probe already$/m);
    assert.match(out, /left alone     cache\/livenessProbe: the container has this probe already$/m);
  });
});
