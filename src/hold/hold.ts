import { utcTime } from '../wording/times.ts';

/** Who asked for a hold. A pause wins over the restart budget. */
export const holdReasons = ['pause', 'restart-budget'] as const;

type HoldReason = (typeof holdReasons)[number];

/** Until when an agent answers the kubelet as if its checks passed, by its node's clock. */
export type Hold = {
  /** Startup is held with it: a startup probe that fails restarts a container as well. */
  readonly livenessUntilMs: number;
  /** Undefined where readiness tells the truth. */
  readonly readinessUntilMs?: number;
  readonly reason: HoldReason;
  /** What a person wrote as `pause`: the hold of a value that has changed since is not the one that is wanted. */
  readonly source?: string;
};

/** The key behind the prefix, which only the controller writes. */
export const holdKey = 'hold';

/** What is read of the annotation; the agent reads as much. */
export const longestHoldText = 256;

/** Milliseconds; undefined for what is not exactly what `utcTime` writes. */
export function parseTime(text: string): number | undefined {
  const timeMs = text.length === 20 ? Date.parse(text) : Number.NaN;
  return Number.isFinite(timeMs) && utcTime(timeMs) === text ? timeMs : undefined;
}

/** The value of the annotation: `liveness=2026-11-30T18:00:00Z reason=pause for=15m`. Times are cut to whole seconds. */
export function formatHold({ livenessUntilMs, readinessUntilMs, reason, source }: Hold): string {
  return [
    `liveness=${utcTime(livenessUntilMs)}`,
    ...(readinessUntilMs === undefined ? [] : [`readiness=${utcTime(readinessUntilMs)}`]),
    `reason=${reason}`,
    ...(source === undefined ? [] : [`for=${source}`]),
  ].join(' ');
}

/**
 * Reads the annotation, which anyone may have written, as the agent does: words in any order, one space between them, no
 * key twice, and words of other keys passed over, since the agent may be older than the controller. Undefined for all else.
 */
export function parseHold(text: unknown): Hold | undefined {
  if (typeof text !== 'string' || text.length > longestHoldText) return undefined;
  const words = new Map<string, string>();
  for (const word of text.split(' ')) {
    const equals = word.indexOf('=');
    const key = word.slice(0, Math.max(0, equals));
    if (key === '' || words.has(key)) return undefined;
    words.set(key, word.slice(equals + 1));
  }
  const livenessUntilMs = parseTime(words.get('liveness') ?? '');
  const readiness = words.get('readiness');
  const readinessUntilMs = readiness === undefined ? undefined : parseTime(readiness);
  const reason = holdReasons.find((each) => each === words.get('reason'));
  if (livenessUntilMs === undefined || reason === undefined) return undefined;
  if (readiness !== undefined && readinessUntilMs === undefined) return undefined;
  const source = words.get('for');
  return {
    livenessUntilMs,
    reason,
    ...(readinessUntilMs === undefined ? {} : { readinessUntilMs }),
    ...(source === undefined ? {} : { source }),
  };
}

/** The hold that a Pod has now: the agent lets go of it at this time, whoever is there to take it away. */
export function holdInForce(
  annotations: Readonly<Record<string, string>> | undefined,
  prefix: string,
  nowMs: number,
): Hold | undefined {
  const hold = parseHold(annotations?.[`${prefix}${holdKey}`]);
  return hold && hold.livenessUntilMs > nowMs ? hold : undefined;
}
