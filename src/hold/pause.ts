import type { V1ObjectMeta } from '@kubernetes/client-node';
import { formatDuration, parseDuration } from '../check/kinds.ts';

/** The keys behind the prefix that a person writes on a Pod that runs. */
export const pauseKey = 'pause';
export const pauseReadinessKey = 'pause-readiness';

/** What a person asks for, or what is wrong with it. */
export type PauseRequest =
  | {
      readonly kind: 'pause';
      /** As it was written. */
      readonly text: string;
      readonly durationMs: number;
      readonly holdsReadiness: boolean;
    }
  | { readonly kind: 'invalid'; readonly key: string; readonly received: string; readonly expected: string };

/** No administrator allows more: a process that is looked at for longer is better run by itself. */
export const longestPauseMs = 24 * 3_600_000;

/** No value has more characters: it goes into the annotation `hold`. */
const longestPause = 27;

/** Reads the annotations; undefined where none asks for a pause. */
export function readPause(
  annotations: Readonly<Record<string, string>> | undefined,
  prefix: string,
): PauseRequest | undefined {
  const text = annotations?.[`${prefix}${pauseKey}`];
  if (text === undefined) return undefined;
  const durationMs = parsePause(text);
  if (durationMs === undefined) {
    return { kind: 'invalid', key: `${prefix}${pauseKey}`, received: text, expected: pauseExpected };
  }
  const readiness = annotations?.[`${prefix}${pauseReadinessKey}`] ?? 'false';
  if (readiness !== 'true' && readiness !== 'false') {
    const key = `${prefix}${pauseReadinessKey}`;
    return { kind: 'invalid', key, received: readiness, expected: 'true or false' };
  }
  return { kind: 'pause', text, durationMs, holdsReadiness: readiness === 'true' };
}

export const pauseExpected = 'a duration such as 15m or 1h, in whole seconds';

/** Milliseconds; undefined for what is no duration in whole seconds. */
export function parsePause(text: string): number | undefined {
  const durationMs = text.length <= longestPause ? parseDuration(text) : undefined;
  return durationMs !== undefined && durationMs % 1_000 === 0 ? durationMs : undefined;
}

/** How long a pause of this length lasts under the administrator's maximum, and what to tell where that is less. */
export function cutPause(
  durationMs: number,
  maxPauseMs: number,
): { readonly durationMs: number; readonly isCut: boolean } {
  return durationMs > maxPauseMs ? { durationMs: maxPauseMs, isCut: true } : { durationMs, isCut: false };
}

/** The maximum as a sentence has it. */
export const maxPauseText = (maxPauseMs: number): string =>
  maxPauseMs % 3_600_000 === 0 ? `${maxPauseMs / 3_600_000}h` : formatDuration(maxPauseMs);

/**
 * When an annotation was last written, by the clock of the apiserver; undefined where it does not say. A field manager has
 * one time for all of its fields, so another annotation by the same tool moves it.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function annotationWrittenMs(metadata: V1ObjectMeta | undefined, annotation: string): number | undefined {
  const times = (metadata?.managedFields ?? []).flatMap(({ fieldsV1, time }) => {
    const fields = fieldsV1 as
      | { readonly 'f:metadata'?: { readonly 'f:annotations'?: Readonly<Record<string, unknown>> } }
      | undefined;
    const written = fields?.['f:metadata']?.['f:annotations'];
    const isWritten = typeof written === 'object' && written !== null && Object.hasOwn(written, `f:${annotation}`);
    const timeMs = isWritten && time !== undefined ? Date.parse(String(time)) : Number.NaN;
    return Number.isFinite(timeMs) ? [timeMs] : [];
  });
  return times.length > 0 ? Math.max(...times) : undefined;
}
