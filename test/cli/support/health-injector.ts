import { commands } from '../../../src/cli/commands/index.ts';
import { createTerminal } from '../../../src/cli/output.ts';
import { run } from '../../../src/cli/run.ts';
import { type Ended, runToEnd } from '../../support/process.ts';

/** The command line, as it stands in the source. */
export const program: string = new URL('../../../src/bin/cli.ts', import.meta.url).pathname;

/** The folder of the manifests that the tests of the command line read. */
export const manifests: string = new URL('../manifests/', import.meta.url).pathname;

/** What Node compiled of the source: a start takes a third of the time. Node looks at the text of a file, and not at its age. */
const compiled: string = new URL('../../../node_modules/.cache/compiled', import.meta.url).pathname;

type Given = { readonly input?: string; readonly env?: Readonly<Record<string, string>> };

/**
 * Runs the command line to its end, as a user would from a shell, in a process of its own, which costs a third of a second
 * of the CPU: for what depends on the process, such as its streams and that it ends.
 */
export const healthInjector = (args: readonly string[], { input = '', env = {} }: Given = {}): Promise<Ended> =>
  runToEnd(process.execPath, [program, ...args], {
    input,
    env: { NODE_COMPILE_CACHE: compiled, ...process.env, ...env },
  });

/** Runs a command in this process: what `healthInjector` would print, and its exit code. */
export async function runHere(
  args: readonly string[],
  { input = '', env = {}, isTerminal = false }: Given & { readonly isTerminal?: boolean } = {},
): Promise<Ended> {
  let [out, errors] = ['', ''];
  const terminal = createTerminal({
    writeOut: (text) => (out += text),
    writeError: (text) => (errors += text),
    readStandardInput: () => Promise.resolve(Buffer.from(input)),
    isTerminal,
    isColoured: false,
    env: { ...process.env, ...env },
  });
  const code = await run(args, commands, terminal);
  return { code, out, errors };
}
