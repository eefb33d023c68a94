import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { type RunningWebhook, startWebhook, testContext } from '../../support/webhook.ts';
import { type Apiserver, startApiserver } from '../../validity/apiserver.ts';
import { follow, makePolicyResource, registerWebhook } from '../../validity/registration.ts';

const root = new URL('../../../', import.meta.url).pathname;

/** Every request to change something, without what it carries. */
const auditPolicy = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', verbs: ['create'], resources: [{ group: '', resources: ['pods'] }] }, { level: 'None' }],
});

const secret = 'correct-horse';

const pod = (name: string, annotations: object): object => ({
  metadata: { name, annotations },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'redis', image: 'redis:8' }] },
});

type Entry = {
  readonly objectRef: { readonly name?: string };
  readonly annotations?: Readonly<Record<string, string>>;
};

describe('the audit log of a real apiserver', () => {
  let apiserver: Apiserver;
  let webhook: RunningWebhook;
  const stop = new AbortController();

  before(async () => {
    apiserver = await startApiserver(process.env['CLUSTER_TOOLS'] ?? `${root}../shared/cluster`, {
      'audit-policy-file': auditPolicy,
      'audit-log-path': '',
    });
    webhook = await startWebhook();
    await makePolicyResource(apiserver);
    await apiserver.must('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
    await apiserver.must('POST', '/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'default' } });
    const policies = '/apis/health.example.com/v1alpha1/healthpolicies';
    await eventually(
      'the policies are served',
      60_000,
      async () => (await apiserver.call('GET', policies)).status === 200,
    );
    await apiserver.must('POST', policies, {
      apiVersion: 'health.example.com/v1alpha1',
      kind: 'HealthPolicy',
      metadata: { name: 'caches' },
      spec: { podSelector: { matchLabels: { tier: 'cache' } }, inject: { pattern: 'sidecar' } },
    });
    await follow(apiserver, webhook.store, stop.signal);
    await registerWebhook(apiserver, { name: 'pods', connection: webhook.connection, namespaceSelector: {} });
    await eventually('the webhook is asked', 60_000, async () => {
      const asked = pod('asked', { 'health.example.com/pattern': 'none' });
      await apiserver.call('POST', '/api/v1/namespaces/shop/pods?dryRun=All', asked);
      return entries().some(
        ({ annotations }) => annotations?.['pods.health-injector.example.com/reason'] !== undefined,
      );
    });
  });

  after(async () => {
    stop.abort();
    await apiserver?.stop();
    await webhook?.stop();
  });

  const entries = (): Entry[] =>
    readFileSync(join(apiserver.directory, 'audit-log-path'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  /** What the webhook says of a Pod in the log. */
  const auditOf = async (name: string): Promise<Record<string, string>> => {
    await eventually(`the entry of ${name}`, 30_000, async () =>
      entries().some((entry) => entry.objectRef.name === name),
    );
    const { annotations = {} } = entries().find((entry) => entry.objectRef.name === name) ?? {};
    const start = 'pods.health-injector.example.com/';
    const own = Object.entries(annotations).filter(([key]) => key.startsWith(start));
    return Object.fromEntries(own.map(([key, value]) => [key.slice(start.length), value]));
  };

  it('says what was decided on a Pod, by which policy and by which version, and no value of a user', async () => {
    const { version } = testContext;
    const create = (object: object): Promise<unknown> => apiserver.must('POST', '/api/v1/namespaces/shop/pods', object);
    await create(pod('asks', { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'redis://:6379' }));
    assert.deepEqual(await auditOf('asks'), { reason: 'injected', version });
    const selected = pod('selected', {}) as { metadata: object };
    await create({ ...selected, metadata: { name: 'selected', labels: { tier: 'cache' } } });
    assert.deepEqual(await auditOf('selected'), { reason: 'injected', policy: 'HealthPolicy caches', version });
    await create(
      pod('wrong', { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': `redis://:${secret}` }),
    );
    assert.deepEqual(await auditOf('wrong'), { reason: 'invalid-annotations', version });
    await create(pod('plain', {}));
    assert.deepEqual(await auditOf('plain'), {});
    const text = readFileSync(join(apiserver.directory, 'audit-log-path'), 'utf8');
    assert(!text.includes(secret), 'the audit log has what a user wrote');
  });
});
