import { defineCommand, exitCode } from '../command.ts';
import { evaluateAll } from '../evaluate.ts';
import { formatFinding } from '../finding.ts';
import { findingsIn, mistakesIn } from '../findings.ts';
import { readContext, readManifestsLeniently } from '../input.ts';
import { inputOptions, settingOptions } from '../options.ts';

/** Says what is wrong with the annotations of manifests, and where. */
export const lintCommand = defineCommand({
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
    const context = readContext(values, terminal.env);
    const files = await readManifestsLeniently(values, positionals, terminal);
    const mistakes = files.flatMap(mistakesIn);
    terminal.reportLines(mistakes);
    const objects = evaluateAll(files, context);
    const found = files.flatMap((file) => findingsIn(file, objects, context));
    const isStrict = values.strict ?? false;
    const findings = found.map((finding) =>
      isStrict && finding.severity === 'warning' ? Object.assign({}, finding, { severity: 'error' as const }) : finding,
    );
    if (values.output === 'json') terminal.printJson(findings);
    else terminal.printLines(findings.map(formatFinding));
    if (mistakes.length > 0) return exitCode.unreadable;
    return findings.some(({ severity }) => severity === 'error') ? exitCode.found : exitCode.ok;
  },
});
