import type { Decision } from './decision.ts';
import { lookUpVolumes } from './look-up-volumes.ts';
import { type Moving, waitAfter } from './moving.ts';
import type { HardwarePod } from './record.ts';
import type { Volumes } from './volumes.ts';

/** More would only wait in the apiserver; the next look asks for the rest. */
const mostAtOnce = 32;

/**
 * Asks where the volumes of those Pods are that would be moved but for that, and calls `changed` with each answer. A
 * claim and its volume are bound for good, so what is known of a Pod is known for all its life.
 */
export function createVolumes({ client, known, retryMs, failed }: Omit<Moving, 'ask'>, changed: () => void) {
  const found = new Map<string, Volumes>();
  const asking = new Set<string>();

  const ask = async (pod: HardwarePod, signal: AbortSignal): Promise<void> => {
    const { uid, namespace, name } = pod;
    asking.add(uid);
    try {
      const here = await lookUpVolumes(client, pod, signal);
      found.set(uid, here.length > 0 ? { kind: 'here', detail: here.join(', ') } : { kind: 'anywhere' });
    } catch (error) {
      if (signal.aborted) return;
      const { message: detail } = error as Error;
      const before = found.get(uid);
      const tries = before?.kind === 'unknown' ? before.tries + 1 : 1;
      const untilMs = Date.now() + waitAfter(tries, retryMs);
      found.set(uid, { kind: 'unknown', detail, tries, untilMs });
      if (tries === 1) failed(`Where the volumes of Pod ${namespace}/${name} are is not known: ${detail}.`);
    } finally {
      asking.delete(uid);
      changed();
    }
  };

  return {
    found,
    /** Asks as the decisions want it, and forgets Pods that are gone. */
    async follow(decisions: readonly Decision[], signal: AbortSignal): Promise<void> {
      for (const uid of found.keys()) if (!known.pods.has(uid)) found.delete(uid);
      const asked: Promise<void>[] = [];
      for (const decision of decisions) {
        if (asking.size >= mostAtOnce) break;
        if (isDue(decision) && !asking.has(decision.pod.uid)) asked.push(ask(decision.pod, signal));
      }
      await Promise.all(asked);
    },
  };
}

const isDue = (decision: Decision): decision is Extract<Decision, { kind: 'hold' }> =>
  decision.kind === 'hold' &&
  (decision.reason === 'volumes-unasked' || (decision.reason === 'volumes-unknown' && decision.untilMs === undefined));
