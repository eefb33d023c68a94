import { defineCommand, exitCode } from '../command.ts';
import { load } from '../load.ts';
import { inputOptions, settingOptions } from '../shared-options.ts';
import { uninjectSource } from '../uninject-source.ts';
import { inPlaceOption, writeSources } from '../write-sources.ts';

/** Takes out of manifests what inject wrote into them. */
export const uninject = defineCommand({
  summary: 'take out of manifests what inject wrote into them, or the webhook into a Pod',
  usage: '[OPTIONS] FILE...',
  positionals: 'files',
  options: { ...inputOptions, 'in-place': inPlaceOption, prefix: settingOptions.prefix },
  exitCodes: '0 done; 1 something was left; 2 a manifest cannot be read; 64 the command line is wrong.',
  examples: [
    ['uninject -i deploy/', 'the files as they were before inject -i'],
    ['uninject - < injected.yaml > redis.yaml', 'standard input'],
  ],
  async run({ values, positionals, terminal }) {
    const loaded = await load(values, positionals, terminal);
    if (typeof loaded === 'number') return loaded;
    const changed = loaded.sources.map((source) => uninjectSource(source, loaded.context.prefix));
    const code = writeSources(changed, values['in-place'] ?? false, terminal);
    if (code !== exitCode.ok) return code;
    const mistakes = changed.flatMap((each) => each.mistakes);
    terminal.report([...changed.flatMap(({ done }) => done), ...mistakes].map((line) => `${line}\n`).join(''));
    return mistakes.length > 0 ? exitCode.found : exitCode.ok;
  },
});
