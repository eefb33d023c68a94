// https://kubernetes.io/docs/concepts/architecture/leases/#leader-election
import { ignoreNotFound, isConflict } from './api-error.ts';
import type { Client } from './client.ts';
import { type Clock, microTime, systemClock, withDeadline } from './clock.ts';

/** Who stands for a Lease, and what it does as the leader. */
export type LeaderElectionConfig = {
  readonly client: Client;
  /** The namespace and the name of the Lease. */
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other process, an earlier one of the same Pod included. */
  readonly identity: string;
  /**
   * Called each time that the Lease is acquired. The signal is aborted as soon as the Lease may be lost. The Lease is
   * released only when the promise settles; where it rejects, leadership is given up.
   */
  readonly onStartedLeading: (signal: AbortSignal) => Promise<void> | void;
  /** Called with one sentence; the same sentence is not repeated until a try has succeeded. */
  readonly onError: (sentence: string) => void;
  /** How long other candidates wait after they last saw the Lease change; it is written in whole seconds. */
  readonly leaseDurationMs?: number;
  /** How long the leader acts after the renewal that it last knows to be written. */
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
};

/** client-go's times. They hold while no clock runs half as fast again as another. */
const defaults = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

type Lease = {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
};

/** Stands for the Lease and leads, over and over, until `signal` is aborted. Never rejects, and releases the Lease at the end. */
export async function runLeaderElection(
  config: LeaderElectionConfig,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const { client, namespace, name, identity, onStartedLeading, onError } = config;
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = { ...defaults, ...config };
  const leaseDurationSeconds = Math.ceil(leaseDurationMs / 1_000);
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const path = `${collection}/${name}`;
  /** The version of the Lease that was last seen, and when, by our own clock, it was first seen. */
  let observed = { version: '', atMs: 0 };
  let reported = '';

  const readLease = (inner: AbortSignal): Promise<Lease | undefined> =>
    ignoreNotFound(client.get<Lease>(path, { signal: inner }));

  const observe = ({ metadata: { resourceVersion: version } }: Lease): void => {
    if (version !== observed.version) observed = { version, atMs: clock.now() };
  };
  // The times in the Lease are by the holder's clock. Only that the Lease no longer changes says that the holder is gone.
  const isHeldByAnother = ({ spec }: Lease): boolean =>
    Boolean(spec?.holderIdentity) &&
    spec?.holderIdentity !== identity &&
    clock.now() < observed.atMs + (spec?.leaseDurationSeconds ?? leaseDurationSeconds) * 1_000;

  /** Acquires or renews the Lease. Returns the time until which it is surely ours; undefined where another holds it. */
  const acquireOrRenew = async (inner: AbortSignal): Promise<number | undefined> => {
    const lease = await readLease(inner);
    if (lease) observe(lease);
    if (lease && isHeldByAnother(lease)) return undefined;
    inner.throwIfAborted();
    const now = microTime(clock.date());
    const isOurs = lease?.spec?.holderIdentity === identity;
    const transitions = lease?.spec?.leaseTransitions ?? 0;
    const spec = {
      ...lease?.spec,
      holderIdentity: identity,
      leaseDurationSeconds,
      acquireTime: isOurs ? (lease.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: lease && !isOurs ? transitions + 1 : transitions,
    };
    // Taken before the write: other candidates start their timer when the write lands, so our deadline always ends first.
    const heldUntilMs = clock.now() + renewDeadlineMs;
    if (lease) await client.update(path, { ...lease, spec }, { signal: inner });
    else {
      const kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
      await client.create(collection, { ...kind, metadata: { name, namespace }, spec }, { signal: inner });
    }
    return heldUntilMs;
  };

  const tryOnce = async (timeoutMs: number, outer: AbortSignal, otherwise: number | undefined) => {
    try {
      const heldUntilMs = await withDeadline(timeoutMs, outer, clock, acquireOrRenew);
      reported = '';
      return heldUntilMs;
    } catch (error) {
      const { message } = error as Error;
      // After a conflict the next try reads what the other client wrote.
      if (!outer.aborted && !isConflict(error) && message !== reported) {
        reported = message;
        onError(`The lease ${namespace}/${name} could not be held: ${message}.`);
      }
      return otherwise;
    }
  };

  const acquire = async (): Promise<number | undefined> => {
    while (!signal.aborted) {
      const heldUntilMs = await tryOnce(renewDeadlineMs / 2, signal, undefined);
      if (heldUntilMs !== undefined) return heldUntilMs;
      await clock.sleep(retryPeriodMs * (1 + Math.random()), signal);
    }
    return undefined;
  };

  const leadUntilLost = async (acquiredUntilMs: number): Promise<void> => {
    const term = new AbortController();
    const stop = (): void => term.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const work = (async () => onStartedLeading(term.signal))().catch((error: unknown) => {
      if (!term.signal.aborted) onError(`Leading ended: ${(error as Error).message}.`);
      stop();
    });
    let heldUntilMs: number | undefined = acquiredUntilMs;
    while (!term.signal.aborted && heldUntilMs !== undefined && clock.now() < heldUntilMs) {
      await clock.sleep(Math.min(retryPeriodMs, heldUntilMs - clock.now()), term.signal);
      const leftMs: number = heldUntilMs - clock.now();
      if (leftMs > 0 && !term.signal.aborted) heldUntilMs = await tryOnce(leftMs, term.signal, heldUntilMs);
    }
    if (!term.signal.aborted) onError(`The lease ${namespace}/${name} is lost.`);
    stop();
    signal.removeEventListener('abort', stop);
    await work;
  };

  /** Lets the next candidate lead at once, rather than when the Lease runs out. */
  const release = async (): Promise<void> => {
    try {
      await withDeadline(renewDeadlineMs / 2, new AbortController().signal, clock, async (inner) => {
        const lease = await readLease(inner);
        if (lease?.spec?.holderIdentity !== identity) return;
        const now = microTime(clock.date());
        const released = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
        await client.update(path, { ...lease, spec: { ...lease.spec, ...released } }, { signal: inner });
      });
    } catch (error) {
      onError(`The lease ${namespace}/${name} could not be released, and runs out: ${(error as Error).message}.`);
    }
  };

  while (!signal.aborted) {
    const heldUntilMs = await acquire();
    if (heldUntilMs !== undefined) await leadUntilLost(heldUntilMs);
    // Also where nothing was acquired: the answer to a write may have been lost.
    await release();
    await clock.sleep(retryPeriodMs, signal);
  }
}
