import { type Semaphore, createSemaphore } from '../../kube/flow-control.ts';
import type { Client } from '../../kube/client.ts';
import type { Webhook } from './acknowledged.ts';
import type { Ask } from './ask.ts';
import type { Reading } from './edit-quarantine.ts';
import { wholeSeconds } from './ledger.ts';
import type { Known } from './known.ts';
import type { HardwareMetrics } from './metrics.ts';
import type { HardwarePod } from './record.ts';
import type { HardwareSettings } from './situation.ts';
import type { Tell } from './tell.ts';

/** What moving needs: the ways out, what is known, and what is being done. */
export type Moving = {
  readonly client: Client;
  readonly prefix: string;
  readonly settings: HardwareSettings;
  readonly webhook: Webhook;
  readonly known: Known;
  readonly ask: Ask;
  readonly tell: Tell;
  readonly metrics: HardwareMetrics;
  /** Bounds how many quarantines and evictions are written at the same time. */
  readonly writeSemaphore: Semaphore;
  readonly progress: Progress;
  /** How long until what failed is tried again; twice as long after each failure in a row. */
  readonly retryMs: number;
  readonly failed: (sentence: string) => void;
  readonly done: (what: Readonly<Record<string, unknown>>, message: string) => void;
};

/** What is being done, which a new leader finds again in the quarantines. */
export type Progress = {
  /** The Pods that are being moved, by uid. */
  readonly underWay: Set<string>;
  /** Does one piece of work on a node's quarantine after the other: two at once would only conflict. */
  readonly inTurn: <T>(node: string, work: () => Promise<T>) => Promise<T>;
  /** The nodes that are being released. */
  readonly releasing: Set<string>;
  readonly refusals: Map<string, { readonly count: number; readonly untilMs: number }>;
  /** The Pods whose sidecar said that nothing fails, how often in a row, and until when it is not asked again. */
  readonly passing: Map<string, { readonly count: number; readonly untilMs: number }>;
  /** When an owner's Pods were last let back, how often in a row, and until when none that was made since is. */
  readonly letBack: Map<string, { readonly count: number; readonly atMs: number; readonly untilMs: number }>;
  /** The Pods that were evicted, by owner, until one runs in their place. */
  readonly awaited: Map<string, { readonly podName: string; readonly node: string; readonly atMs: number }>;
};

/** Nothing is being done yet. */
export function createProgress(): Progress {
  const turns = new Map<string, Semaphore>();
  return {
    underWay: new Set(),
    inTurn(node, work) {
      const turn = turns.get(node) ?? createSemaphore(1);
      turns.set(node, turn);
      return turn(work);
    },
    releasing: new Set(),
    refusals: new Map(),
    passing: new Map(),
    letBack: new Map(),
    awaited: new Map(),
  };
}

const longestMs = 60_000;

/** How long what went wrong so often in a row is left alone: twice as long each time. */
export const waitAfter = (count: number, retryMs: number, mostMs: number = longestMs): number =>
  Math.min(mostMs, retryMs * 2 ** (count - 1));

/** Leaves a Pod alone for longer after each refusal in a row, and says how many there were. */
export function backOff({ progress: { refusals }, retryMs }: Moving, uid: string): number {
  const count = (refusals.get(uid)?.count ?? 0) + 1;
  refusals.set(uid, { count, untilMs: Date.now() + waitAfter(count, retryMs) });
  return count;
}

const longestLetBackMs = 3_600_000;

/**
 * Leaves an owner's Pods alone for longer after each that came back as it was, as it does where its template says what
 * the webhook would: whoever copied a Pod into it must not have a Pod evicted each minute.
 */
export function countLetBack({ progress: { letBack }, settings, retryMs }: Moving, pod: HardwarePod): void {
  const nowMs = Date.now();
  for (const [owner, { untilMs }] of letBack) if (nowMs - untilMs > longestLetBackMs) letBack.delete(owner);
  const before = letBack.get(pod.ownerText);
  const isSibling = before !== undefined && pod.createdMs < wholeSeconds(before.atMs);
  if (isSibling) return;
  const count = (before?.count ?? 0) + 1;
  const waitMs = waitAfter(count + 1, Math.max(settings.softenMs, retryMs), longestLetBackMs);
  letBack.set(pod.ownerText, { count, atMs: nowMs, untilMs: nowMs + waitMs });
}

/** A reading as a clause. */
export const clauseOf = ({ check, message }: Reading): string => `${check}: ${message}`;
