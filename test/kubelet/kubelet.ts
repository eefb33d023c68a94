import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buildGo } from '../agent/support/go.ts';
import { timeoutMs } from './row.ts';

/** What the kubelet's prober made of a server. */
export type KubeletVerdict = {
  readonly result: 'success' | 'warning' | 'failure' | 'unknown';
  /** As in the Event. */
  readonly output: string;
  /** Where there is one the kubelet throws the result away, and what it had found before stays. */
  readonly error: string;
};

/** The kubelet's own probers, in a program that is built once on a machine. */
export type Kubelet = {
  readonly probe: (handler: object, podIP: string) => Promise<KubeletVerdict>;
  readonly stop: () => Promise<void>;
};

export const buildKubelet = (): Promise<string> => buildGo(new URL('prober', import.meta.url).pathname, '.');

export async function startKubelet(): Promise<Kubelet> {
  const child = spawn(await buildKubelet(), { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, (verdict: KubeletVerdict) => void>();
  let count = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, ...verdict } = JSON.parse(line) as KubeletVerdict & { id: number };
    waiting.get(id)?.(verdict);
    waiting.delete(id);
  });
  return {
    probe: (probe, podIP) =>
      new Promise((resolve) => {
        waiting.set(++count, resolve);
        child.stdin.write(`${JSON.stringify({ id: count, podIP, timeoutMs, probe })}\n`);
      }),
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
