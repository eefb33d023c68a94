import type { GangRestart } from '../../gang/restart.ts';
import type { Decision } from './decision.ts';
import type { Shortage } from './gang-size.ts';
import type { OwnerFact } from './owner-facts.ts';
import type { HardwarePod } from './pod.ts';

type OfOwner = Extract<Decision, { readonly kind: 'hold' | 'refuse' | 'look-up-owner' }>;

/**
 * Looks up whether the owner of a Pod exists, as soon as the Pod fails; undefined where it does, or is of a kind that the
 * controller may not read. A Pod whose owner is not known takes no place in any budget.
 */
export function decideOwner(pod: HardwarePod, fact: OwnerFact | undefined, nowMs: number): OfOwner | undefined {
  // A Pod may come to another owner.
  if (!fact || fact.ownerUid !== pod.owner?.uid) return { kind: 'look-up-owner', reason: 'owner-unasked', pod };
  if (fact.kind === 'absent') return { kind: 'refuse', reason: 'no-such-owner', pod };
  const again = { kind: 'look-up-owner', reason: 'owner-unknown', pod } as const;
  // A person may have mended what keeps a gang from starting anew.
  if ((restartOf(fact) ?? whole).kind !== 'whole' && fact.kind === 'present' && (fact.untilMs ?? 0) <= nowMs)
    return again;
  if (fact.kind !== 'unknown') return undefined;
  const { detail, untilMs } = fact;
  return untilMs <= nowMs ? again : { kind: 'hold', reason: 'owner-unknown', pod, detail, untilMs };
}

const whole: GangRestart = { kind: 'whole' };

/** What becomes of the gang of a Pod that is evicted; undefined where it is in none, or nothing that may be read says it. */
export const restartOf = (fact: OwnerFact | undefined): GangRestart | undefined =>
  fact?.kind === 'present' ? fact.restart : undefined;

/** Holds a Pod whose eviction its gang would not survive as a whole, and says what mends that. */
export function decideGang(pod: HardwarePod, fact: OwnerFact | undefined): OfOwner | undefined {
  const restart = restartOf(fact) ?? whole;
  if (restart.kind === 'whole') return undefined;
  const reason = restart.kind === 'half' ? 'gang-would-hang' : 'gang-would-end';
  return { kind: 'hold', reason, pod, detail: `${gangText(pod)}: ${restart.why}. ${restart.mend}` };
}

const gangText = ({ gang }: HardwarePod): string => `${gang?.kind ?? ''} ${gang?.name ?? ''}`;

/** Why the other nodes cannot hold a gang. */
export const shortageDetail = (pod: HardwarePod, { pods, room }: Shortage): string =>
  `${gangText(pod)} has ${pods} Pods that are alike, and the other nodes have room for ${room} of them at most, if they are empty`;
