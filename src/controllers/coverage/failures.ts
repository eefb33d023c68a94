import { quote } from '../../check/check.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { printableLine } from '../../wording/printable.ts';
import { askInRounds } from '../rounds.ts';
import { inTurns } from '../shares.ts';
import type { SidecarAnswer } from '../sidecar.ts';
import { podReference } from '../../kube/event.ts';
import type { EventRecorder } from '../../kube/event-recorder.ts';
import { readSentences } from './agent-answers.ts';
import { askSidecars, minimumAgeMs } from './ask-sidecars.ts';
import { eventActions } from './events.ts';
import type { PodSummary } from './pod-index.ts';

/** What the sidecars of Pods say that are not ready. */
export type Failures = {
  /** Asks the sidecars in rounds until the signal; never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** A check that flaps is no news. */
const unreadyMs = 10_000;

const pauseMs = 15_000;

/** As long as a Pod stays not ready it is asked this often: the recorder makes one series of what it says. */
const againMs = 5 * 60_000;

/** Twenty in a second at most. */
const places = 4;
const mostPerRound = 300;

/**
 * Asks the sidecars of the Pods that are not ready what fails, each namespace in turn, and records an Event about each: the
 * kubelet's own has the status code alone.
 */
export function followFailures({
  list,
  recorder,
  clock = systemClock,
}: {
  readonly list: () => Iterable<PodSummary>;
  readonly recorder: Pick<EventRecorder, 'event'>;
  readonly clock?: Clock;
}): Failures {
  /** When a Pod was last asked, by uid. */
  const askedMs = new Map<string, number>();

  const dueNow = (): readonly PodSummary[] => {
    const nowMs = clock.date().getTime();
    const failing = [...list()].filter(({ failing: sidecar }) => sidecar && nowMs - sidecar.sinceMs >= unreadyMs);
    const uids = new Set(failing.map(({ uid }) => uid));
    for (const uid of askedMs.keys()) if (!uids.has(uid)) askedMs.delete(uid);
    const due = failing.filter(
      ({ uid, createdMs }) =>
        nowMs - createdMs >= minimumAgeMs && clock.now() - (askedMs.get(uid) ?? -Infinity) >= againMs,
    );
    return inTurns(due, ({ namespace }) => namespace).slice(0, mostPerRound);
  };

  const ask = async (pod: PodSummary, signal: AbortSignal): Promise<void> => {
    askedMs.set(pod.uid, clock.now());
    try {
      const answers = pod.failing ? await askSidecars(pod.failing, { path: '/readyz?verbose' }, clock, signal) : [];
      const clauses = answers.flatMap((answer) => clauseOf(answer) ?? []);
      if (clauses.length === 0) return;
      const note = `Pod ${pod.name} is not ready: its sidecar says that ${clauses.join(', and that ')}. The log of the sidecar says why.`;
      const reason = 'HealthCheckFails';
      recorder.event({ regarding: podReference(pod), type: 'Warning', reason, action: eventActions[reason], note });
    } catch {
      // The kubelet's own Event says that there was no answer.
    }
  };

  return { run: (signal) => askInRounds({ dueNow, ask, places, pauseMs, clock }, signal) };
}

/** What the agent's status codes mean (docs/decisions/0003). */
const causes: Readonly<Record<number, string>> = {
  502: 'fails: there is no connection, or no answer of its protocol',
  503: 'fails: the answer is not healthy, or there is none yet',
  504: 'fails: there is no answer in time',
};

const start = 'failed: ';

/**
 * What fails by an answer as a clause, with the agent's sentences where it shows them. The names of the checks and the
 * sentences are quoted: any program may answer at the Pod's address.
 */
function clauseOf({ status, body }: SidecarAnswer): string | undefined {
  const cause = causes[status];
  // The lines of the checks come before it, where the agent shows them.
  const summary = body.startsWith(start) ? body : body.slice(body.lastIndexOf(`\n${start}`) + 1);
  if (cause === undefined || !summary.startsWith(start)) return undefined;
  const names = printableLine(summary.slice(start.length), 256);
  const failing = readSentences(body).filter(({ isFailing }) => isFailing);
  const sentences = failing.slice(0, mostSentences).map(({ sentence }) => sentence);
  return `${quote(names)} ${cause}${sentences.length === 0 ? '' : ` (${sentences.join(', ')})`}`;
}

const mostSentences = 2;
