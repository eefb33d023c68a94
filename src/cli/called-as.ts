// https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
import { basename } from 'node:path';

/** How a process was started. */
type Started = {
  /** By these paths: that of the program, or those of Node and of the program. */
  readonly paths: readonly string[];
  readonly args: readonly string[];
};

/**
 * What the user types to call this program, and the arguments. kubectl starts `kubectl-health` for `kubectl health`, and
 * asks `kubectl_complete-health`, with the words that are there, what the last one may become.
 */
export function calledAs({ paths, args }: Started): { readonly program: string; readonly args: readonly string[] } {
  const names = paths.map((path) => basename(path).replace(/\.exe$/, ''));
  if (names.includes('kubectl_complete-health')) {
    return { program: 'kubectl health', args: ['completion', 'kubectl', '--', ...args] };
  }
  return { program: names.includes('kubectl-health') ? 'kubectl health' : 'health-injector', args };
}
