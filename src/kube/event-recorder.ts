// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { hash, randomBytes } from 'node:crypto';
import { isConflict, isNotFound } from './api-error.ts';
import type { Client } from './client.ts';
import { type Clock, microTime, systemClock, withDeadline } from './clock.ts';
import { createBackoff, createSemaphore, createTokenBuckets } from './flow-control.ts';

/** The object that an Event is about; without its uid `kubectl describe` would show the Events of its namesakes too. */
export type ObjectReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
};

/** What happened to an object; `reason` and `action` are CamelCase words of the caller. */
export type EventInput = {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
};

/** What became of an input: an Event, one more of a series (at once or counted for later), or nothing. */
export const eventOutcomes = ['created', 'patched', 'aggregated', 'limited', 'failed'] as const;

export type EventOutcome = (typeof eventOutcomes)[number];

type EventRecorderConfig = {
  readonly client: Client;
  /** A qualified name, such as `health-injector`. */
  readonly controller: string;
  /** The name of the Pod. */
  readonly instance: string;
  readonly onOutcome: (outcome: EventOutcome) => void;
  readonly onError: (sentence: string) => void;
};

export type EventRecorder = {
  /**
   * Records an Event in the background. Equal inputs become one Event with a series; beyond the limits an input is
   * dropped. Never throws and never waits.
   */
  readonly event: (input: EventInput) => void;
  /**
   * Records an Event that has to be found later: beyond all limits, always as an Event of its own, with retries for some
   * minutes. Only for what is as rare as an act of a person. Never throws and never waits.
   */
  readonly eventDurable: (input: EventInput) => void;
  /** Resolves when nothing is left to write. */
  readonly idle: () => Promise<void>;
};

/** A series is written at most this often; in between it is only counted. */
const seriesMs = 5 * 60_000;

/** The apiserver deletes an Event an hour after it was last written. */
const eventTtlMs = 60 * 60_000;

const maxSeries = 4_096;
const maxQueued = 256;
const callTimeoutMs = 10_000;

/** client-go's limit: 25 Events about one object at once, and then one in 5 minutes. */
const perObject = { burst: 25, refillMs: 5 * 60_000, keys: 4_096 };

/** For a whole fleet that fails at once: 200, and then one in a second. */
const overall = { burst: 200, refillMs: 1_000, keys: 1 };

/** For durable Events; the tries take some minutes. */
const durable = { concurrency: 4, maxTries: 10, backoff: { minMs: 1_000, maxMs: 30_000 } };

/** What was recorded of one object, reason and note; `path` is empty until its Event is written. */
type Series = { path: string; count: number; writtenMs: number };

