import { styleText } from 'node:util';
import { defineCommand, exitCode } from '../command.ts';
import { evaluateAll } from '../evaluate.ts';
import { formatFinding } from '../finding.ts';
import { remarksOn } from '../findings.ts';
import { injectFile } from '../inject-file.ts';
import { readContext, readManifests } from '../input.ts';
import { inputOptions, settingOptions } from '../options.ts';
import { reportOf } from '../report.ts';
import { unifiedDiff } from '../unified-diff.ts';

/** Shows what inject would change. */
export const diffCommand = defineCommand({
  summary: 'show what inject would change, as diff -u does',
  usage: '[OPTIONS] FILE...',
  positionals: 'files',
  options: { ...inputOptions, ...settingOptions },
  exitCodes:
    '0 nothing would change; 1 something would; 2 an annotation is wrong, or a manifest cannot be read; 64 the command line is wrong.',
  examples: [
    ['diff redis.yaml', 'in colour on a terminal, unless NO_COLOR is set'],
    ['diff deploy/ | patch -p0', 'the same as inject --in-place deploy/'],
  ],
  async run({ values, positionals, terminal }) {
    const context = readContext(values, terminal.env);
    const files = await readManifests(values, positionals, terminal);
    const objects = evaluateAll(files, context);
    const changed = files.map((file) => injectFile(file, objects, context.prefix));
    const lines = changed.flatMap(({ file, text }) => unifiedDiff(file.name, file.text, text));
    terminal.printText(lines.map((line) => `${line}\n`).join(''), coloured);
    const refused = objects.filter(({ outcome }) => outcome.kind === 'rejected').flatMap(reportOf);
    const mistakes = changed.flatMap((each) => each.mistakes);
    const remarks = files.flatMap((file) => remarksOn(file, objects, context.prefix));
    terminal.reportLines([...refused, ...remarks.map(formatFinding), ...mistakes]);
    const isWrong = remarks.some(({ severity }) => severity === 'error');
    if (isWrong || refused.length + mistakes.length > 0) return exitCode.unreadable;
    return lines.length > 0 ? exitCode.found : exitCode.ok;
  },
});

function coloured(line: string): string {
  if (line.startsWith('---') || line.startsWith('+++')) return styled('bold', line);
  const colour = ({ '+': 'green', '-': 'red', '@': 'cyan' } as const)[line.charAt(0)];
  return colour === undefined ? line : styled(colour, line);
}

/** Whether there is colour at all was decided before, by what the terminal is. */
const styled = (format: Parameters<typeof styleText>[0], line: string): string =>
  styleText(format, line, { validateStream: false });
