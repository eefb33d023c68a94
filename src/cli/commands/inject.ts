import { defineCommand, exitCode } from '../command.ts';
import { injectSource } from '../inject-source.ts';
import { load } from '../load.ts';
import { reportOf } from '../report.ts';
import { inputOptions, settingOptions } from '../shared-options.ts';
import { inPlaceOption, writeSources } from '../write-sources.ts';

/** Writes into manifests what the webhook would add to their Pods. */
export const inject = defineCommand({
  summary: 'write into manifests what the webhook would add to their Pods',
  usage: '[OPTIONS] FILE...',
  positionals: 'files',
  options: { ...inputOptions, 'in-place': inPlaceOption, ...settingOptions },
  exitCodes:
    '0 done; 1 an annotation is wrong, and its object is as it was; 2 a manifest cannot be read; 64 the command line is wrong.',
  examples: [
    [
      'inject redis.yaml | kubectl apply -f -',
      'for a cluster without the webhook; what was done goes to standard error',
    ],
    ['inject -i deploy/', 'every manifest of a folder, comments and order kept; uninject takes it back'],
    ['inject - < redis.yaml > injected.yaml', 'standard input'],
  ],
  async run({ values, positionals, terminal }) {
    const loaded = await load(values, positionals, terminal);
    if (typeof loaded === 'number') return loaded;
    const { context, sources, manifests } = loaded;
    const changed = sources.map((source) => injectSource(source, manifests, context.prefix));
    const code = writeSources(changed, values['in-place'] ?? false, terminal);
    if (code !== exitCode.ok) return code;
    const mistakes = changed.flatMap((each) => each.mistakes);
    terminal.report([...manifests.map(reportOf), ...mistakes.map((mistake) => `${mistake}\n`)].join(''));
    const isRefused = mistakes.length > 0 || manifests.some(({ outcome }) => outcome.kind === 'rejected');
    return isRefused ? exitCode.found : exitCode.ok;
  },
});
