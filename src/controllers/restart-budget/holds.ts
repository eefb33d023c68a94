import { formatHold, holdKey } from '../../hold/hold.ts';
import { isNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import type { HoldAct } from './metrics.ts';
import type { ProbedPod } from './pod.ts';

/** The writes of the holds of the restart budget. */
export type BudgetHolds = {
  /** Until when the budget holds a Pod, a write counted that the watch may not have delivered yet; undefined where it does not. */
  readonly untilOf: (pod: ProbedPod) => number | undefined;
  /** Writes the hold of a Pod until this time, or takes it away. */
  readonly set: (uid: string, untilMs: number | undefined) => void;
  /** Writes until the signal. */
  readonly run: () => Promise<void>;
};

type BudgetHoldOptions = {
  readonly client: Client;
  readonly prefix: string;
  readonly find: (uid: string) => ProbedPod | undefined;
  readonly clock: Clock;
  readonly onAct: (pod: ProbedPod, act: HoldAct) => void;
  readonly onError: (sentence: string) => void;
};

/** Fifty Pods that fail at once are held within a second. */
const writesAtOnce = 20;
const timeoutMs = 5_000;
const backoff = { minMs: 500, maxMs: 15_000 };

/** The watch delivers a write sooner, or is broken. */
const deliveryMs = 5_000;

/** Nothing is written yet. */
export function createBudgetHolds(options: BudgetHoldOptions, signal: AbortSignal): BudgetHolds {
  const { client, prefix, find, clock, onAct, onError } = options;
  const queue = createWorkQueue({ clock, backoff }, signal);
  /** What is to be written, by the uid of the Pod; undefined for no hold. */
  const wanted = new Map<string, number | undefined>();
  const written = new Map<string, { readonly untilMs: number | undefined; readonly atMs: number }>();

  const untilOf = ({ uid, hold }: ProbedPod): number | undefined => {
    const last = written.get(uid);
    if (last && clock.now() - last.atMs < deliveryMs) return last.untilMs;
    written.delete(uid);
    return hold?.reason === 'restart-budget' ? hold.livenessUntilMs : undefined;
  };
  const write = async (uid: string): Promise<void> => {
    const pod = find(uid);
    if (!pod) return void wanted.delete(uid);
    const untilMs = wanted.get(uid);
    const before = untilOf(pod);
    try {
      await client.patch(pathOf(pod), patchOf(uid, prefix, untilMs), { signal, timeoutMs });
    } catch (error) {
      if (isNotFound(error)) return void wanted.delete(uid);
      onAct(pod, 'failed');
      throw error;
    }
    // Where another value is wanted by now, the next pass sets it again.
    wanted.delete(uid);
    written.set(uid, { untilMs, atMs: clock.now() });
    onAct(pod, untilMs === undefined ? 'ended' : before === undefined ? 'begun' : 'renewed');
  };

  return {
    untilOf,
    set(uid, untilMs) {
      // A write that failed comes again after its backoff, with the newest value.
      const isQueued = wanted.has(uid);
      wanted.set(uid, untilMs);
      if (!isQueued) queue.add(uid);
    },
    run: () =>
      runWorkers(
        queue,
        {
          workers: writesAtOnce,
          reconcile: write,
          onError(uid, { message }) {
            const pod = find(uid);
            if (pod) onError(`The hold of Pod ${pod.namespace}/${pod.name} could not be written: ${message}.`);
          },
        },
        signal,
      ),
  };
}

/** By its status an account changes annotations of a Pod, and nothing that the Pod runs. */
const pathOf = ({ namespace, name }: ProbedPod): string => `/api/v1/namespaces/${namespace}/pods/${name}/status`;

/** The apiserver refuses the uid where another Pod has the name by now. */
function patchOf(uid: string, prefix: string, untilMs: number | undefined): object {
  const value = untilMs === undefined ? null : formatHold({ livenessUntilMs: untilMs, reason: 'restart-budget' });
  return { metadata: { uid, annotations: { [`${prefix}${holdKey}`]: value } } };
}
