import {
  AdmissionregistrationV1Api,
  ApiException,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  type V1Secret,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { type Issued, isDue, issueAuthority, issueServer } from './issue.ts';

/** Where the certificate is kept and who has to trust it. */
export type Place = {
  readonly namespace: string;
  readonly secret: string;
  readonly service: string;
  readonly configuration: string;
};

const fieldManager = 'health-injector-certificates';

/** Long enough that a webhook which nobody restarts for months goes on working: the pair is only renewed at a start. */
const leafDays = 365;

/** Makes sure that the Secret holds a pair in the first two thirds of its life and that the configuration trusts its CA. */
export async function ensureCertificates(
  place: Place,
  now: Date,
): Promise<{ readonly pair: Issued; readonly news: string }> {
  const config = new KubeConfig();
  config.loadFromCluster();
  const core = config.makeApiClient(CoreV1Api);
  const held = await readSecret(core, place);
  const isFresh = held !== undefined && !isDue(text(held, 'tls.crt'), now);
  const secret = isFresh ? held : await writeSecret(core, place, held, now);
  await trust(config.makeApiClient(AdmissionregistrationV1Api), place, text(secret, 'ca.crt'));
  const pair = { cert: text(secret, 'tls.crt'), key: text(secret, 'tls.key') };
  return { pair, news: isFresh ? 'The certificate of the Secret is used.' : 'A new certificate is in the Secret.' };
}

async function readSecret(core: CoreV1Api, { namespace, secret }: Place): Promise<V1Secret | undefined> {
  try {
    return await core.readNamespacedSecret({ namespace, name: secret });
  } catch (error) {
    if (isCode(error, 404)) return undefined;
    throw error;
  }
}

/** Writes a new pair; where another replica was faster, its pair is the one that counts. */
async function writeSecret(core: CoreV1Api, place: Place, held: V1Secret | undefined, now: Date): Promise<V1Secret> {
  const { namespace, secret: name, service } = place;
  const authority = issueAuthority('health-injector', now);
  const pair = issueServer(
    authority,
    [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`],
    now,
    leafDays,
  );
  // The old CA stays trusted: the other replicas serve its certificates until they are restarted.
  const old = held ? text(held, 'ca.crt') : '';
  const oldNewest = old.split(/(?<=-----END CERTIFICATE-----\r?\n)/).find((part) => part.includes('BEGIN')) ?? '';
  const body: V1Secret = {
    metadata: {
      name,
      namespace,
      ...(held?.metadata?.resourceVersion ? { resourceVersion: held.metadata.resourceVersion } : {}),
    },
    type: 'kubernetes.io/tls',
    stringData: { 'ca.crt': authority.cert + oldNewest, 'tls.crt': pair.cert, 'tls.key': pair.key },
  };
  try {
    if (held) await core.replaceNamespacedSecret({ namespace, name, body });
    else await core.createNamespacedSecret({ namespace, body });
  } catch (error) {
    if (!isCode(error, 409)) throw error;
  }
  return core.readNamespacedSecret({ namespace, name });
}

/** Sets caBundle by server-side apply: the field is ours, and no manifest ever holds it. */
async function trust(api: AdmissionregistrationV1Api, { configuration: name }: Place, ca: string): Promise<void> {
  const { webhooks = [] } = await api.readMutatingWebhookConfiguration({ name });
  const caBundle = Buffer.from(ca).toString('base64');
  if (webhooks.every((webhook) => webhook.clientConfig.caBundle === caBundle)) return;
  const body = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: webhooks.map((webhook) => ({ name: webhook.name, clientConfig: { caBundle } })),
  };
  await api.patchMutatingWebhookConfiguration(
    { name, body, fieldManager, force: true },
    setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
  );
}

const text = (secret: V1Secret, key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();

const isCode = (error: unknown, code: number): boolean => error instanceof ApiException && error.code === code;
