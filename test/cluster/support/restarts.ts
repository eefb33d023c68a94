import { setTimeout as sleep } from 'node:timers/promises';
import { podsOf, stateOf } from './pods.ts';

type App = { readonly where: string; readonly app: string };

/** What a watch has seen of one application: how many Pods were restarted, and the most restarts in any ten minutes. */
type Restarts = { readonly pods: number; readonly restarts: number; readonly mostInTenMinutes: number };

/** A container keeps only when it ended last: a Pod that is looked at this often shows each of its restarts. */
const lookMs = 5_000;

const windowMs = 10 * 60_000;

/** Watches the Pods of Deployments, whose container has their name, while `act` runs, and says what was seen of each. */
export async function restartsWhile(apps: readonly App[], act: () => Promise<void>): Promise<readonly Restarts[]> {
  const stopping = new AbortController();
  /** When the container of a Pod ended, by the uid of the Pod, for each application. */
  const seen = apps.map(() => new Map<string, Set<number>>());
  const look = async ({ where, app }: App, ended: Map<string, Set<number>>): Promise<void> => {
    for (const pod of await podsOf(where, app)) {
      if (stateOf(pod, app).restartCount === 0) continue;
      const times = ended.get(pod.metadata.uid) ?? new Set<number>();
      for (const { name, lastState, state } of pod.status.containerStatuses) {
        const { finishedAt } = state.terminated ?? lastState?.terminated ?? {};
        if (name === app && finishedAt) times.add(Date.parse(finishedAt));
      }
      ended.set(pod.metadata.uid, times);
    }
  };
  const lookAtAll = async (): Promise<void> => {
    for (const [index, each] of apps.entries()) await look(each, seen[index] ?? new Map());
  };
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await lookAtAll();
      await sleep(lookMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  await Promise.all([watch(), act().finally(() => stopping.abort())]);
  await lookAtAll();
  return seen.map((ended) => {
    const times = Array.from(ended.values(), (each) => Array.from(each)).flat();
    const within = times.map((from) => times.filter((time) => time >= from && time - from < windowMs).length);
    return { pods: ended.size, restarts: times.length, mostInTenMinutes: Math.max(0, ...within) };
  });
}
