import { defineCommand, exitCode } from '../command.ts';
import { evaluateAll } from '../evaluate.ts';
import { formatFinding } from '../finding.ts';
import { remarksOn } from '../findings.ts';
import { injectFile } from '../inject-file.ts';
import { readContext, readManifests } from '../input.ts';
import { inPlaceOption, inputOptions, settingOptions } from '../options.ts';
import { outputFiles } from '../output.ts';
import { reportOf } from '../report.ts';

/** Writes into manifests what the webhook would add to their Pods. */
export const injectCommand = defineCommand({
  summary: 'write into manifests what the webhook would add to their Pods',
  usage: '[OPTIONS] FILE...',
  positionals: 'files',
  options: { ...inputOptions, 'in-place': inPlaceOption, ...settingOptions },
  exitCodes:
    '0 done; 1 an annotation or an object is wrong, and is as it was; 2 a manifest cannot be read; 64 the command line is wrong.',
  examples: [
    [
      'inject redis.yaml | kubectl apply -f -',
      'for a cluster without the webhook; what was done goes to standard error',
    ],
    ['inject -i deploy/', 'every manifest of a folder, comments and order kept; uninject takes it back'],
    ['inject - < redis.yaml > injected.yaml', 'standard input'],
  ],
  async run({ values, positionals, terminal }) {
    const context = readContext(values, terminal.env);
    const files = await readManifests(values, positionals, terminal);
    const objects = evaluateAll(files, context);
    const changed = files.map((file) => injectFile(file, objects, context.prefix));
    outputFiles(changed, values['in-place'] ?? false, terminal);
    const mistakes = changed.flatMap((each) => each.mistakes);
    // What could not be written was not injected, whatever was decided.
    const done = objects.filter(({ object }) => !changed.some(({ unchanged }) => unchanged?.has(object)));
    const remarks = files.flatMap((file) => remarksOn(file, objects, context.prefix));
    terminal.reportLines([...done.flatMap(reportOf), ...remarks.map(formatFinding), ...mistakes]);
    const isWrong = remarks.some(({ severity }) => severity === 'error');
    const isRefused = mistakes.length > 0 || isWrong || objects.some(({ outcome }) => outcome.kind === 'rejected');
    return isRefused ? exitCode.found : exitCode.ok;
  },
});
