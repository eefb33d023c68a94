// docs/decisions/0018-unknown-hardware-passes.md
import { quote } from '../../check/check.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { podReference } from '../../kube/event.ts';
import type { EventRecorder } from '../../kube/event-recorder.ts';
import { askInRounds, nextInTurn } from '../rounds.ts';
import type { SidecarAnswer } from '../sidecar.ts';
import { type UnknownCheck, readSentences, readUnknownChecks } from './agent-answers.ts';
import { askSidecars, minimumAgeMs } from './ask-sidecars.ts';
import { eventActions } from './events.ts';
import type { PodSummary } from './pod-index.ts';

/** What the sidecars say of hardware that they cannot read. */
export type UnknownHardware = {
  /** Asks the sidecars in rounds until the signal; never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** A driver may be loaded anew, and a bus be busy: a reading that was there once is missed after so long. */
const missedMs = 10 * 60_000;

const pauseMs = 15_000;

/** As long as a reading is unknown the recorder makes one series of what is said of it. */
const againMs = 5 * 60_000;

/** Twenty in a second at most. */
const places = 4;
const mostPerRound = 300;

/** When a Pod was asked last, and since when all its answers have had an unknown check. */
type Asked = { readonly atMs: number; readonly unknownSinceMs: number | undefined };

/**
 * Asks the sidecars that check hardware what they cannot read, each namespace in turn and of its Pods first those that were
 * asked least recently, and records an Event about a Pod: an unknown reading passes, so neither the kubelet nor a move says
 * anything of it. A check by exec has no sidecar to ask.
 */
export function followUnknownHardware({
  list,
  recorder,
  clock = systemClock,
}: {
  readonly list: () => Iterable<PodSummary>;
  readonly recorder: Pick<EventRecorder, 'event'>;
  readonly clock?: Clock;
}): UnknownHardware {
  const asked = new Map<string, Asked>();

  const dueNow = (): readonly PodSummary[] => {
    const nowMs = clock.date().getTime();
    const checked = [...list()].filter(({ hardware }) => hardware);
    const uids = new Set(checked.map(({ uid }) => uid));
    for (const uid of asked.keys()) if (!uids.has(uid)) asked.delete(uid);
    const askedMs = ({ uid }: PodSummary): number | undefined => asked.get(uid)?.atMs;
    const due = checked.filter(
      (pod) => nowMs - pod.createdMs >= minimumAgeMs && nowMs - (askedMs(pod) ?? -Infinity) >= againMs,
    );
    return nextInTurn(due, askedMs, mostPerRound);
  };

  const ask = async (pod: PodSummary, signal: AbortSignal): Promise<void> => {
    const nowMs = clock.date().getTime();
    const before = asked.get(pod.uid);
    const keep = (unknownSinceMs: number | undefined): unknown => asked.set(pod.uid, { atMs: nowMs, unknownSinceMs });
    keep(before?.unknownSinceMs);
    const { hardware } = pod;
    if (!hardware) return;
    try {
      const unknown = readingsOf(await askSidecars(hardware, { path: '/metrics' }, clock, signal), readUnknownChecks);
      if (unknown.length === 0) return void keep(undefined);
      const sinceMs = before?.unknownSinceMs ?? nowMs;
      keep(sinceMs);
      const isMissed = nowMs - sinceMs >= missedMs;
      const shown = unknown.filter(({ isNever }) => isNever || isMissed);
      if (shown.length === 0) return;
      const isNever = shown.every((check) => check.isNever);
      const sentences = readingsOf(
        await askSidecars(hardware, { path: '/readyz?verbose' }, clock, signal),
        readSentences,
      );
      recorder.event({
        regarding: podReference(pod),
        type: 'Warning',
        reason: 'HardwareUnknown',
        action: eventActions.HardwareUnknown,
        note: noteOf({ name: pod.name, shown, sentences, sinceMs: isNever ? hardware.startedMs : sinceMs, isNever }),
      });
    } catch {
      // A sidecar that does not answer is in no Event of this reason: the kubelet has one for that.
    }
  };

  return { run: (signal) => askInRounds({ dueNow, ask, places, pauseMs, clock }, signal) };
}

const readingsOf = <T>(answers: readonly SidecarAnswer[], read: (body: string) => readonly T[]): readonly T[] =>
  answers.flatMap(({ body }) => read(body));

/** The checks that an Event names; a Pod has fewer. */
const mostNamed = 4;

function noteOf({
  name,
  shown,
  sentences,
  sinceMs,
  isNever,
}: {
  readonly name: string;
  readonly shown: readonly UnknownCheck[];
  readonly sentences: readonly { readonly verdict: string; readonly sentence: string }[];
  readonly sinceMs: number;
  readonly isNever: boolean;
}): string {
  const names = shown.slice(0, mostNamed).map(({ check }) => quote(check));
  const what = new Intl.ListFormat('en').format(names);
  const since = new Date(sinceMs).toISOString();
  const state = isNever
    ? `read nothing since its sidecar started at ${since}`
    : `been unknown since ${since} or longer`;
  const why = sentences.find(({ verdict }) => verdict === 'unknown')?.sentence;
  return (
    `Pod ${name}: of its hardware, ${what} ${names.length > 1 ? 'have' : 'has'} ${state}` +
    `${why === undefined ? '' : `; its sidecar says ${why}`}. ` +
    'An unknown reading passes, so this check guards nothing. Give the Pod what the check reads, remove the check, or add the option strict, with which an unknown reading fails.'
  );
}
