import { spawn } from 'node:child_process';
import { stringify } from 'yaml';

/** Runs a program to its end; throws with what it wrote to standard error where it fails. */
export async function run(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${errors.trim() || out.trim()}`);
  return out;
}

/** Runs kubectl against `$KUBECONFIG`. */
export const kubectl = (args: readonly string[], input?: string): Promise<string> => run('kubectl', args, input);

/** Reads objects as JSON. */
export const get = async (args: readonly string[]): Promise<any> =>
  JSON.parse(await kubectl(['get', ...args, '-o', 'json']));

/** Applies objects as a user would. */
export const apply = (namespace: string, ...objects: readonly object[]): Promise<string> =>
  kubectl(['apply', '-n', namespace, '-f', '-'], objects.map((object) => stringify(object)).join('---\n'));

/** Waits until `look` gives something; throws with the last thing that it gave up on. */
export async function eventually<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  let last: unknown = 'nothing';
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what}: not seen within ${seconds} s, last: ${last}`);
}

/** Makes an empty namespace with these labels, gone with all that is in it when the tests of the file end. */
export function useNamespace(name: string, labels: Readonly<Record<string, string>> = {}): void {
  before(async () => {
    await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--wait']);
    await kubectl(['apply', '-f', '-'], stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }));
    await eventually('the service account', 30, () => get(['serviceaccount', 'default', '-n', name]));
  });
  after(() => kubectl(['delete', 'namespace', name, '--wait=false']));
}
