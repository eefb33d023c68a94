// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { type Clock, systemClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { type EventObject, type Happening, type Reporter, eventOf } from './event-object.ts';
import { createEventRecord, unwritten } from './event-record.ts';
import { microTime } from './clock.ts';
import { messageOf, readAnswer } from './read-answer.ts';
import { createTokenBuckets } from './flow-control.ts';
import { withDeadline } from './clock.ts';

/** What became of a happening: an Event, one more of a series, or nothing. */
export const eventOutcomes = ['created', 'patched', 'folded', 'limited', 'failed'] as const;

export type EventOutcome = (typeof eventOutcomes)[number];

/** Where Events are written, and who hears what became of them. */
export type EventWriting = Reporter & {
  readonly connection: Connection;
  readonly counted: (outcome: EventOutcome) => void;
  readonly failed: (sentence: string) => void;
};

/** Writes Events in the background, in their order. */
export type EventWriter = {
  /** Never throws and never waits. */
  readonly write: (happening: Happening) => void;
  /**
   * Writes what somebody has to find later: past all limits, always as an Event of its own, and again where it fails.
   * Only for what happens as often as a person does something. Never throws and never waits.
   */
  readonly record: (happening: Happening) => void;
  /** Resolves when nothing is left to write. */
  readonly idle: () => Promise<void>;
};

/** How often a series is written at most; in between, it is only counted. */
const seriesMs = 5 * 60_000;

/** The apiserver forgets an Event an hour after it was last written. */
const forgetMs = 60 * 60_000;

const knownLimit = 4_096;
const queueLimit = 256;
const callMs = 10_000;
const answerBytes = 1024 * 1024;

/** As client-go has it: 25 Events about one object at once, and then one in 5 minutes. */
const perObject = { burst: 25, refillMs: 5 * 60_000, keys: 4_096 };

/** A whole fleet that falls ill at once: 200, and then one in a second. */
const together = { burst: 200, refillMs: 1_000, keys: 1 };

/** What was said of an object, how often, and the path of its Event once there is one. */
type Known = { path: string; count: number; writtenMs: number };

/** A writer whose load on the apiserver is bounded, whatever happens how often to how many objects, until `signal` is aborted. */
export function createEventWriter(
  { connection, counted, failed, ...reporter }: EventWriting,
  signal: AbortSignal,
  clock: Clock = systemClock,
): EventWriter {
  /** Those last written stand last. */
  const all = new Map<string, Known>();
  const mayForObject = createTokenBuckets(perObject);
  const mayTogether = createTokenBuckets(together);
  let queued = 0;
  let last = Promise.resolve();

  const forget = (nowMs: number): void => {
    for (const [key, { writtenMs }] of all) {
      if (nowMs - writtenMs < forgetMs && all.size <= knownLimit) return;
      all.delete(key);
    }
  };

  const send = (method: 'POST' | 'PATCH', path: string, body: object) =>
    withDeadline(callMs, signal, clock, async (inner) =>
      readAnswer(await connection.send(method, path, body, { signal: inner }), answerBytes),
    );

  const post = async (event: EventObject): Promise<string> => {
    const collection = `/apis/events.k8s.io/v1/namespaces/${event.metadata.namespace}/events`;
    const answer = await send('POST', collection, event);
    // One that is there was written by an earlier try: no name is made twice.
    if (answer.status !== 201 && answer.status !== 409) throw new Error(`the answer was ${messageOf(answer)}`);
    return `${collection}/${event.metadata.name}`;
  };

  const records = createEventRecord({ post, counted, failed }, signal, clock);

  const put = async (known: Known, happening: Happening): Promise<EventOutcome> => {
    if (known.path) {
      const series = { count: known.count, lastObservedTime: microTime(clock.date()) };
      const answer = await send('PATCH', known.path, { series });
      if (answer.status === 200) return 'patched';
      if (answer.status !== 404) throw new Error(`the answer was ${messageOf(answer)}`);
      known.count = 1;
    }
    known.path = await post(eventOf(happening, reporter, clock.date()));
    return 'created';
  };

  const writeAfter = async (earlier: Promise<void>, key: string, known: Known, happening: Happening): Promise<void> => {
    await earlier;
    try {
      if (!signal.aborted) counted(await put(known, happening));
    } catch (error) {
      // What is said next of it is an Event again.
      if (all.get(key) === known) all.delete(key);
      if (signal.aborted) return;
      counted('failed');
      failed(unwritten(happening, 'was not written', error));
    } finally {
      queued -= 1;
    }
  };

  const write = (happening: Happening): void => {
    const { regarding, reason, note } = happening;
    const key = JSON.stringify([regarding.uid, reason, note]);
    const nowMs = clock.now();
    forget(nowMs);
    const before = all.get(key);
    if (before) before.count += 1;
    if (before && nowMs - before.writtenMs < seriesMs) return counted('folded');
    if (queued >= queueLimit || !mayForObject(regarding.uid, nowMs) || !mayTogether('', nowMs)) {
      return counted('limited');
    }
    const known = before ?? { path: '', count: 1, writtenMs: nowMs };
    known.writtenMs = nowMs;
    all.delete(key);
    all.set(key, known);
    queued += 1;
    last = writeAfter(last, key, known, happening);
  };

  return {
    write,
    record: (happening) => records.record(eventOf(happening, reporter, clock.date())),
    async idle() {
      await Promise.all([last, records.idle()]);
    },
  };
}
