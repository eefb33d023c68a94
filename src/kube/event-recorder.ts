// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { hash } from 'node:crypto';
import { isConflict, isNotFound } from './api-error.ts';
import type { Client } from './client.ts';
import { type Clock, microTime, systemClock, withDeadline } from './clock.ts';
import { type EventInput, type NewEvent, keyOfObject, newEvent } from './event.ts';
import { createBackoff, createSemaphore, createSharedTokenBuckets, createTokenBuckets } from './flow-control.ts';

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

/** As many digits as a random name has. */
const suffixLength = 16;
const maxQueued = 256;
const callTimeoutMs = 10_000;

const keys = 4_096;
const minuteMs = 60_000;

/** client-go's limit: 25 Events about one object at once, and then one in 5 minutes. */
const perObject = { burst: 25, refillMs: 5 * minuteMs, keys };

/** An object without a namespace is shared: one namespace that fails much leaves some for the others. */
const perSharedObject = {
  common: perObject,
  reserve: { burst: 10, refillMs: 5 * minuteMs, keys },
  little: { burst: 2, refillMs: 30 * minuteMs, keys },
};

/** For a whole fleet that fails at once: 200, and then one in a second; and a reserve in the same way. */
const overall = {
  common: { burst: 200, refillMs: 1_000, keys: 1 },
  reserve: { burst: 50, refillMs: 4_000, keys: 1 },
  little: { burst: 5, refillMs: minuteMs, keys },
};

/** For durable Events; the tries take some minutes. */
const durable = { concurrency: 4, maxTries: 10, backoff: { minMs: 1_000, maxMs: 30_000 } };

/**
 * What was recorded of one object, reason and note; `path` is empty until its Event is written. The name of the Event comes
 * from the key: the next leader, which knows of none, finds it there and makes no second one.
 */
type Series = { path: string; count: number; writtenMs: number; readonly suffix: string };

/** A recorder whose load on the apiserver is bounded, until `signal` is aborted. */
export function createEventRecorder(
  { client, onOutcome, onError, controller, instance }: EventRecorderConfig,
  signal: AbortSignal,
  clock: Clock = systemClock,
): EventRecorder {
  /** In the order of their last write. */
  const seriesByKey = new Map<string, Series>();
  const takeOfObject = createTokenBuckets(perObject);
  const takeOfSharedObject = createSharedTokenBuckets(perSharedObject);
  const takeOverall = createSharedTokenBuckets(overall);
  const limitDurable = createSemaphore(durable.concurrency);
  const openDurable = new Set<Promise<void>>();
  let queued = 0;
  let last = Promise.resolve();

  const recording = () => ({ controller, instance, date: clock.date() });

  /** Creates an Event and returns its path. */
  const create = (event: NewEvent): Promise<string> =>
    withDeadline(callTimeoutMs, signal, clock, async (inner) => {
      const collection = `/apis/events.k8s.io/v1/namespaces/${event.metadata.namespace}/events`;
      try {
        await client.create(collection, event, { signal: inner });
      } catch (error) {
        // An earlier try was written, and only its answer lost; or an earlier leader has recorded the same.
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
    series.path = await create(newEvent(input, { ...recording(), suffix: series.suffix }));
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

  const mayWrite = ({ regarding, onBehalfOf = regarding.namespace ?? '' }: EventInput, nowMs: number): boolean => {
    const object = keyOfObject(regarding);
    const isOfObject = regarding.namespace
      ? takeOfObject(object, nowMs)
      : takeOfSharedObject(object, onBehalfOf, nowMs);
    return isOfObject && takeOverall('', onBehalfOf, nowMs);
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
      const key = hash('sha256', JSON.stringify([keyOfObject(regarding), reason, note]));
      const nowMs = clock.now();
      forgetOld(nowMs);
      const before = seriesByKey.get(key);
      if (before) before.count += 1;
      if (before && nowMs - before.writtenMs < seriesMs) return onOutcome('aggregated');
      if (queued >= maxQueued || !mayWrite(input, nowMs)) return onOutcome('limited');
      const series = before ?? { path: '', count: 1, writtenMs: nowMs, suffix: key.slice(0, suffixLength) };
      series.writtenMs = nowMs;
      seriesByKey.delete(key);
      seriesByKey.set(key, series);
      queued += 1;
      last = writeAfter(last, key, series, input);
    },
    eventDurable(input) {
      // Made now: its time is that of the input, whenever it is written.
      const event = newEvent(input, recording());
      const written = limitDurable(() => writeDurable(event));
      openDurable.add(written);
      void written.then(() => openDurable.delete(written));
    },
    async idle() {
      await Promise.all([last, ...openDurable]);
    },
  };
}

const notWritten = (
  { reason, regarding }: Pick<EventInput, 'reason' | 'regarding'>,
  how: 'was not written' | 'is not written yet',
  error: unknown,
): string => `An Event ${reason} about ${regarding.kind} ${regarding.name} ${how}: ${(error as Error).message}.`;
