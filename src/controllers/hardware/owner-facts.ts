import type { Client } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { findOwner } from '../../kube/owners.ts';
import type { GangRestart } from '../../gang/restart.ts';
import { type FactCache, createFactCache } from './facts.ts';
import { createGangRestartReader } from './gang-restarts.ts';
import { backoffMs } from './retries.ts';

/** Whether the owner of this uid exists, and makes Pods anew. */
export type OwnerFact = { readonly ownerUid: string } &
  /** `restart`: what becomes of the gang, where the owner is of one; `untilMs`: when that is due to be read again. */
  (
    | { readonly kind: 'present'; readonly restart?: GangRestart | undefined; readonly untilMs?: number }
    | { readonly kind: 'absent' }
    /** It is of a kind that the controller may not read: what its Pods take is bounded by the share of their namespace. */
    | { readonly kind: 'unreadable' }
    /** The look-up failed; `untilMs`: when it is due again. */
    | { readonly kind: 'unknown'; readonly detail: string; readonly tries: number; readonly untilMs: number }
  );

const timeoutMs = 2_000;

/** A person mends a gang that would hang, and may keep its Pods. */
const restartMaxAgeMs = 60_000;

export type OwnerFactsOptions = {
  readonly client: Client;
  readonly retryMs: number;
  readonly onChange: () => void;
  readonly clock?: Clock;
};

/**
 * The owners of failing Pods. One that is gone does not come back under its uid, so one answer is for the Pod's life. What
 * becomes of the gang of a Pod is read with its owner, and again a minute later.
 */
export function createOwnerFacts(
  { client, retryMs, onChange, clock = systemClock }: OwnerFactsOptions,
  signal: AbortSignal,
): FactCache<OwnerFact> {
  const readRestart = createGangRestartReader(client, clock);
  return createFactCache<OwnerFact>(
    {
      async fetch(pod, before) {
        const { owner, namespace } = pod;
        if (!owner) return { ownerUid: '', kind: 'absent' };
        const { uid: ownerUid } = owner;
        try {
          const kind = await findOwner(client, owner, namespace, { signal, timeoutMs });
          const isAsked = kind === 'present' && pod.gang?.onEviction === 'setting' && !pod.isMovedAlone;
          if (!isAsked) return { ownerUid, kind };
          const restart = await readRestart(pod, { signal, timeoutMs });
          return { ownerUid, kind, restart, untilMs: clock.date().getTime() + restartMaxAgeMs };
        } catch (error) {
          signal.throwIfAborted();
          const tries = before?.kind === 'unknown' ? before.tries + 1 : 1;
          const detail = `${owner.kind} ${owner.name}: ${(error as Error).message}`;
          return {
            ownerUid,
            kind: 'unknown',
            detail,
            tries,
            untilMs: clock.date().getTime() + backoffMs(tries, retryMs),
          };
        }
      },
      onChange,
    },
    signal,
  );
}
