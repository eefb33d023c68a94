import { defineCommand, exitCode } from '../command.ts';
import { evaluateAll } from '../evaluate.ts';
import { formatFinding } from '../finding.ts';
import { githubLine, githubMistake, sarifLog, summaryOf } from '../finding-formats.ts';
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
      value: ['text', 'json', 'github', 'sarif'],
      meaning: 'one line for each, a list for programs, annotations of GitHub Actions, or SARIF 2.1.0',
    },
    strict: { type: 'boolean', meaning: 'take warnings for errors' },
    ...settingOptions,
  },
  exitCodes: '0 nothing is wrong; 1 something is; 2 a manifest cannot be read; 64 the command line is wrong.',
  examples: [
    ['lint deploy/', 'every manifest in a folder, as FILE:LINE:COLUMN: KIND NAMESPACE/NAME: SENTENCE'],
    ['lint --strict -o json deploy/', 'for CI: warnings fail too, such as an exec probe that costs too much'],
    ['lint -o github deploy/', 'in GitHub Actions: each finding is shown at its line of the pull request'],
    ['lint -o sarif deploy/ > lint.sarif', 'for code scanning, and for all else that reads SARIF'],
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
    const unreadable = files.flatMap(({ name, manifest }) =>
      manifest.mistakes.map((message) => ({ file: name, message })),
    );
    switch (values.output) {
      case 'json':
        terminal.printJson(findings);
        break;
      case 'sarif':
        terminal.printJson(sarifLog(found, unreadable, { isStrict, directory: process.cwd() }));
        break;
      case 'github':
        terminal.printLines([...unreadable.map(githubMistake), ...findings.map(githubLine)]);
        break;
      default:
        terminal.printLines(findings.map(formatFinding));
    }
    const isForPeople = values.output !== 'json' && values.output !== 'sarif';
    const extent = { objects: objects.length, files: files.length, unreadable: unreadable.length };
    if (isForPeople) terminal.reportLines([summaryOf(findings, extent)]);
    if (mistakes.length > 0) return exitCode.unreadable;
    return findings.some(({ severity }) => severity === 'error') ? exitCode.found : exitCode.ok;
  },
});
