import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { fromKubeconfig } from '../../src/kube/config.ts';
import { createSemaphore } from '../../src/kube/flow-control.ts';

const config = new KubeConfig();
config.loadFromDefault();
const loaded = await fromKubeconfig({ userAgent: 'health-injector-bench' });
if (loaded.problem !== undefined) throw new Error(loaded.problem);
const { transport } = loaded;
const { signal } = new AbortController();

/** Where the apiserver is, and the CA of its certificate. */
export function clusterOf(): { readonly host: string; readonly port: string; readonly ca: string } {
  const { server, caData, caFile } = config.getCurrentCluster() ?? {};
  const { hostname, port } = new URL(server ?? '');
  const ca = caData ? Buffer.from(caData, 'base64').toString() : readFileSync(caFile ?? '', 'utf8');
  return { host: hostname, port: port || '443', ca };
}

type Verb = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A whole answer, whatever its status; the body is its JSON, or its text where it is none. */
async function exchange(method: 'GET' | Verb, path: string, sent?: object) {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const sending = sent === undefined ? {} : { contentType, body: sent };
  const { status, body } = await transport({ method, path, accept: 'application/json', signal, ...sending });
  const answer = await readText(body);
  try {
    return { status, body: JSON.parse(answer) as unknown };
  } catch {
    return { status, body: answer as unknown };
  }
}

/** What the apiserver answers, whatever the status. */
export const get = async (path: string): Promise<unknown> => (await exchange('GET', path)).body;

const sendAtMost = (count: number) => {
  const limit = createSemaphore(count);
  return (method: Verb, path: string, body: object): Promise<unknown> =>
    limit(async () => {
      const answer = await exchange(method, path, body);
      const isFine = answer.status < 300 || (answer.status === 404 && method === 'DELETE');
      if (!isFine) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    });
};

/** Writes to the apiserver, 64 objects at once; only what is deleted may be gone already. */
export const send = sendAtMost(64);

/** The same for leases: behind thousands of Pods they would be late, and their nodes taken for dead. */
export const renew = sendAtMost(16);

/** The objects of a collection. */
export const itemsOf = async <T>(path: string): Promise<T[]> => ((await get(path)) as { items: T[] }).items;

/** The sum of the samples of a metric whose lines have all these words. */
export const total = (text: string, ...words: string[]): number =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#') && words.every((word) => line.includes(word)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

/** What the apiserver itself counted about evictions, and its CPU time. */
export async function apiserverCounts() {
  const metrics = String(await get('/metrics'));
  const eviction = 'subresource="eviction"';
  return {
    accepted: total(metrics, 'apiserver_request_total{', 'code="201"', eviction),
    all: total(metrics, 'apiserver_request_total{', eviction),
    seconds: total(metrics, 'apiserver_request_duration_seconds_sum{', eviction),
    cpuSeconds: total(metrics, 'process_cpu_seconds_total '),
  };
}
