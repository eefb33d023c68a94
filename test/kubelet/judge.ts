import { check } from '../agent/support/agent.ts';
import type { Kubelet, KubeletVerdict } from './kubelet.ts';
import { type Row, checkOf, probeOf, timeoutMs } from './row.ts';

/** What the agent made of a server. */
export type AgentVerdict = {
  readonly verdict: 'pass' | 'alive' | 'fail';
  /** Its exit code for readiness. */
  readonly code: number | null;
  readonly sentence: string;
};

/** What both made of one. */
export type Seen = { readonly kubelet: KubeletVerdict; readonly agent: AgentVerdict };

/** Starts the server of a row, and has both ask it. */
export async function ask(row: Row, kubelet: Kubelet): Promise<Seen> {
  const { port, stop } = await row.start();
  try {
    const said = await kubelet.probe(probeOf(row, port), row.host ?? '127.0.0.1');
    return { kubelet: said, agent: await askAgent(checkOf(row, port)) };
  } finally {
    await stop();
  }
}

async function askAgent(url: string): Promise<AgentVerdict> {
  const asks = (probe: string) => check(['--probe', probe, '--timeout', `${timeoutMs}ms`, url]);
  const { code, line } = await asks('readiness');
  const verdict = code === 0 ? 'pass' : (await asks('liveness')).code === 0 ? 'alive' : 'fail';
  return { verdict, code, sentence: line.replace(/ \([^()]*\)$/, '') };
}

/** What is wrong with a row, if anything is. */
export function complaintOf({ why }: Row, { kubelet, agent }: Seen): string | undefined {
  const passes = kubelet.result === 'success' || kubelet.result === 'warning';
  if (passes) {
    if (agent.verdict === 'fail') return 'the kubelet passes it, and the agent fails it';
    return why && `both take it, so that the row needs no reason: ${why}`;
  }
  // What the kubelet throws away restarts nothing and takes no traffic away.
  const hasVerdict = kubelet.error === '';
  const differs = agent.verdict === (hasVerdict ? 'pass' : 'fail');
  if (differs && why === undefined) {
    return hasVerdict
      ? 'the kubelet fails it, and the agent passes it'
      : 'the kubelet says nothing of it, and the agent fails it';
  }
  return !differs && why !== undefined ? `they do not differ, so that the row needs no reason: ${why}` : undefined;
}
