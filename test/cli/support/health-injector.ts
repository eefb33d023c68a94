import { type Ended, runToEnd } from '../../support/process.ts';

/** The command line, as it stands in the source. */
export const program: string = new URL('../../../src/bin/cli.ts', import.meta.url).pathname;

/** The folder of the manifests that the tests of the command line read. */
export const manifests: string = new URL('../manifests/', import.meta.url).pathname;

/** What Node compiled of the source: a start takes a third of the time. Node looks at the text of a file, and not at its age. */
const compiled: string = new URL('../../../node_modules/.cache/compiled', import.meta.url).pathname;

/** Runs the command line to its end, as a user would from a shell. */
export const healthInjector = (
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> =>
  runToEnd(process.execPath, [program, ...args], {
    input,
    env: { NODE_COMPILE_CACHE: compiled, ...process.env, ...env },
  });
