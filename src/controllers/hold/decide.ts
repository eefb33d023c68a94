import type { V1Pod } from '@kubernetes/client-node';
import { quote } from '../../check/check.ts';
import { type Hold, formatHold, holdKey, parseHold } from '../../hold/hold.ts';
import {
  type PauseRequest,
  annotationWrittenMs,
  cutPause,
  maxPauseText,
  pauseKey,
  pauseReadinessKey,
  readPause,
} from '../../hold/pause.ts';
import { unholdableProbes, reasonNotToHold } from '../../inject/model/holdable.ts';
import { utcTime } from '../../wording/times.ts';

/** The reasons of Events about a Pod that was paused, each with what was done. */
export const pauseActions = {
  HealthPaused: 'Hold',
  HealthPauseEnded: 'Release',
  HealthPauseRefused: 'Refuse',
} as const;

/** What a person is told of his pause. */
export type PauseEvent = { readonly reason: keyof typeof pauseActions; readonly note: string };

/** What is to be done about one Pod. */
export type HoldDecision = {
  /** Annotations to write, by their keys; null removes one. Nothing is written where there are none. */
  readonly annotations: Readonly<Record<string, string | null>>;
  readonly event?: PauseEvent;
  /** When to look again; undefined where only a change of the Pod can change the decision. */
  readonly againAtMs?: number;
};

export type PauseSettings = { readonly prefix: string; readonly maxPauseMs: number };

const nothing: HoldDecision = { annotations: {} };

/**
 * Decides on the annotation `hold` of a Pod by the annotation `pause`. All that it goes by stands in the Pod, so a new leader
 * decides the same. A pause that is over is taken away with its hold: left there it would begin anew whenever its field
 * manager writes another annotation, which moves the time at which it counts as written.
 */
export function decidePause(pod: V1Pod, { prefix, maxPauseMs }: PauseSettings, nowMs: number): HoldDecision {
  const { metadata, status } = pod;
  const { annotations, name = '', deletionTimestamp } = metadata ?? {};
  if (deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed') return nothing;
  const [holdAnnotation, pauseAnnotation, readinessAnnotation] = [holdKey, pauseKey, pauseReadinessKey].map(
    (key) => prefix + key,
  ) as [string, string, string];
  const written = annotations?.[holdAnnotation];
  const parsed = parseHold(written);
  const paused = parsed?.reason === 'pause' ? parsed : undefined;
  // What nobody can read holds nothing.
  const isOurs = paused !== undefined || (written !== undefined && parsed === undefined);
  const withoutHold = isOurs ? { [holdAnnotation]: null } : {};
  const request = readPause(annotations, prefix);
  if (!request) {
    const event = paused && ended(name, 'its annotation was taken away');
    return { annotations: withoutHold, ...(event && { event }) };
  }
  const refusal = refusalOf(request, pod, { prefix, maxPauseMs });
  if (refusal !== undefined || request.kind === 'invalid') {
    const note = `The liveness of Pod ${name} is not held: ${refusal}.`;
    return { annotations: withoutHold, event: { reason: 'HealthPauseRefused', note } };
  }
  const over = { [pauseAnnotation]: null, [readinessAnnotation]: null, [holdAnnotation]: null };
  if (paused?.source === request.text) {
    const { livenessUntilMs } = paused;
    if (livenessUntilMs <= nowMs) return { annotations: over, event: ended(name, `its ${request.text} are over`) };
    const hold = holdUntil(livenessUntilMs, request);
    const isSame = formatHold(hold) === formatHold(paused);
    return {
      annotations: isSame ? {} : { [holdAnnotation]: formatHold(hold) },
      ...(isSame ? {} : { event: begun(pod, hold, prefix) }),
      againAtMs: livenessUntilMs,
    };
  }
  const { durationMs, isCut } = cutPause(request.durationMs, maxPauseMs);
  const fromMs = Math.min(annotationWrittenMs(metadata, pauseAnnotation) ?? nowMs, nowMs);
  const untilMs = wholeSeconds(fromMs + durationMs);
  if (untilMs <= nowMs) {
    const note = `The liveness of Pod ${name} is not held: its ${request.text} were over before the controller saw them.`;
    return { annotations: over, event: { reason: 'HealthPauseRefused', note } };
  }
  const hold = holdUntil(untilMs, request);
  const cut = isCut ? ` The administrator allows no more than ${maxPauseText(maxPauseMs)}, not ${request.text}.` : '';
  return {
    annotations: { [holdAnnotation]: formatHold(hold) },
    event: begun(pod, hold, prefix, cut),
    againAtMs: untilMs,
  };
}

/** Why a pause has no effect, as a clause. */
function refusalOf(request: PauseRequest, pod: V1Pod, { prefix, maxPauseMs }: PauseSettings): string | undefined {
  if (request.kind === 'invalid') {
    return `${request.key} is ${quote(request.received)}, expected ${request.expected}`;
  }
  if (maxPauseMs === 0) return 'the administrator allows no pauses';
  return reasonNotToHold(pod, prefix);
}

const wholeSeconds = (timeMs: number): number => Math.ceil(timeMs / 1_000) * 1_000;

const holdUntil = (untilMs: number, { text, holdsReadiness }: PauseRequest & { readonly kind: 'pause' }): Hold => ({
  livenessUntilMs: untilMs,
  ...(holdsReadiness ? { readinessUntilMs: untilMs } : {}),
  reason: 'pause',
  source: text,
});

function begun(pod: V1Pod, { livenessUntilMs, readinessUntilMs }: Hold, prefix: string, cut = ''): PauseEvent {
  const until = utcTime(livenessUntilMs);
  const what = readinessUntilMs === undefined ? 'liveness' : 'liveness and readiness';
  const others = unholdableProbes(pod, prefix);
  const notHeld = others.length === 0 ? '' : ` Not held, since the agent does not answer it: ${others.join(', ')}.`;
  const note = `The ${what} of Pod ${pod.metadata?.name} is held until ${until}.${cut}${notHeld}`;
  return { reason: 'HealthPaused', note };
}

const ended = (name: string, why: string): PauseEvent => ({
  reason: 'HealthPauseEnded',
  note: `The liveness of Pod ${name} is no longer held: ${why}.`,
});
