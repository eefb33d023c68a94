import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { createSemaphore } from '../../src/kube/flow-control.ts';
import type { Sending } from '../../src/kube/connection.ts';
import { kubeconfigConnection } from '../../src/kube/kubeconfig-connection.ts';
import { readAnswer } from '../../src/kube/read-answer.ts';

const config = new KubeConfig();
config.loadFromDefault();
const connection = kubeconfigConnection(config);
if (typeof connection === 'string') throw new Error(connection);
const { signal } = new AbortController();

/** Where the apiserver is, and the CA of its certificate. */
export function clusterOf(): { readonly host: string; readonly port: string; readonly ca: string } {
  const { server, caData, caFile } = config.getCurrentCluster() ?? {};
  const { hostname, port } = new URL(server ?? '');
  const ca = caData ? Buffer.from(caData, 'base64').toString() : readFileSync(caFile ?? '', 'utf8');
  return { host: hostname, port: port || '443', ca };
}

/** What the apiserver answers, whatever the status. */
export const get = async (path: string): Promise<unknown> =>
  (await readAnswer(await connection.get(path, { signal }), 256 * 1024 * 1024)).body;

const sendAtMost = (count: number) => {
  const limit = createSemaphore(count);
  return (method: Sending, path: string, body: object): Promise<unknown> =>
    limit(async () => {
      const answer = await readAnswer(await connection.send(method, path, body, { signal }), 8 * 1024 * 1024);
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
  const text = String(await get('/metrics'));
  const eviction = 'subresource="eviction"';
  return {
    accepted: total(text, 'apiserver_request_total{', 'code="201"', eviction),
    all: total(text, 'apiserver_request_total{', eviction),
    seconds: total(text, 'apiserver_request_duration_seconds_sum{', eviction),
    cpuSeconds: total(text, 'process_cpu_seconds_total '),
  };
}
