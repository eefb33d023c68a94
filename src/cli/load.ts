import { parseCheck } from '../check/parse.ts';
import { createStore, readNamespace } from '../policy/store.ts';
import { readPolicyFiles } from '../policy/files.ts';
import { version } from '../settings.ts';
import { type Terminal, type Values, exitCode } from './command.ts';
import type { ConsiderContext } from './consider.ts';
import { type AllConsidered, considerAll } from './consider-all.ts';
import { type Source, readSources } from './read-sources.ts';
import { type inputOptions, readSettingOptions, type settingOptions } from './shared-options.ts';

/** Texts, and every Pod and workload in them. */
export type Loaded = AllConsidered & { readonly sources: readonly Source[] };

/** Reads the settings and the manifests that a command line names; where it cannot, it says so and gives the exit code. */
export async function load(
  values: Values<typeof inputOptions & typeof settingOptions>,
  positionals: readonly string[],
  terminal: Terminal,
  isForLint = false,
): Promise<(Loaded & { readonly context: ConsiderContext }) | number> {
  const context = loadContext(values, terminal);
  if (typeof context === 'number') return context;
  const loaded = await loadManifests([...(values.file ?? []), ...positionals], context, terminal, isForLint);
  return typeof loaded === 'number' ? loaded : { context, ...loaded };
}

/** Reads what injection goes by; where it cannot, it says so and gives the exit code. */
export function loadContext(
  values: Values<typeof settingOptions>,
  { env, report }: Pick<Terminal, 'env' | 'report'>,
): ConsiderContext | number {
  const settings = readSettingOptions(values, env);
  if (typeof settings === 'string') {
    report(`${settings}\n`);
    return exitCode.usage;
  }
  const store = createStore(settings.prefix);
  if (settings.policies !== '') {
    const { policies, namespaces, mistakes } = readPolicyFiles(settings.policies);
    if (mistakes.length > 0) {
      report(`${mistakes.join('\n')}\n`);
      return exitCode.unreadable;
    }
    store.policies.reset(policies);
    store.namespaces.reset(namespaces);
  }
  const { prefix } = settings;
  return {
    ...settings,
    parseCheck,
    version,
    namespace: values.namespace ?? '',
    scopeFor(name) {
      const { namespace = readNamespace({ name }, prefix), ...rest } = store.scopeFor(name, Date.now());
      return { ...rest, namespace };
    },
  };
}

/**
 * Reads the manifests of these names; where it cannot, it says so and gives the exit code. A document that cannot be
 * read is said, and then only for `lint` the others count.
 */
export async function loadManifests(
  names: readonly string[],
  context: ConsiderContext,
  terminal: Terminal,
  isForLint = false,
): Promise<Loaded | number> {
  if (names.length === 0) {
    terminal.report('No manifest is named: name a file or a folder, or - for standard input.\n');
    return exitCode.usage;
  }
  const sources = await readSources(names, terminal.readStandardInput);
  if (typeof sources === 'string') {
    terminal.report(`${sources}\n`);
    return exitCode.unreadable;
  }
  const considered = considerAll(sources, context);
  terminal.report(considered.mistakes.map((mistake) => `${mistake}\n`).join(''));
  return considered.mistakes.length > 0 && !isForLint ? exitCode.unreadable : { sources, ...considered };
}
