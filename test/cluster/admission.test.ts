import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { deployment } from './support/deployment.ts';
import { startOtherInjector } from './support/other-injector.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { isReady, podsOf } from './support/pods.ts';

const namespace = 'test-restricted';
const system = 'health-injector';

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 65532,
  seccompProfile: { type: 'RuntimeDefault' },
};
const web = {
  image: 'docker.io/local/web:1',
  securityContext: restricted,
};

describe('admission, through the real apiserver', () => {
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'restricted' });

  it('a namespace with Pod Security restricted admits the injected Pods, and a Deployment of them rolls out', async () => {
    await apply(
      namespace,
      deployment('by-sidecar', {
        annotations: { pattern: 'sidecar', check: 'http://:8081/livez' },
        container: web,
        replicas: 2,
      }),
      deployment('by-cli', { annotations: { pattern: 'cli', check: 'http://:8081/livez' }, container: web }),
    );
    for (const name of ['by-sidecar', 'by-cli']) {
      await kubectl(['rollout', 'status', '-n', namespace, `deployment/${name}`, '--timeout=120s']);
    }
    await kubectl(['rollout', 'restart', '-n', namespace, 'deployment/by-sidecar']);
    await kubectl(['rollout', 'status', '-n', namespace, 'deployment/by-sidecar', '--timeout=120s']);
    const pods = await podsOf(namespace, 'by-sidecar');
    assert(pods.every((pod) => isReady(pod) && pod.spec.initContainers[0].name === 'health-probe'));
  });

  it('a dry-run shows the injected Pod and leaves nothing behind', async () => {
    const shown = JSON.parse(
      await kubectl(['create', '-n', namespace, '--dry-run=server', '-o', 'json', '-f', '-'], podText('dry')),
    );
    assert.equal(shown.spec.initContainers[0].name, 'health-probe');
    await assert.rejects(get(['pod', 'dry', '-n', namespace]), /NotFound/);
  });

  it('a mistake admits the Pod unchanged, and kubectl shows the sentence', async () => {
    const pod = await dryRun('wrong', 'htp://:8081');
    assert.equal(pod.spec.containers[0].livenessProbe, undefined);
    assert.match(
      pod.metadata.annotations['health.example.com/problems'],
      /scheme is "htp", expected a scheme listed in .* \(did you mean http\?\)/,
    );
  });

  it('another injector before ours and one after it leave all results whole', async () => {
    const others = ['a-before', 'z-after'];
    const stop: (() => Promise<void>)[] = [];
    try {
      for (const name of others) stop.push(await startOtherInjector(name, namespace));
      await eventually('both injectors are in force', 30, async () => {
        const pod = await dryRun('both');
        const names = pod.spec.initContainers.map((container: { name: string }) => container.name);
        if (names.length < 3) return false;
        assert.deepEqual(names, ['z-after', 'a-before', 'health-probe']);
        const [{ env, livenessProbe, readinessProbe, startupProbe }] = pod.spec.containers;
        assert.deepEqual(
          env.map(({ name }: { name: string }) => name),
          ['SEEN_BY_A_BEFORE', 'SEEN_BY_Z_AFTER'],
        );
        const paths = [livenessProbe, readinessProbe, startupProbe].map((probe) => probe.httpGet.path);
        assert.deepEqual(paths, ['/livez/web', '/readyz/web', '/startupz/web']);
        return true;
      });
    } finally {
      for (const call of stop) await call();
    }
  });

  it('being called by three configurations injects once', async () => {
    const { webhooks } = await get(['mutatingwebhookconfiguration', system]);
    for (const name of ['a-second', 'z-second']) {
      const copy = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name },
        webhooks: [{ ...webhooks[0], name: `${name}.example.com` }],
      };
      await kubectl(['apply', '-f', '-'], stringify(copy));
    }
    try {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const pod = JSON.parse(
        await kubectl(['create', '-n', namespace, '--dry-run=server', '-o', 'json', '-f', '-'], podText('thrice')),
      );
      assert.deepEqual(
        pod.spec.initContainers.map((container: { name: string }) => container.name),
        ['health-probe'],
      );
    } finally {
      await kubectl(['delete', 'mutatingwebhookconfiguration', 'a-second', 'z-second']);
    }
  });

  it("deleting the webhook's Pods does not stop Pods from being created", async () => {
    await kubectl(['scale', '-n', system, 'deployment/health-injector', '--replicas=0']);
    await eventually('the webhook is gone', 60, async () => {
      const { items } = await get(['pods', '-n', system, '-l', 'app.kubernetes.io/component=webhook']);
      return items.length === 0;
    });
    try {
      await kubectl(['create', '-n', namespace, '-f', '-'], podText('naked'));
      const pod = await get(['pod', 'naked', '-n', namespace]);
      assert.equal(pod.spec.initContainers, undefined);
    } finally {
      await kubectl(['scale', '-n', system, 'deployment/health-injector', '--replicas=2']);
      await kubectl(['rollout', 'status', '-n', system, 'deployment/health-injector', '--timeout=120s']);
    }
  });
});

/** The Pod as the apiserver would store it. */
const dryRun = async (name: string, check?: string) =>
  JSON.parse(
    await kubectl(['create', '-n', namespace, '--dry-run=server', '-o', 'json', '-f', '-'], podText(name, check)),
  );

const podText = (name: string, check = 'http://:8081/livez'): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations: { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': check } },
    spec: { containers: [{ name: 'web', imagePullPolicy: 'IfNotPresent', ...web }] },
  });
