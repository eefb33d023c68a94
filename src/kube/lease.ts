// https://kubernetes.io/docs/concepts/architecture/leases/#leader-election
import { type Clock, systemClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { type Lease, createLease, readLease, updateLease } from './lease-object.ts';
import { microTime } from './clock.ts';
import { Conflict } from './object-answer.ts';
import { withDeadline } from './clock.ts';

/** Who wants to lead, and what to do then. */
export type Candidate = {
  readonly connection: Connection;
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other process, an earlier one of the same Pod included. */
  readonly identity: string;
  /**
   * Called each time that the lease is gained. The signal is aborted as soon as it may be lost; the lease is released,
   * and stood for again, only when the promise is settled. Where it rejects, the lease is given up.
   */
  readonly onStarted: (signal: AbortSignal) => Promise<void> | void;
  /** One sentence when something goes wrong; the same one is not told again before it has gone well. */
  readonly failed: (sentence: string) => void;
};

/** client-go's times: they hold for any clock that runs less than half as fast again as another. */
export type LeaseTiming = {
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
};

const usualTiming: LeaseTiming = { leaseDurationSeconds: 15, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** Stands for the lease and leads, over and over, until `signal` is aborted; never rejects, and leaves the lease free. */
export async function lead(
  { connection, namespace, name, identity, onStarted, failed }: Candidate,
  signal: AbortSignal,
  clock: Clock = systemClock,
  { leaseDurationSeconds, renewDeadlineMs, retryMs }: LeaseTiming = usualTiming,
): Promise<void> {
  const place = { connection, namespace, name };
  /** The lease as it was last seen, and when, by our own clock, it was first seen so. */
  let seen = { version: '', atMs: 0 };
  let told = '';

  const observe = ({ metadata: { resourceVersion: version } }: Lease): void => {
    if (version !== seen.version) seen = { version, atMs: clock.now() };
  };
  // The times in the lease are by the holder's clock: only that it does not change any more says that the holder is gone.
  const isHeldByAnother = ({ spec }: Lease): boolean =>
    Boolean(spec?.holderIdentity) &&
    spec?.holderIdentity !== identity &&
    clock.now() < seen.atMs + (spec?.leaseDurationSeconds ?? leaseDurationSeconds) * 1_000;

  /** Gains or renews the lease; the time until which it is surely held, or undefined where it is another's. */
  const hold = async (inner: AbortSignal): Promise<number | undefined> => {
    const held = await readLease(place, inner);
    if (held) observe(held);
    if (held && isHeldByAnother(held)) return undefined;
    inner.throwIfAborted();
    const now = microTime(clock.date());
    const isOurs = held?.spec?.holderIdentity === identity;
    const transitions = held?.spec?.leaseTransitions ?? 0;
    const spec = {
      ...held?.spec,
      holderIdentity: identity,
      leaseDurationSeconds,
      acquireTime: isOurs ? (held.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: held && !isOurs ? transitions + 1 : transitions,
    };
    // From before it is written: another's patience begins after that, however late our answer comes.
    const heldUntilMs = clock.now() + renewDeadlineMs;
    if (held) await updateLease(place, { ...held, spec }, inner);
    else await createLease(place, spec, inner);
    return heldUntilMs;
  };

  const tryToHold = async (ms: number, outer: AbortSignal, otherwise: number | undefined) => {
    try {
      const heldUntilMs = await withDeadline(ms, outer, clock, hold);
      told = '';
      return heldUntilMs;
    } catch (error) {
      const { message } = error as Error;
      // Another was faster, or somebody wrote something else into the lease: the next try will see.
      if (!outer.aborted && !(error instanceof Conflict) && message !== told) {
        told = message;
        failed(`The lease ${namespace}/${name} could not be held: ${message}.`);
      }
      return otherwise;
    }
  };

  const campaign = async (): Promise<number | undefined> => {
    while (!signal.aborted) {
      const heldUntilMs = await tryToHold(renewDeadlineMs / 2, signal, undefined);
      if (heldUntilMs !== undefined) return heldUntilMs;
      await clock.sleep(retryMs * (1 + Math.random()), signal);
    }
    return undefined;
  };

  const serve = async (gained: number): Promise<void> => {
    const term = new AbortController();
    const stop = (): void => term.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const work = (async () => onStarted(term.signal))().catch((error: unknown) => {
      if (!term.signal.aborted) failed(`Leading ended: ${(error as Error).message}.`);
      stop();
    });
    let heldUntilMs: number | undefined = gained;
    while (!term.signal.aborted && heldUntilMs !== undefined && clock.now() < heldUntilMs) {
      await clock.sleep(Math.min(retryMs, heldUntilMs - clock.now()), term.signal);
      const leftMs: number = heldUntilMs - clock.now();
      if (leftMs > 0 && !term.signal.aborted) heldUntilMs = await tryToHold(leftMs, term.signal, heldUntilMs);
    }
    if (!term.signal.aborted) failed(`The lease ${namespace}/${name} is lost.`);
    stop();
    signal.removeEventListener('abort', stop);
    await work;
  };

  /** Lets the next one in at once. */
  const release = async (): Promise<void> => {
    try {
      await withDeadline(renewDeadlineMs / 2, new AbortController().signal, clock, async (inner) => {
        const held = await readLease(place, inner);
        if (held?.spec?.holderIdentity !== identity) return;
        const now = microTime(clock.date());
        const free = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
        await updateLease(place, { ...held, spec: { ...held.spec, ...free } }, inner);
      });
    } catch (error) {
      failed(`The lease ${namespace}/${name} could not be released, and runs out: ${(error as Error).message}.`);
    }
  };

  while (!signal.aborted) {
    const gained = await campaign();
    if (gained !== undefined) await serve(gained);
    // Also where nothing was gained: the answer to a try may have been lost.
    await release();
    await clock.sleep(retryMs, signal);
  }
}
