import { type ChildProcess, spawn } from 'node:child_process';
import { get } from './kubectl.ts';
import { metricsOf } from './metrics-of.ts';

const system = 'health-injector';

/** What health-injector's own Pods wrote and told in a run, by the container that it is from. */
export type Followed = { readonly logs: Map<string, string>; readonly metrics: Map<string, string> };

const logs = new Map<string, string>();
const metrics = new Map<string, string>();
const following = new Map<string, ChildProcess>();
const over = new AbortController();
let turns: Promise<void> | undefined;

/**
 * Reads the logs of health-injector's own Pods while they are written, and their metrics twice a minute: tests roll,
 * delete and kill these Pods, and what they had said is gone with them.
 */
export function followOurs(): void {
  turns = (async () => {
    for (let turn = 0; !over.signal.aborted; turn += 1) {
      // An apiserver that is busy is asked again.
      await look(turn % 15 === 0).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  })();
}

/** Ends it, and returns all that was read. */
export async function endFollowing(): Promise<Followed> {
  over.abort();
  await turns;
  for (const child of following.values()) child.kill();
  return { logs, metrics };
}

async function look(withMetrics: boolean): Promise<void> {
  for (const pod of (await get(['pods', '-n', system])).items) {
    const { metadata, spec, status } = pod;
    for (const { name, restartCount, started } of status.containerStatuses ?? []) {
      const where = `${system}/${metadata.name}/${name}, start ${restartCount}`;
      if (!started || following.has(where)) continue;
      const child = spawn('kubectl', ['logs', '-f', '-n', system, metadata.name, '-c', name, '--tail=-1']);
      child.stdout.on('data', (chunk: Buffer) => logs.set(where, (logs.get(where) ?? '') + chunk.toString()));
      following.set(where, child);
    }
    if (!withMetrics) continue;
    for (const container of spec.containers) {
      const text = await metricsOf(pod, container);
      if (text !== '') metrics.set(`${system}/${metadata.name}/${container.name}`, text);
    }
  }
}
