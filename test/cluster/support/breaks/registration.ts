import { issueAuthority, issueServingCertificate } from '../../../../src/certificates/pki.ts';
import { eventually, get, kubectl } from '../kubectl.ts';
import { pidOf } from '../pid-of.ts';
import { type RealBreak, type RealBreaks, changed, created, deleted, ownPods, scale, system } from './break.ts';

const configuration = ['mutatingwebhookconfiguration', system];
const entries = (finds: RealBreak['finds'], edit: (webhooks: any[]) => void): RealBreak =>
  changed(finds, configuration, ({ webhooks }) => edit(webhooks));

const never = [{ name: 'never', expression: 'false' }];

/** A webhook of somebody else's, which is asked about the Pods of no namespace that there is. */
const otherWebhook = (more: object): object => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'another-webhook' },
  webhooks: [
    {
      name: 'another.example.com',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      failurePolicy: 'Fail',
      timeoutSeconds: 20,
      reinvocationPolicy: 'Never',
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'nowhere' } },
      clientConfig: { service: { namespace: 'default', name: 'nothing' } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
      ...more,
    },
  ],
});

const bundle = (...pems: readonly string[]): string => Buffer.from(pems.join('')).toString('base64');

/** How the webhook is registered, reached and trusted. */
export function registrationBreaks(): RealBreaks {
  let stopped = '';
  const secret = ['secret', 'health-injector-certificate', '-n', system];
  const [day, now] = [86_400_000, Date.now()];
  const authority = issueAuthority('own', new Date(now));
  const old = issueAuthority('old', new Date(now - 400 * day));
  return {
    'the configuration is deleted': deleted({ 'webhook-registered': 'failed' }, configuration),
    'another installation is registered': {
      finds: { 'webhook-once': 'failed' },
      async make() {
        const { webhooks } = await get(configuration);
        const second = { ...(otherWebhook({}) as any), metadata: { name: 'second' }, webhooks: [webhooks[0]] };
        second.webhooks[0].namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'nowhere' } };
        await kubectl(['create', '-f', '-'], JSON.stringify(second));
      },
      mend: () => kubectl(['delete', 'mutatingwebhookconfiguration', 'second']),
    },
    'an entry is removed': entries({ 'webhook-entries': 'failed' }, (webhooks) => webhooks.splice(1, 1)),
    'a rule asks about another operation': entries({ 'webhook-rules': 'failed' }, ([pods]) => {
      pods.rules[0].operations = ['UPDATE'];
    }),
    'an expression has another prefix': entries({ 'webhook-prefix': 'failed' }, ([, workloads]) => {
      workloads.matchConditions[0].expression =
        'object.metadata.?annotations.orValue({}).exists(key, key.startsWith("health.acme.io/"))';
    }),
    'an entry has an objectSelector': entries({ 'webhook-selectors': 'warning' }, ([, workloads]) => {
      workloads.objectSelector = { matchLabels: { team: 'red' } };
    }),
    'no namespace is selected': entries({ 'webhook-selectors': 'failed' }, ([, workloads]) => {
      workloads.namespaceSelector = { matchLabels: { nowhere: 'yes' } };
    }),
    'all namespaces are selected': entries({ 'webhook-own-namespace': 'warning' }, ([pods]) => {
      pods.namespaceSelector = {};
    }),
    'a Pod waits for the webhook in every way': entries(
      { 'webhook-failure-policy': 'warning', 'webhook-timeout': 'warning', 'webhook-reinvocation': 'warning' },
      ([, workloads]) =>
        Object.assign(workloads, { failurePolicy: 'Fail', timeoutSeconds: 9, reinvocationPolicy: 'Never' }),
    ),
    'the webhook is never asked': entries(
      { 'webhook-injects-pod': 'failed', 'webhook-copies-annotations': 'failed' },
      (webhooks) => webhooks.forEach((entry) => (entry.matchConditions = never)),
    ),
    'the Service is deleted': deleted({ 'webhook-service': 'failed' }, ['service', system, '-n', system]),
    'the Service selects nothing': changed(
      { 'webhook-endpoints': 'failed' },
      ['service', system, '-n', system],
      ({ spec }) => {
        spec.selector = { app: 'nothing' };
      },
    ),
    'a replica hangs': {
      finds: { 'webhook-ready': 'failed', 'certificate-presented': 'warning' },
      async make() {
        const [pod] = await ownPods('webhook');
        stopped = pod.metadata.name;
        process.kill(pidOf(pod.metadata.uid, 'webhook.js'), 'SIGSTOP');
      },
      async mend() {
        await kubectl(['delete', 'pod', stopped, '-n', system, '--now']);
        await kubectl(['rollout', 'status', '-n', system, `deployment/${system}`, '--timeout=120s']);
      },
    },
    'the webhook is away, and so is what it writes': {
      finds: {
        'ca-bundle': 'failed',
        'certificate-secret': 'failed',
        'webhook-replicas': 'failed',
      },
      async make() {
        await scale(system, 0);
        await change((webhooks) => delete webhooks[1].clientConfig.caBundle);
        await kubectl(['delete', ...secret]);
      },
    },
    // Still away: what it would correct at once stays as it is.
    'a CA that has run out is trusted, and one entry trusts another': {
      finds: { 'ca-valid': 'failed', 'ca-same': 'warning' },
      make: () =>
        change((webhooks) => {
          webhooks[0].clientConfig.caBundle = bundle(authority.cert, old.cert);
          webhooks[1].clientConfig.caBundle = bundle(old.cert);
        }),
      mend: () => scale(system, 2),
    },
    'the certificate is for another name, and ends tomorrow': {
      finds: { 'certificate-names': 'failed', 'certificate-validity': 'warning' },
      make: () => writeSecret(secret, authority, authority.cert),
      mend: () => kubectl(['delete', ...secret, '--ignore-not-found']),
    },
    'another CA is trusted than the one that signed': {
      finds: { 'certificate-signed': 'failed' },
      // Not the one of the break before: a CA that was trusted stays trusted for a while.
      make: () => writeSecret(secret, issueAuthority('stranger', new Date(now)), authority.cert),
      mend: () => kubectl(['delete', ...secret, '--ignore-not-found']),
    },
    'another webhook is away, asked before ours, slow and strict': created(
      { 'others-reached': 'failed', 'others-order': 'warning', 'others-timeout': 'warning' },
      otherWebhook({}),
    ),
    'another webhook is asked about our Pods': created(
      { 'others-own-pods': 'warning' },
      otherWebhook({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': system } } }),
    ),
  };
}

async function change(edit: (webhooks: any[]) => unknown): Promise<void> {
  const object = await get(configuration);
  edit(object.webhooks);
  delete object.metadata.resourceVersion;
  await kubectl(['replace', '-f', '-'], JSON.stringify(object));
}

/** Writes the Secret as cert-manager does: the webhook then reads it, and never writes it. */
async function writeSecret(place: readonly string[], by: ReturnType<typeof issueAuthority>, ca: string): Promise<void> {
  const pair = issueServingCertificate(by, ['other.svc'], { now: new Date(), days: 1 });
  // The webhook writes it anew after the break before.
  const object = await eventually('the certificate', 60, () => get(place));
  object.metadata.annotations = { 'cert-manager.io/certificate-name': 'own' };
  object.data = { 'ca.crt': bundle(ca), 'tls.crt': bundle(pair.cert), 'tls.key': bundle(pair.key) };
  delete object.metadata.resourceVersion;
  await kubectl(['replace', '-f', '-'], JSON.stringify(object));
}