/** A recorder whose load on the apiserver is bounded, until `signal` is aborted. */
export function createEventRecorder(
  { client, onOutcome, onError, controller, instance }: EventRecorderConfig,
  signal: AbortSignal,
  clock: Clock = systemClock,
): EventRecorder {
  /** In the order of their last write. */
  const seriesByKey = new Map<string, Series>();
  const takeOfObject = createTokenBuckets(perObject);
  const takeOverall = createTokenBuckets(overall);
  const limitDurable = createSemaphore(durable.concurrency);
  const openDurable = new Set<Promise<void>>();
  let queued = 0;
  let last = Promise.resolve();

  const makeEvent = (input: EventInput): NewEvent => newEvent(input, { controller, instance, date: clock.date() });

  /** Creates an Event and returns its path. */
  const create = (event: NewEvent): Promise<string> =>
    withDeadline(callTimeoutMs, signal, clock, async (inner) => {
      const collection = `/apis/events.k8s.io/v1/namespaces/${event.metadata.namespace}/events`;
      try {
        await client.create(collection, event, { signal: inner });
      } catch (error) {
        // Names are random: a conflict means that an earlier try was written, and only its answer lost.
        if (!isConflict(error)) throw error;
      }
      return `${collection}/${event.metadata.name}`;
    });

  /** Continues a series. False where the apiserver has deleted its Event. */
  const patchSeries = ({ path, count }: Series): Promise<boolean> =>
    withDeadline(callTimeoutMs, signal, clock, async (inner) => {
      const patch = { series: { count, lastObservedTime: microTime(clock.date()) } };
      try {
        await client.patch(path, patch, { signal: inner });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    });

  const write = async (series: Series, input: EventInput): Promise<EventOutcome> => {
    if (series.path) {
      if (await patchSeries(series)) return 'patched';
      series.count = 1;
    }
    series.path = await create(makeEvent(input));
    return 'created';
  };

  const writeAfter = async (earlier: Promise<void>, key: string, series: Series, input: EventInput): Promise<void> => {
    await earlier;
    try {
      if (!signal.aborted) onOutcome(await write(series, input));
    } catch (error) {
      // The next equal input is a new Event.
      if (seriesByKey.get(key) === series) seriesByKey.delete(key);
      if (signal.aborted) return;
      onOutcome('failed');
      onError(notWritten(input, 'was not written', error));
    } finally {
      queued -= 1;
    }
  };

  const writeDurable = async (event: NewEvent): Promise<void> => {
    const backoff = createBackoff(durable.backoff);
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        await create(event);
        return onOutcome('created');
      } catch (error) {
        if (signal.aborted) return;
        if (tries === durable.maxTries) {
          onOutcome('failed');
          return onError(notWritten(event, 'was not written', error));
        }
        if (tries === 1) onError(notWritten(event, 'is not written yet', error));
        await clock.sleep(backoff.nextMs(), signal);
      }
    }
  };

  const forgetOld = (nowMs: number): void => {
    for (const [key, { writtenMs }] of seriesByKey) {
      if (nowMs - writtenMs < eventTtlMs && seriesByKey.size <= maxSeries) return;
      seriesByKey.delete(key);
    }
  };

  return {
    event(input) {
      const { regarding, reason, note } = input;
      // Thousands of keys are kept for an hour, and a note may be long.
      const key = hash('sha256', JSON.stringify([regarding.uid, reason, note]));
      const nowMs = clock.now();
      forgetOld(nowMs);
      const before = seriesByKey.get(key);
      if (before) before.count += 1;
      if (before && nowMs - before.writtenMs < seriesMs) return onOutcome('aggregated');
      if (queued >= maxQueued || !takeOfObject(regarding.uid, nowMs) || !takeOverall('', nowMs)) {
        return onOutcome('limited');
      }
      const series = before ?? { path: '', count: 1, writtenMs: nowMs };
      series.writtenMs = nowMs;
      seriesByKey.delete(key);
      seriesByKey.set(key, series);
      queued += 1;
      last = writeAfter(last, key, series, input);
    },
    eventDurable(input) {
      // Made now: its time is that of the input, whenever it is written.
      const event = makeEvent(input);
      const written = limitDurable(() => writeDurable(event));
      openDurable.add(written);
      void written.then(() => openDurable.delete(written));
    },
    async idle() {
      await Promise.all([last, ...openDurable]);
    },
  };
}

const maxNoteBytes = 1024;
const maxNameLength = 253;
const maxInstanceLength = 128;

/** A name ends in a letter or a digit, also where it is cut. */
function endingInAlphanumeric(name: string): string {
  let end = name.length;
  while (end > 0 && !/[a-z0-9]/.test(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

/** An Event as the apiserver takes it: in the namespace of its object, or in `default`, under a random name. */
function newEvent(
  { regarding, type, reason, action, note }: EventInput,
  { controller, instance, date }: { readonly controller: string; readonly instance: string; readonly date: Date },
) {
  const suffix = randomBytes(8).toString('hex');
  const name = endingInAlphanumeric(regarding.name.slice(0, maxNameLength - suffix.length - 1));
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${suffix}`, namespace: regarding.namespace || 'default' },
    eventTime: microTime(date),
    type,
    reason,
    action,
    note: cutToBytes(note, maxNoteBytes),
    regarding,
    reportingController: controller,
    reportingInstance: instance.slice(0, maxInstanceLength),
  };
}

type NewEvent = ReturnType<typeof newEvent>;

function cutToBytes(text: string, limitBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limitBytes) return text;
  // A streaming decoder leaves out a character of which only the first bytes are there.
  return `${new TextDecoder().decode(bytes.subarray(0, limitBytes - 3), { stream: true })}…`;
}

const notWritten = (
  { reason, regarding }: Pick<EventInput, 'reason' | 'regarding'>,
  how: 'was not written' | 'is not written yet',
  error: unknown,
): string => `An Event ${reason} about ${regarding.kind} ${regarding.name} ${how}: ${(error as Error).message}.`;
