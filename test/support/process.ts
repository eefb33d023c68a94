import { type SpawnOptions, spawn } from 'node:child_process';

/** How a process ended: its exit code, null after a signal, and all that it wrote. */
export type Ended = { readonly code: number | null; readonly out: string; readonly errors: string };

/** Runs a program to its end, `input` on its standard input; throws only where it cannot be started. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  { input = '', ...options }: Pick<SpawnOptions, 'cwd' | 'env'> & { readonly input?: string } = {},
): Promise<Ended> {
  const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, out, errors };
}

/** Runs a program to its end and gives back what it printed; throws with what it complained of where it fails. */
export async function must(program: string, args: readonly string[], input = ''): Promise<string> {
  const { code, out, errors } = await runToEnd(program, args, { input });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${errors.trim() || out.trim()}`);
  return out;
}
