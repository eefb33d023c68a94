import { type Server, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Operation } from 'fast-json-patch';
import type { Logger } from 'pino';
import { issueAuthority, issueServingCertificate } from '../../src/certificates/pki.ts';
import { parseCheck } from '../../src/check/parse.ts';
import type { MutateContext } from '../../src/webhook/mutate-context.ts';
import { createStore } from '../../src/policy/store.ts';
import { createLogger } from '../../src/config/log.ts';
import type { ReviewResponse } from '../../src/webhook/admission.ts';
import { type WebhookServerOptions, createWebhookServer } from '../../src/webhook/server.ts';
import { searchForSecrets } from './secrets.ts';

/** The settings under which every golden pair was made. */
export const testContext: MutateContext = {
  prefix: 'health.example.com/',
  parseCheck,
  agentImage: 'registry.example/health-probe:test',
  leaveUid: false,
  kubernetes: { minor: undefined, gates: new Map() },
  allowImage: false,
  allowed: {
    hostPaths: ['/sys', '/proc', '/var/lib/fake'],
    devices: ['/dev/nvme0', '/dev/sda', '/dev/infiniband'],
    deviceResources: ['nvidia.com/gpu'],
    resourceClaims: ['gpu'],
  },
  holds: { maxPauseMs: 3_600_000, restartBudgetPercent: 25 },
  version: '0.0.0',
  excludedNamespaces: new Set(['kube-system', 'kube-node-lease']),
  strict: false,
};

const authority = issueAuthority('test', new Date());
/** The certificate of every webhook under test. */
export const serverPair = issueServingCertificate(authority, ['localhost', '127.0.0.1'], { now: new Date(), days: 1 });

export type Reply = {
  readonly code: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
};

export type RunningWebhook = Awaited<ReturnType<typeof startWebhook>>;

/** The real HTTPS server on a free port of loopback; `prepare` may still change it before it listens. */
export async function startWebhook(
  context: Partial<MutateContext> = {},
  prepare?: (server: Server) => void,
  options: Pick<WebhookServerOptions, 'clients' | 'limits'> & {
    readonly log?: Logger;
    readonly hasCertificate?: boolean;
  } = {},
) {
  const store = createStore(testContext.prefix);
  const log =
    options.log ?? createLogger('debug', { write: (line) => searchForSecrets('the log of the webhook', line) });
  const { hasCertificate = true, ...others } = options;
  const certificate = hasCertificate ? serverPair : undefined;
  const webhook = createWebhookServer({ ...others, context: { ...testContext, ...context }, store, log, certificate });
  prepare?.(webhook.server);
  await new Promise<void>((resolve) => void webhook.server.listen(0, '127.0.0.1', resolve));
  const { port } = webhook.server.address() as AddressInfo;
  const connection = { host: '127.0.0.1', port, ca: authority.cert };

  const send = (
    method: string,
    path: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const call = httpsRequest({ ...connection, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            code: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            headers: response.headers,
          }),
        );
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end(body);
    });

  const review = async (object: unknown, request: Readonly<Record<string, unknown>> = {}): Promise<ReviewResponse> => {
    const reply = await send('POST', '/mutate', JSON.stringify(reviewOf(object, request)), {
      'content-type': 'application/json',
    });
    if (reply.code !== 200) throw new Error(`HTTP ${reply.code}: ${reply.body}`);
    return JSON.parse(reply.body).response;
  };

  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      webhook.server.close(() => resolve());
      webhook.server.closeAllConnections();
    });
  return { ...webhook, store, connection, send, review, stop };
}

/** Wraps an object in an AdmissionReview as the apiserver sends it for a Pod that is being created. */
export const reviewOf = (object: unknown, request: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    requestKind: { group: '', version: 'v1', kind: 'Pod' },
    requestResource: { group: '', version: 'v1', resource: 'pods' },
    namespace: 'shop',
    operation: 'CREATE',
    userInfo: {
      username: 'system:serviceaccount:kube-system:replicaset-controller',
      groups: ['system:serviceaccounts'],
    },
    object,
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    ...request,
  },
});

/** The JSON Patch of a response; empty where there is none. */
export const patchOf = (response: ReviewResponse): Operation[] =>
  response.patch === undefined ? [] : JSON.parse(Buffer.from(response.patch, 'base64').toString());
