import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../../src/kube/api-error.ts';
import { type Client, createClient } from '../../../src/kube/client.ts';
import { fromKubeconfig } from '../../../src/kube/config.ts';
import { eventually, kubectl } from './kubectl.ts';

/** A client for the cluster of `$KUBECONFIG`. */
export async function clusterClient(): Promise<Client> {
  const config = await fromKubeconfig({ userAgent: 'health-injector-test' });
  if (config.problem !== undefined) throw new Error(config.problem);
  return createClient(config.transport);
}

/** The apiserver's own counts of calls of our webhooks: all, those that it refused and those that it let pass for a failure. */
export async function webhookCalls(): Promise<{ readonly all: number; readonly failed: number }> {
  const text = await kubectl(['get', '--raw', '/metrics']);
  const sum = (metric: string): number =>
    [
      ...text.matchAll(
        new RegExp(`^${metric}\\{[^}]*name="[a-z]+\\.health-injector\\.example\\.com"[^}]*\\} (\\S+)$`, 'gm'),
      ),
    ]
      .map(([, value]) => Number(value))
      .reduce((total, value) => total + value, 0);
  return {
    all: sum('apiserver_admission_webhook_request_total'),
    failed: sum('apiserver_admission_webhook_fail_open_count') + sum('apiserver_admission_webhook_rejection_count'),
  };
}

/** So many calls wait at once. A machine that bears fewer a second than are asked for gets fewer, and does not drown in those that wait. */
const mostWaiting = 50;

/** Creates annotated Pods by dry-run, at most so many a second, until the call that it returns; that gives what came back. */
export function startLoad(namespace: string, perSecond: number) {
  const client = clusterClient();
  const stop = new AbortController();
  const counts = { created: 0, injected: 0, wrong: [] as string[] };
  const create = async (index: number): Promise<void> => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `load-${index}`,
        annotations: { 'health.example.com/check': 'http://:8081/livez', 'health.example.com/pattern': 'port' },
      },
      spec: { containers: [{ name: 'app', image: 'docker.io/local/web:1' }] },
    };
    try {
      const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
      const body = await (
        await client
      ).create<any>(path, pod, { timeoutMs: 30_000, signal: new AbortController().signal });
      counts.created += 1;
      if (body.spec?.containers?.[0]?.livenessProbe) counts.injected += 1;
    } catch (error) {
      counts.wrong.push(error instanceof ApiError ? `status ${error.status}` : (error as Error).message);
    }
  };
  const ended = (async () => {
    const calls = new Set<Promise<void>>();
    for (let index = 0; !stop.signal.aborted; index += 1) {
      const call = create(index).finally(() => calls.delete(call));
      calls.add(call);
      await sleep(1_000 / perSecond);
      if (calls.size >= mostWaiting) await Promise.race(calls);
    }
    await Promise.all(calls);
  })();
  return {
    counts,
    stop: async () => {
      stop.abort();
      await ended;
      return counts;
    },
  };
}

/** What came of the Pods that were created while something happened, by the clients and by the apiserver's own counts. */
export type Outcome = {
  readonly created: number;
  /** Pods that came back without their probe. */
  readonly missed: number;
  /** What clients got that was no Pod. */
  readonly wrong: readonly string[];
  /** Calls of our webhooks: all, and those that the apiserver counts as failed. */
  readonly calls: number;
  readonly failed: number;
};

/** Does something while a hundred Pods a second are created, at least so many in all: some before it, and some after. */
export async function underLoad(namespace: string, least: number, work: () => Promise<unknown>): Promise<Outcome> {
  const before = await webhookCalls();
  const load = startLoad(namespace, 100);
  try {
    await eventually('the load', 30, async () => load.counts.created > 200);
    await work();
    const { created: so } = load.counts;
    await eventually('more load', 300, async () => load.counts.created > Math.max(least, so + 500));
  } finally {
    await load.stop();
  }
  const { created, injected, wrong } = load.counts;
  const { all, failed } = await webhookCalls();
  return { created, missed: created - injected, wrong, calls: all - before.all, failed: failed - before.failed };
}

/** Holds an outcome to no failed call. */
export function assertNoneFailed({ created, missed, wrong, calls, failed }: Outcome): void {
  assert.deepEqual({ wrong, missed, failed }, { wrong: [], missed: 0, failed: 0 });
  assert(calls >= created, `${calls} calls for ${created} Pods`);
}
