import { isAgentContainer } from '../pod/agent-container.ts';
import { type Pod, allContainers } from '../pod/pod.ts';
import { readStatus } from './status.ts';

/** What a sidecar says of a check that was found and not written. */
export type Guess = { readonly container: string; readonly check: string; readonly isProven: boolean };

/** An agent that a Pod runs as a sidecar, and where it listens. */
export type ServingAgent = { readonly name: string; readonly port: number };

/** The sidecars that the webhook added. Anyone may have written the Pod: each has a port that an agent could have. */
export const servingAgents = (pod: Pod, prefix: string): readonly ServingAgent[] =>
  servingWith(pod, prefix, () => true);

/** Whether a Pod runs its checks on trial, without a probe: its agents count what the probes would have done. */
export const isOnTrial = (pod: Pod, prefix: string): boolean => readStatus(pod, prefix)?.fields['trial'] === true;

/** The ports of all sidecars that were injected into a Pod. */
export const sidecarPorts = (pod: Pod, prefix: string): readonly number[] =>
  servingAgents(pod, prefix).map(({ port }) => port);

/** The ports at which the sidecars of a Pod tell, in their metrics, whether what was found and not written has passed. */
export const guessPorts = (pod: Pod, prefix: string): readonly number[] =>
  servingWith(pod, prefix, (args) => args.includes('--guess')).map(({ port }) => port);

/** The sidecars of a Pod with a check of such a scheme, whatever else they check. */
export const agentsWithScheme = (
  pod: Pod,
  prefix: string,
  isWanted: (scheme: string) => boolean,
): readonly ServingAgent[] =>
  servingWith(pod, prefix, (args) => args.some((arg) => isWanted(String(arg).split(':', 1)[0] ?? '')));

function servingWith(
  pod: Pod,
  prefix: string,
  isWanted: (args: readonly string[]) => boolean,
): readonly ServingAgent[] {
  const serving = allContainers(pod).filter(
    (container) => isAgentContainer(container, 'serve') && isWanted(container.args ?? []),
  );
  // Few Pods have one, and only of these is the status read.
  if (serving.length === 0) return [];
  const added = new Set(readStatus(pod, prefix)?.added);
  return serving.flatMap(({ name, args = [] }) => {
    const port = Number(args[args.indexOf('--port') + 1]);
    const isPort = Number.isInteger(port) && port >= 1_024 && port <= 65_535;
    return added.has(`initContainers/${name}`) && isPort ? [{ name, port }] : [];
  });
}

/** More guesses than a Pod has; the answer may be that of a stranger. */
const mostGuesses = 128;

/** The guesses in the metrics of a sidecar. */
export const readGuesses = (metrics: string): readonly Guess[] =>
  metrics.split('\n').flatMap(readGuess).slice(0, mostGuesses);

/** Such as `health_probe_check_unproven{checked_container="redis",check="redis 127.0.0.1:6379"} 1`. */
function readGuess(line: string): Guess[] {
  const start = 'health_probe_check_unproven{checked_container="';
  const [container = '', rest = ''] = line.startsWith(start) ? line.slice(start.length).split('",check="') : [];
  const [check = '', value = ''] = rest.split('"} ');
  if (value !== '0' && value !== '1') return [];
  return [{ container, check: check.replaceAll('\\', ''), isProven: value === '0' }];
}
