import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { configurationsPath } from '../../../src/certificates/ca-bundle.ts';
import { secretsPath } from '../../../src/certificates/secret.ts';
import { type TransportRequest, type TransportResponse, createClient } from '../../../src/kube/client.ts';
import { answer } from '../../kube/support/answer.ts';

export const namespace = 'system';
export const secretPath = `${secretsPath(namespace)}/pair`;
export const configurationPath = `${configurationsPath}/ours`;

/** A call as it comes in. */
export type Received = {
  readonly method: TransportRequest['method'] | 'APPLY';
  readonly path: string;
  readonly sent: any;
};

/** What goes wrong with a call: it never comes, its answer never does, or it is refused with this status. */
export type Fault = (call: Received) => 'call' | 'answer' | number | undefined;

const fine: Fault = () => undefined;

/**
 * An apiserver in memory, of one Secret and one webhook configuration, with the real rules: what is made must not be
 * there, what is written must be of the version that there is, and what is applied is merged by name.
 */
export function startCluster() {
  const objects = new Map<string, any>();
  const watches = new Set<{ readonly path: string; readonly body: PassThrough }>();
  const written: Received[] = [];
  let version = 0;
  let fault: Fault = fine;

  const tell = (path: string, type: string, object: any): void => {
    const { name, resourceVersion } = object.metadata;
    for (const watch of watches) {
      if (path.startsWith(watch.path)) {
        watch.body.write(`${JSON.stringify({ type, object: { metadata: { name, resourceVersion } } })}\n`);
      }
    }
  };
  const put = (path: string, object: any): any => {
    const type = objects.has(path) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
    objects.set(path, stored);
    tell(path, type, stored);
    return stored;
  };

  const list = (path: string): TransportResponse => {
    const items = [...objects].filter(([each]) => each.startsWith(path)).map(([, object]) => object);
    return answer(200, { metadata: { resourceVersion: String(version) }, items });
  };
  const watch = (path: string, from: number, signal: AbortSignal): TransportResponse => {
    const body = new PassThrough();
    const entry = { path, body };
    watches.add(entry);
    signal.addEventListener('abort', () => {
      watches.delete(entry);
      body.destroy();
    });
    // What happened between the list and the watch.
    for (const [each, object] of objects) {
      if (each.startsWith(path) && Number(object.metadata.resourceVersion) > from) tell(each, 'MODIFIED', object);
    }
    return { status: 200, headers: {}, body };
  };

  const write = ({ method, path, sent }: Received): TransportResponse => {
    const at = method === 'POST' ? `${path}/${sent.metadata.name}` : path;
    const held = objects.get(at);
    if (method === 'POST') return held ? answer(409, { message: 'already exists' }) : answer(201, put(at, sent));
    if (!held) return answer(404, { message: 'not found' });
    if (sent.metadata.resourceVersion !== held.metadata.resourceVersion) {
      return answer(409, { message: 'the object has been modified' });
    }
    if (method === 'PUT') return answer(200, put(at, sent));
    const applied = new Map(sent.webhooks.map((each: any) => [each.name, each.clientConfig.caBundle]));
    const webhooks = held.webhooks.map((each: any) => ({
      ...each,
      clientConfig: { ...each.clientConfig, caBundle: applied.get(each.name) ?? each.clientConfig.caBundle },
    }));
    return answer(200, put(at, { ...held, webhooks }));
  };

  const take = async (call: Received, signal: AbortSignal): Promise<TransportResponse> => {
    const wrong = fault(call);
    await sleep(Math.random() * 3);
    if (wrong === 'call') return never(signal);
    if (typeof wrong === 'number') return answer(wrong, { message: 'so it is' });
    const url = new URL(call.path, 'https://apiserver');
    const path = url.pathname;
    let reply: TransportResponse;
    if (call.method !== 'GET') {
      written.push(call);
      reply = write({ ...call, path });
    } else if (!url.searchParams.has('fieldSelector')) {
      reply = objects.has(path) ? answer(200, objects.get(path)) : answer(404, { message: 'not found' });
    } else if (url.searchParams.get('watch')) {
      reply = watch(path, Number(url.searchParams.get('resourceVersion')), signal);
    } else reply = list(path);
    if (wrong === 'answer') return never(signal);
    await sleep(Math.random() * 3);
    return reply;
  };

  const client = createClient(({ method, path, contentType, body, signal }) => {
    const isApply = contentType === 'application/apply-patch+yaml';
    return take({ method: isApply ? 'APPLY' : method, path, sent: structuredClone(body) }, signal);
  });
  return {
    client,
    written,
    fail: (next: Fault): Fault => (fault = next),
    get: (path: string): any => objects.get(path),
    put,
    delete(path: string): void {
      const held = objects.get(path);
      objects.delete(path);
      tell(path, 'DELETED', { ...held, metadata: { ...held.metadata, resourceVersion: String(++version) } });
    },
    /** The texts of the Secret. */
    secret: (): Record<string, string> =>
      Object.fromEntries(
        Object.entries<string>(objects.get(secretPath)?.data ?? {}).map(([key, text]) => [
          key,
          Buffer.from(text, 'base64').toString(),
        ]),
      ),
    writeSecret: (content: Readonly<Record<string, string>>, rest: object = {}): any =>
      put(secretPath, {
        metadata: { name: 'pair', namespace, ...rest },
        type: 'kubernetes.io/tls',
        data: Object.fromEntries(
          Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
        ),
      }),
    /** The caBundle of every webhook. */
    bundles: (): string[] =>
      (objects.get(configurationPath)?.webhooks ?? []).map(({ clientConfig }: any) =>
        Buffer.from(clientConfig.caBundle ?? '', 'base64').toString(),
      ),
    writeBundle: (text: string): any => put(configurationPath, configurationOf(text)),
  };
}

export type Cluster = ReturnType<typeof startCluster>;

const configurationOf = (text: string): object => ({
  metadata: { name: 'ours' },
  webhooks: ['pods.example.com', 'workloads.example.com'].map((name) => ({
    name,
    failurePolicy: 'Ignore',
    clientConfig: { service: { name: 'webhook' }, ...(text && { caBundle: Buffer.from(text).toString('base64') }) },
  })),
});

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
