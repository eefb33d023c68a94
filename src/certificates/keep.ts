import { createBackoff } from '../kube/flow-control.ts';
import { type Clock, systemClock } from '../kube/clock.ts';
import type { Connection } from '../kube/connection.ts';
import { follow } from '../kube/follow.ts';
import { Conflict } from '../kube/object-answer.ts';
import { configurationsPath } from './configuration-object.ts';
import { type KeepTiming, usualTiming } from './keep-timing.ts';
import { secretsPath } from './secret-object.ts';
import { type Keeping, createStep } from './step.ts';

/**
 * Keeps a certificate in the Secret, its CA in the caBundle and the webhook serving it, until `signal` is aborted; never
 * rejects. Any number of replicas may do so at once.
 */
export async function keepCertificate(
  keeping: Keeping,
  signal: AbortSignal,
  clock: Clock = systemClock,
  timing: KeepTiming = usualTiming,
): Promise<void> {
  const { connection, secret, configuration, failed } = keeping;
  const step = createStep(keeping, signal, clock, timing);
  const backOff = createBackoff(timing);
  let bell = new AbortController();
  const ring = (): void => bell.abort();
  signal.addEventListener('abort', ring);
  const followed = [
    followOne(connection, secretsPath(secret.namespace), secret.name, ring, failed, signal),
    followOne(connection, configurationsPath, configuration, ring, failed, signal),
  ];
  let told = '';
  while (!signal.aborted) {
    // Before the look, so that what happens during it is not missed.
    bell = new AbortController();
    try {
      const restMs = await step();
      backOff.reset();
      told = '';
      await clock.sleep(restMs, bell.signal);
    } catch (error) {
      const { message } = error as Error;
      if (!signal.aborted && !(error instanceof Conflict)) {
        keeping.metrics.failed();
        if (message !== told) failed(`The certificate is not as it should be: ${message}.`);
        told = message;
      }
      await clock.sleep(backOff.nextMs(), signal);
    }
  }
  await Promise.all(followed);
}

/** Rings whenever one object changes, comes or goes; what it holds is read afresh then, and none of it here. */
const followOne = (
  connection: Connection,
  path: string,
  name: string,
  ring: () => void,
  failed: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> =>
  follow(
    { connection, path, isMetadataOnly: true, fieldSelector: `metadata.name=${name}`, read: () => name },
    { reset: ring, upsert: ring, remove: ring, synced: () => {}, failed },
    signal,
  );
