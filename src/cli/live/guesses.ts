// https://kubernetes.io/docs/reference/using-api/api-concepts/
import type { V1Container } from '@kubernetes/client-node';
import { ApiError } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { type RecordedStatus, readStatus } from '../../inject/model/status.ts';
import { isAgentContainer } from '../../inject/pod/agent-container.ts';
import { type Pod, allContainers } from '../../inject/pod/pod.ts';

const timeoutMs = 5_000;

/** More guesses than a Pod has; the answer may be that of a stranger. */
const mostGuesses = 128;

/**
 * What became of the checks of a Pod that were found and not written, a sentence each: its sidecar is asked through the
 * apiserver, and tells it in its metrics.
 */
export async function guessesOf(pod: Pod, client: Client, prefix: string): Promise<readonly string[]> {
  const status = readStatus(pod, prefix);
  if (!status) return [];
  const agents = allContainers(pod).filter((container) => isGuessing(container, status));
  const answers = await Promise.all(agents.map((agent) => askAgent(pod, agent, client)));
  const hasGuess = Object.keys(status.fields['found'] ?? {}).length > 0;
  const isByCli = agents.length === 0 && hasGuess && status.patterns.includes('cli');
  return isByCli ? ['whether a check has passed that was found is known in the container only.'] : answers.flat();
}

const isGuessing = (container: V1Container, { added }: RecordedStatus): boolean =>
  added.includes(`initContainers/${container.name}`) &&
  isAgentContainer(container, 'serve') &&
  (container.args ?? []).includes('--guess');

async function askAgent({ metadata }: Pod, { args = [] }: V1Container, client: Client): Promise<string[]> {
  const [namespace = '', name = ''] = [metadata?.namespace, metadata?.name].map((text) =>
    encodeURIComponent(text ?? ''),
  );
  const port = encodeURIComponent(args[args.indexOf('--port') + 1] ?? '');
  const path = `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`;
  try {
    const text = await client.getText(path, { signal: new AbortController().signal, timeoutMs });
    return text.split('\n').flatMap(guessOf).slice(0, mostGuesses);
  } catch (error) {
    const why = error instanceof ApiError ? error.summary : (error as Error).message;
    return [`whether the checks have passed that were found is not known, since the sidecar cannot be asked: ${why}.`];
  }
}

/** Such as `health_probe_check_unproven{checked_container="redis",check="redis 127.0.0.1:6379"} 1`. */
function guessOf(line: string): string[] {
  const start = 'health_probe_check_unproven{checked_container="';
  const [container = '', rest = ''] = line.startsWith(start) ? line.slice(start.length).split('",check="') : [];
  const [check = '', value = ''] = rest.split('"} ');
  const name = `${container}: ${check.replaceAll('\\', '')}`;
  if (value === '1')
    return [`${name} is unproven: it has not passed since the container started, and restarts nothing.`];
  return value === '0' ? [`${name} has passed, and is a check like any other.`] : [];
}
