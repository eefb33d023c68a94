import { isConflict } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';
import { createBackoff } from '../kube/flow-control.ts';
import { type Clock, systemClock } from '../kube/clock.ts';
import { runReflector } from '../kube/reflector.ts';
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
  const { client, secret, configuration, failed } = keeping;
  const step = createStep(keeping, signal, clock, timing);
  const backOff = createBackoff(timing);
  let bell = new AbortController();
  const ring = (): void => bell.abort();
  signal.addEventListener('abort', ring);
  const followed = [
    watchOne(
      { client, path: secretsPath(secret.namespace), name: secret.name, onChange: ring, onError: failed },
      signal,
    ),
    watchOne({ client, path: configurationsPath, name: configuration, onChange: ring, onError: failed }, signal),
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
      if (!signal.aborted && !isConflict(error)) {
        keeping.metrics.failed();
        if (message !== told) failed(`The certificate is not as it should be: ${message}.`);
        told = message;
      }
      await clock.sleep(backOff.nextMs(), signal);
    }
  }
  await Promise.all(followed);
}

type OneObject = {
  readonly client: Client;
  readonly path: string;
  readonly name: string;
  readonly onChange: () => void;
  readonly onError: (sentence: string) => void;
};

/** Calls `onChange` whenever one object changes, comes or goes. The caller reads the object itself afresh. */
const watchOne = ({ client, path, name, onChange, onError }: OneObject, signal: AbortSignal): Promise<void> =>
  runReflector(
    { client, path, metadataOnly: true, fieldSelector: `metadata.name=${name}`, transform: () => name },
    { onReplace: onChange, onUpsert: onChange, onDelete: onChange, onError },
    signal,
  );
