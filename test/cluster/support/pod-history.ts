import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a watch has seen of one Pod; times are those at which this process saw it. */
type SeenPod = {
  readonly uid: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly seenMs: number;
  node: string;
  wasReady: boolean;
  /** Not ready after it was ready. */
  failedMs?: number;
  /** The apiserver has accepted its eviction. */
  evictedMs?: number;
};

export type PodHistory = { readonly pods: () => readonly SeenPod[]; readonly end: () => void };

/** Follows all Pods of a namespace, also those that are there for a moment only. */
export function followPods(namespace: string): PodHistory {
  const seen = new Map<string, SeenPod>();
  const child = spawn('kubectl', ['get', 'pods', '-n', namespace, '--watch', '-o', 'json']);
  let lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line !== '}') return;
    record(seen, JSON.parse(lines.join('\n')));
    lines = [];
  });
  return { pods: () => [...seen.values()], end: () => void child.kill() };
}

function record(seen: Map<string, SeenPod>, { metadata, spec, status }: any): void {
  const nowMs = Date.now();
  const { uid, name, labels = {} } = metadata;
  const pod: SeenPod = seen.get(uid) ?? { uid, name, labels, seenMs: nowMs, node: '', wasReady: false };
  seen.set(uid, pod);
  pod.node = spec.nodeName ?? '';
  const has = (type: string, is: string): boolean =>
    (status.conditions ?? []).some((condition: any) => condition.type === type && condition.status === is);
  if (has('Ready', 'True')) pod.wasReady = true;
  else if (pod.wasReady) pod.failedMs ??= nowMs;
  const isEvicted = (status.conditions ?? []).some(({ reason }: any) => reason === 'EvictionByEvictionAPI');
  if (isEvicted) pod.evictedMs ??= nowMs;
}

const first = (times: readonly (number | undefined)[]): number => Math.min(...times.map((ms) => ms ?? Infinity));

/** The time from the first Pod that was not ready to the first eviction. */
export const moveMs = (pods: readonly SeenPod[]): number =>
  first(pods.map(({ evictedMs }) => evictedMs)) - first(pods.map(({ failedMs }) => failedMs));
