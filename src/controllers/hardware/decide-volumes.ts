import type { Decision } from './decision.ts';
import type { HardwarePod } from './record.ts';
import type { Situation } from './situation.ts';

/** Why a Pod that may be moved but for its volumes stays for now; undefined where they let it go. */
export function decideVolumes(
  pod: HardwarePod,
  { volumes }: Situation,
  nowMs: number,
): Extract<Decision, { kind: 'hold' }> | undefined {
  if (pod.claims.length === 0) return undefined;
  const found = volumes.get(pod.uid);
  if (!found) return { kind: 'hold', reason: 'volumes-unasked', pod };
  if (found.kind !== 'unknown') return undefined;
  const { detail, untilMs } = found;
  return { kind: 'hold', reason: 'volumes-unknown', pod, detail, ...(untilMs > nowMs && { untilMs }) };
}
