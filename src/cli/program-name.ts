// https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
import { basename } from 'node:path';

/** What the user types to call this program, by the paths that it was started by: kubectl starts `kubectl-health` for `kubectl health`. */
export const programName = (paths: readonly string[]): string =>
  paths.some((path) => /^kubectl-health(\.exe)?$/.test(basename(path))) ? 'kubectl health' : 'health-injector';
