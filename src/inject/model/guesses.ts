import { isAgentContainer } from '../pod/agent-container.ts';
import { type Pod, allContainers } from '../pod/pod.ts';
import { readStatus } from './status.ts';

/** A port of a Pod at which a sidecar tells, in its metrics, whether its guesses have passed. */
export type GuessingSidecar = { readonly name: string; readonly port: number };

/** What a sidecar says of a check that was found and not written. */
export type Guess = { readonly container: string; readonly check: string; readonly isProven: boolean };

/** The sidecars of a Pod whose check was found and not written. Anyone may have written the Pod: the port is one. */
export function guessingSidecars(pod: Pod, prefix: string): readonly GuessingSidecar[] {
  const added = new Set(readStatus(pod, prefix)?.added);
  if (added.size === 0) return [];
  return allContainers(pod).flatMap((container) => {
    const { name, args = [] } = container;
    const isOurs = added.has(`initContainers/${name}`) && isAgentContainer(container, 'serve');
    const port = Number(args[args.indexOf('--port') + 1]);
    const isPort = Number.isInteger(port) && port >= 1_024 && port <= 65_535;
    return isOurs && args.includes('--guess') && isPort ? [{ name, port }] : [];
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
