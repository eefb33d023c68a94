import { stringify } from 'yaml';
import { eventually as eventuallyMs } from '../../support/eventually.ts';
import { must } from '../../support/process.ts';
import { assertNamespaceDisclosesNothing } from './disclosure.ts';

/** Runs kubectl against `$KUBECONFIG`. */
export const kubectl = (args: readonly string[], input?: string): Promise<string> => must('kubectl', args, input);

/** Reads objects as JSON. */
export const get = async (args: readonly string[]): Promise<any> =>
  JSON.parse(await kubectl(['get', ...args, '-o', 'json']));

/** Applies objects as a user would. In the YAML of kubectl `off` is no text. */
export function apply(namespace: string, ...objects: readonly object[]): Promise<string> {
  const texts = objects.map((object) => stringify(object, { version: '1.1' }));
  return kubectl(['apply', '-n', namespace, '-f', '-'], texts.join('---\n'));
}

/** Looks twice a second until `look` gives something: what a cluster does takes its time. */
export const eventually = <T>(what: string, seconds: number, look: () => Promise<T | undefined | false>): Promise<T> =>
  eventuallyMs(what, seconds * 1_000, look, 500);

/** Makes an empty namespace with these labels, searched for secrets and gone with all that is in it when the tests of the file end. */
export function useNamespace(name: string, labels: Readonly<Record<string, string>> = {}): void {
  before(async () => {
    await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--wait']);
    await kubectl(['apply', '-f', '-'], stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }));
    await eventually('the service account', 30, () => get(['serviceaccount', 'default', '-n', name]));
  });
  after(async () => {
    await assertNamespaceDisclosesNothing(name);
    await kubectl(['delete', 'namespace', name, '--wait=false']);
  });
}
