// https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls
import { ApiError } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { type ServingAgent, readGuesses, servingAgents } from '../../inject/model/guesses.ts';
import { readStatus } from '../../inject/model/status.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import { type CheckState, readAgentState } from '../explain/agent-state.ts';

const usualTimeoutMs = 5_000;
const mostLogLines = 400;

/** What the agents of a Pod say. */
export type AgentAnswers = {
  readonly checks: readonly CheckState[];
  /** What became of the checks that were found, in sentences. */
  readonly guesses: readonly string[];
  /** What could not be asked, and why: the right that is missing, where it is one. */
  readonly unanswered: readonly string[];
};

/**
 * Asks the sidecars of a Pod through the apiserver, with the rights of the user: their metrics say what each check says
 * now, and their log when and why that changed. `client` bounds an answer, which is a stranger's.
 */
export async function askAgents(pod: Pod, client: Client, prefix: string): Promise<AgentAnswers> {
  const status = readStatus(pod, prefix);
  if (!status) return { checks: [], guesses: [], unanswered: [] };
  const answers = await Promise.all(
    servingAgents(pod, prefix).map(async (agent) => {
      const [metrics, log] = await Promise.all([readMetrics(pod, agent, client), readLog(pod, agent, client)]);
      return { agent, metrics, log, states: readAgentState({ metrics: metrics.text, log: log.text }) };
    }),
  );
  const checks = answers.flatMap(({ states }) => states);
  const guesses = answers.flatMap(({ metrics }) => readGuesses(metrics.text ?? '')).map(sentenceOf);
  const unanswered = answers.flatMap(({ agent, metrics, log, states }) => [
    ...(metrics.why === undefined
      ? []
      : [`what the checks of ${agent.name} say now is not known, since the agent cannot be asked: ${metrics.why}.`]),
    ...(log.why === undefined
      ? []
      : [`since when, and why they failed, is not known, since the log of ${agent.name} cannot be read: ${log.why}.`]),
    // A kubelet answers so, too, where the file of the log is gone.
    ...(log.why === undefined && states.length > 0 && states.every(({ since }) => since === undefined)
      ? [`since when, and why they failed, is not known, since the log of ${agent.name} says nothing of them.`]
      : []),
  ]);
  const hasGuess = Object.keys(status.fields['found'] ?? {}).length > 0;
  const isByCli = answers.length === 0 && hasGuess && status.patterns.includes('cli');
  const inside = 'whether a check has passed that was found is known in the container only.';
  return { checks, guesses: isByCli ? [inside] : guesses, unanswered };
}

/** A text, or why there is none, as a clause. */
type Reading = { readonly text: string | undefined; readonly why: string | undefined };

export const readMetrics = (pod: Pod, { port }: ServingAgent, client: Client): Promise<Reading> =>
  read(client, pod, { path: `:${port}/proxy/metrics`, resource: 'pods/proxy' });

/** What an agent says of each of its checks, with readings: a refusal where one fails. */
export const readVerbose = (pod: Pod, { port }: ServingAgent, client: Client, timeoutMs: number): Promise<Reading> =>
  read(client, pod, { path: `:${port}/proxy/readyz?verbose`, resource: 'pods/proxy', timeoutMs });

const readLog = (pod: Pod, { name }: ServingAgent, client: Client): Promise<Reading> =>
  read(client, pod, {
    path: `/log?container=${encodeURIComponent(name)}&tailLines=${mostLogLines}`,
    resource: 'pods/log',
  });

type ProxyCall = { readonly path: string; readonly resource: string; readonly timeoutMs?: number };

async function read(
  client: Client,
  { metadata }: Pod,
  { path, resource, timeoutMs = usualTimeoutMs }: ProxyCall,
): Promise<Reading> {
  const [namespace = '', name = ''] = [metadata?.namespace, metadata?.name].map((text) =>
    encodeURIComponent(text ?? ''),
  );
  try {
    const signal = new AbortController().signal;
    const text = await client.getText(`/api/v1/namespaces/${namespace}/pods/${name}${path}`, { signal, timeoutMs });
    return { text, why: undefined };
  } catch (error) {
    return { text: undefined, why: whyNot(error as Error, `get ${resource} in namespace ${namespace}`) };
  }
}

/** Why a call failed, as a clause; `right` is what the user has to be allowed. */
export function whyNot(error: Error, right: string): string {
  if (!(error instanceof ApiError)) return error.message;
  return error.status === 403 ? `you lack the right to ${right}` : error.summary;
}

const sentenceOf = ({ container, check, isProven }: ReturnType<typeof readGuesses>[number]): string =>
  isProven
    ? `${container}: ${check} has passed, and is a check like any other.`
    : `${container}: ${check} is unproven: it has not passed since the container started, and restarts nothing.`;
