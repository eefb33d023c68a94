import { type NodeQuarantine, ownerText } from '../../quarantine/quarantine.ts';
import { type HardwarePod, wholeSeconds } from './pod.ts';

/** The moves of gangs that are not over yet, by the text of the gang. */
export type GangMoves = {
  /** A move of this gang begins now. */
  readonly begin: (gang: string) => void;
  readonly isRestarting: (gang: string) => boolean;
};

/** A gang that takes longer to start may be moved again. */
const mostRestartMs = 10 * 60_000;

type Input = { readonly pods: readonly HardwarePod[]; readonly quarantines: readonly NodeQuarantine[] };

/**
 * Reads off the quarantines which gangs were moved lately, so that a restart forgets none, and off the Pods which of them
 * have started since: all their Pods are younger than the move, and each was ready once.
 */
export function createGangMoves({ pods, quarantines }: Input, nowMs: number): GangMoves {
  const lastMs = new Map<string, number>();
  for (const { spec } of quarantines) {
    for (const { owner, moves } of spec.owners) {
      const atMs = Math.max(...moves.map(({ at }) => Date.parse(at)), -Infinity);
      const gang = ownerText(owner);
      if (nowMs - atMs < mostRestartMs) lastMs.set(gang, Math.max(atMs, lastMs.get(gang) ?? -Infinity));
    }
  }
  const started = new Set<string>();
  const waiting = new Set<string>();
  for (const pod of lastMs.size > 0 ? pods : []) {
    const atMs = pod.gang && lastMs.get(pod.ownerText);
    if (atMs === undefined) continue;
    const hasStarted = pod.createdMs >= wholeSeconds(atMs) && wasReady(pod);
    (hasStarted ? started : waiting).add(pod.ownerText);
  }
  return {
    begin(gang) {
      lastMs.set(gang, nowMs);
      started.delete(gang);
    },
    isRestarting: (gang) => lastMs.has(gang) && !(started.has(gang) && !waiting.has(gang)),
  };
}

/** The check of its hardware has passed once, whatever it says by now. */
const wasReady = ({ isReady, startedAtWhenReady }: HardwarePod): boolean =>
  isReady || Object.keys(startedAtWhenReady).length > 0;
