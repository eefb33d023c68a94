// https://kubernetes.io/docs/reference/using-api/api-concepts/
import { ApiError } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { type Guess, guessPorts, readGuesses } from '../../inject/model/guesses.ts';
import { readStatus } from '../../inject/model/status.ts';
import type { Pod } from '../../inject/pod/pod.ts';

const timeoutMs = 5_000;

/**
 * What became of the checks of a Pod that were found and not written, a sentence each: its sidecar is asked through the
 * apiserver, and tells it in its metrics.
 */
export async function guessesOf(pod: Pod, client: Client, prefix: string): Promise<readonly string[]> {
  const status = readStatus(pod, prefix);
  if (!status) return [];
  const ports = guessPorts(pod, prefix);
  const answers = await Promise.all(ports.map((port) => askSidecar(pod, port, client)));
  const hasGuess = Object.keys(status.fields['found'] ?? {}).length > 0;
  const isByCli = ports.length === 0 && hasGuess && status.patterns.includes('cli');
  return isByCli ? ['whether a check has passed that was found is known in the container only.'] : answers.flat();
}

async function askSidecar({ metadata }: Pod, port: number, client: Client): Promise<string[]> {
  const [namespace = '', name = ''] = [metadata?.namespace, metadata?.name].map((text) =>
    encodeURIComponent(text ?? ''),
  );
  const path = `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`;
  try {
    const metrics = await client.getText(path, { signal: new AbortController().signal, timeoutMs });
    return readGuesses(metrics).map(sentenceOf);
  } catch (error) {
    const why = error instanceof ApiError ? error.summary : (error as Error).message;
    return [`whether the checks have passed that were found is not known, since the sidecar cannot be asked: ${why}.`];
  }
}

const sentenceOf = ({ container, check, isProven }: Guess): string =>
  isProven
    ? `${container}: ${check} has passed, and is a check like any other.`
    : `${container}: ${check} is unproven: it has not passed since the container started, and restarts nothing.`;
