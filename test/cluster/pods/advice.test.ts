import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { type RunningWebhook, startWebhook } from '../../support/webhook.ts';
import { eventually } from '../../support/eventually.ts';
import { type Apiserver, startApiserver } from '../../validity/apiserver.ts';
import { follow, makePolicyResource } from '../../validity/registration.ts';

const root = new URL('../../../', import.meta.url).pathname;

/** The configuration of deploy/, with the webhook under test in the place of the Service. */
function configuration({ connection: { host, port, ca } }: RunningWebhook): object {
  const [document] = parseAllDocuments(readFileSync(`${root}deploy/webhook.yaml`, 'utf8'));
  const { webhooks, ...rest } = document!.toJS() as { webhooks: { clientConfig: { service: { path: string } } }[] };
  const caBundle = Buffer.from(ca).toString('base64');
  return {
    ...rest,
    webhooks: webhooks.map((webhook) =>
      Object.assign(webhook, {
        timeoutSeconds: 10,
        clientConfig: { url: `https://${host}:${port}${webhook.clientConfig.service.path}`, caBundle },
      }),
    ),
  };
}

const namespaces = '/api/v1/namespaces';
const policies = '/apis/health.example.com/v1alpha1/healthpolicies';
const deployments = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;

const deployment = (annotations: object, name = 'web'): object => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' }, annotations },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    },
  },
});

const policy = (inject: object) => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name: 'web' },
  spec: { inject },
});

const namespace = (inject: string) => ({
  metadata: { name: 'new', labels: { 'health.example.com/inject': inject } },
});

describe('what is wrong, on a real apiserver with the manifests of deploy/', () => {
  let apiserver: Apiserver;
  let webhook: RunningWebhook;
  const stop = new AbortController();

  before(async () => {
    apiserver = await startApiserver(process.env['CLUSTER_TOOLS'] ?? `${root}../shared/cluster`);
    webhook = await startWebhook();
    await makePolicyResource(apiserver);
    for (const [name, labels] of Object.entries({ shop: {}, left: { 'health.example.com/inject': 'disabled' } })) {
      await apiserver.must('POST', namespaces, { metadata: { name, labels } });
    }
    await eventually(
      'the policies are served',
      60_000,
      async () => (await apiserver.call('GET', policies)).status === 200,
    );
    await follow(apiserver, webhook.store, stop.signal);
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
    await apiserver.must('POST', path, configuration(webhook));
    await eventually('the webhook is asked', 60_000, async () => {
      const { warnings } = await apiserver.call('POST', `${namespaces}?dryRun=All`, {
        metadata: { name: 'asked', labels: { 'health.example.com/inject': 'true' } },
      });
      return warnings !== '';
    });
  });

  after(async () => {
    stop.abort();
    await apiserver?.stop();
    await webhook?.stop();
  });

  it('is told of a HealthPolicy when its spec changes, and not when its status or its labels do', async () => {
    const created = await apiserver.call(
      'POST',
      policies,
      policy({ pattern: 'sidecar', check: 'redis://:6379?max-lga=1s' }),
    );
    assert.equal(created.status, 201, JSON.stringify(created.body));
    assert.match(created.warnings, /spec\.inject\.check: option is \\"max-lga\\", .*did you mean max-lag\?/);
    assert.match(created.warnings, /The policy has a mistake, and adds no probes\./);
    const labelled = { ...created.body, metadata: { ...created.body.metadata, labels: { team: 'a' } } };
    const replaced = await apiserver.call('PUT', `${policies}/web`, labelled);
    assert.deepEqual([replaced.status, replaced.warnings], [200, '']);
    const status = await apiserver.call('PUT', `${policies}/web/status`, { ...replaced.body, status: { matched: 1 } });
    assert.deepEqual([status.status, status.warnings], [200, '']);
    const mended = { ...status.body, spec: policy({ pattern: 'sidecar', check: 'redis://:6379' }).spec };
    const sound = await apiserver.call('PUT', `${policies}/web`, mended);
    assert.deepEqual([sound.status, sound.warnings], [200, '']);
    const broken = { ...sound.body, spec: policy({ pattern: 'sidecar', check: 'redis://:6379?role=primray' }).spec };
    const again = await apiserver.call('PUT', `${policies}/web`, broken);
    assert.match(
      again.warnings,
      /option role is \\"primray\\", expected one of primary, replica \(did you mean primary\?\)/,
    );
    assert.deepEqual(again.body.spec.inject, { pattern: 'sidecar', check: 'redis://:6379?role=primray' });
    await apiserver.must('DELETE', `${policies}/web`);
  });

  it('is told of a Namespace that has another value for inject than the two that there are', async () => {
    const wrong = await apiserver.call('POST', `${namespaces}?dryRun=All`, namespace('true'));
    assert.match(
      wrong.warnings,
      /inject of Namespace \\"new\\" is \\"true\\" and counts for nothing, expected enabled or disabled\./,
    );
    const right = await apiserver.call('POST', `${namespaces}?dryRun=All`, namespace('enabled'));
    assert.deepEqual([right.status, right.warnings], [201, '']);
  });

  it('is told of annotations with a prefix that is nearly ours, and nothing is added', async () => {
    const object = deployment({ 'health.exmaple.com/pattern': 'sidecar', 'health.exmaple.com/check': 'redis://:6379' });
    const { status, warnings, body } = await apiserver.call('POST', deployments('shop'), object);
    assert.equal(status, 201);
    assert.match(
      warnings,
      /health\.exmaple\.com\/check counts for nothing: the prefix of health-injector is health\.example\.com\/ here\./,
    );
    assert.equal(body.spec.template.spec.initContainers, undefined);
    const others = await apiserver.call(
      'POST',
      deployments('shop'),
      deployment({ 'knit.example/pattern': 'cable' }, 'knit'),
    );
    assert.deepEqual([others.status, others.warnings], [201, '']);
  });

  it('is told of annotations in a namespace that is left alone, and of nothing else there', async () => {
    const object = deployment({ 'health.example.com/pattern': 'port', 'health.example.com/port': '8080' });
    const { status, warnings, body } = await apiserver.call('POST', deployments('left'), object);
    assert.equal(status, 201);
    assert.match(
      warnings,
      /The namespace is left alone: it says inject: disabled\. No probes are added, whatever the annotations say\./,
    );
    assert.equal(body.spec.template.spec.containers[0].livenessProbe, undefined);
    const plain = await apiserver.call('POST', deployments('left'), deployment({}, 'plain'));
    assert.deepEqual([plain.status, plain.warnings], [201, '']);
  });

  it('is asked about nothing that is as it should be', async () => {
    const before = webhook.registry.getSingleMetric('health_injector_reviews_total');
    const count = async (): Promise<number> =>
      (await before!.get()).values.reduce((sum: number, { value }: { value: number }) => sum + value, 0);
    const first = await count();
    await apiserver.must('POST', deployments('shop'), deployment({}, 'silent'));
    await apiserver.must('POST', deployments('left'), deployment({}, 'silent'));
    await apiserver.must('POST', namespaces, { metadata: { name: 'silent' } });
    assert.equal(await count(), first);
  });
});
