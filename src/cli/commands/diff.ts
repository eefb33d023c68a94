import { styleText } from 'node:util';
import { defineCommand, exitCode } from '../command.ts';
import { unifiedDiff } from '../unified-diff.ts';
import { injectSource } from '../inject-source.ts';
import { load } from '../load.ts';
import { reportOf } from '../report.ts';
import { inputOptions, settingOptions } from '../shared-options.ts';

/** Shows what inject would change. */
export const diff = defineCommand({
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
    const loaded = await load(values, positionals, terminal);
    if (typeof loaded === 'number') return loaded;
    const { context, sources, manifests } = loaded;
    const changed = sources.map((source) => injectSource(source, manifests, context.prefix));
    const lines = changed.flatMap(({ source: { name, text: before }, text }) => unifiedDiff(name, before, text));
    terminal.print(lines.map((line) => `${terminal.isColoured ? coloured(line) : line}\n`).join(''));
    const refused = manifests.filter(({ outcome }) => outcome.kind === 'rejected').map(reportOf);
    const mistakes = changed.flatMap((each) => each.mistakes.map((mistake) => `${mistake}\n`));
    terminal.report([...refused, ...mistakes].join(''));
    if (refused.length + mistakes.length > 0) return exitCode.unreadable;
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
