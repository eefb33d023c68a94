import type { Client } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { findOwner } from '../../kube/owners.ts';
import { type FactCache, createFactCache } from './facts.ts';
import { backoffMs } from './retries.ts';

/** Whether the owner of this uid exists, and makes Pods anew. */
export type OwnerFact = { readonly ownerUid: string } & (
  | { readonly kind: 'present' | 'absent' }
  /** It is of a kind that the controller may not read: what its Pods take is bounded by the share of their namespace. */
  | { readonly kind: 'unreadable' }
  /** The look-up failed; `untilMs`: when it is due again. */
  | { readonly kind: 'unknown'; readonly detail: string; readonly tries: number; readonly untilMs: number }
);

const timeoutMs = 2_000;

export type OwnerFactsOptions = {
  readonly client: Client;
  readonly retryMs: number;
  readonly onChange: () => void;
  readonly clock?: Clock;
};

/** The owners of failing Pods. One that is gone does not come back under its uid, so one answer is for the Pod's life. */
export function createOwnerFacts(
  { client, retryMs, onChange, clock = systemClock }: OwnerFactsOptions,
  signal: AbortSignal,
): FactCache<OwnerFact> {
  return createFactCache<OwnerFact>(
    {
      async fetch({ owner, namespace }, before) {
        if (!owner) return { ownerUid: '', kind: 'absent' };
        const { uid: ownerUid } = owner;
        try {
          return { ownerUid, kind: await findOwner(client, owner, namespace, { signal, timeoutMs }) };
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
