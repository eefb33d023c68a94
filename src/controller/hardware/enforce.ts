import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import { missingReplicas } from './acknowledged.ts';
import { taintOf } from './decide-taints.ts';
import type { Moving } from './moving.ts';
import { writeTaint } from './write-taint.ts';

const mostTries = 5;

/**
 * Sees to it that a quarantine is in force: by the taint where all Pods are kept off, else by the webhook, for which is
 * waited a while. Where that is away its affinity is missing, and the Pod has to go all the same.
 */
export async function enforce(quarantine: NodeQuarantine, moving: Moving, signal: AbortSignal): Promise<void> {
  const { connection, prefix, webhook, known, metrics, done } = moving;
  const { nodeName: node, scope } = quarantine.spec;
  if (scope === 'Node') {
    const change = { node, taint: taintOf(quarantine.spec) };
    for (let tries = 0; tries < mostTries; tries++) if (await writeTaint(connection, prefix, change, signal)) return;
    throw new Error(`node ${node} was changed by others ${mostTries} times in a row`);
  }
  let missing: readonly string[];
  try {
    const current = () => known.quarantines.get(node);
    missing = await missingReplicas(connection, webhook, quarantine, current, signal);
  } catch (error) {
    missing = [(error as Error).message];
  }
  if (missing.length === 0 || signal.aborted) return;
  metrics.unacknowledged();
  done({ node, missing }, 'a quarantine was not acknowledged in time');
}
