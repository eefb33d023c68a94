import { defineCommand, exitCode } from '../command.ts';
import { type Finding, findingsIn, formatFinding } from '../findings.ts';
import { load } from '../load.ts';
import { policyFindings } from '../policy-findings.ts';
import { inputOptions, settingOptions } from '../shared-options.ts';

/** Says what is wrong with the annotations of manifests, and where. */
export const lint = defineCommand({
  summary: 'say what is wrong with the annotations of manifests, and where',
  usage: '[OPTIONS] FILE...',
  positionals: 'files',
  options: {
    ...inputOptions,
    output: {
      type: 'string',
      short: 'o',
      value: ['text', 'json'],
      meaning: 'one line for each, or a list for programs',
    },
    strict: { type: 'boolean', meaning: 'take warnings for errors' },
    ...settingOptions,
  },
  exitCodes: '0 nothing is wrong; 1 something is; 2 a manifest cannot be read; 64 the command line is wrong.',
  examples: [
    ['lint deploy/', 'every manifest in a folder, as FILE:LINE:COLUMN: KIND NAMESPACE/NAME: SENTENCE'],
    ['lint --strict -o json deploy/', 'for CI: warnings fail too, such as an exec probe that costs too much'],
    ['lint - < redis.yaml', 'standard input'],
  ],
  async run({ values, positionals, terminal }) {
    const loaded = await load(values, positionals, terminal, true);
    if (typeof loaded === 'number') return loaded;
    const { context, sources, manifests } = loaded;
    const found = sources.flatMap((source) =>
      [
        ...manifests
          .filter((manifest) => manifest.source === source)
          .flatMap((manifest) => findingsIn(manifest, context.prefix)),
        ...policyFindings(source, context),
      ].toSorted(byPlace),
    );
    const findings = values.strict ? found.map((finding) => ({ ...finding, severity: 'error' as const })) : found;
    terminal.print(
      values.output === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(formatFinding).join(''),
    );
    if (loaded.mistakes.length > 0) return exitCode.unreadable;
    return findings.some(({ severity }) => severity === 'error') ? exitCode.found : exitCode.ok;
  },
});

const byPlace = (a: Finding, b: Finding): number => a.line - b.line || a.column - b.column;
