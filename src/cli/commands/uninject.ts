import { uninject } from '../../inject/uninject.ts';
import { type Edit, uninjectManifest } from '../../manifest/edit.ts';
import { templateAt, withTemplate } from '../../inject/workload.ts';
import { defineCommand, exitCode } from '../command.ts';
import { titleOf } from '../evaluate.ts';
import { type ManifestFile } from '../files.ts';
import { readContext, readManifests } from '../input.ts';
import { inPlaceOption, inputOptions, settingOptions } from '../options.ts';
import { type ChangedFile, outputFiles } from '../output.ts';

/** Takes out of manifests what inject wrote into them. */
export const uninjectCommand = defineCommand({
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
    const { prefix } = readContext(values, terminal.env);
    const files = await readManifests(values, positionals, terminal);
    const changed = files.map((file) => uninjectFile(file, prefix));
    outputFiles(changed, values['in-place'] ?? false, terminal);
    const mistakes = changed.flatMap((each) => each.mistakes);
    terminal.reportLines([...changed.flatMap(({ done }) => done), ...mistakes]);
    return mistakes.length > 0 ? exitCode.found : exitCode.ok;
  },
});

/** The file without what was injected; `done` has a line for each object, and `mistakes` one for all that was left. */
function uninjectFile(file: ManifestFile, prefix: string): ChangedFile & { readonly done: readonly string[] } {
  const results = file.manifest.objects.flatMap((object) => {
    const { value, templatePath } = object;
    const template = templatePath && templateAt(value, templatePath);
    return template ? [{ object, templatePath, without: uninject(template, prefix) }] : [];
  });
  const edits = results.flatMap(({ object, templatePath, without }): Edit[] =>
    without ? [{ object, wanted: withTemplate(object.value, templatePath, without.template) }] : [],
  );
  const { text, mistakes, unchanged } = uninjectManifest(file.manifest, edits, prefix);
  const left = results.flatMap(({ object, without }) =>
    (without?.left ?? []).map((sentence) => `${titleOf(object)}: ${sentence}`),
  );
  return {
    file,
    text,
    unchanged,
    done: results
      .filter(({ object }) => !unchanged?.has(object))
      .map(
        ({ object, without }) =>
          `${titleOf(object)}: ${without ? 'uninjected' : 'skipped: Nothing was injected into it.'}`,
      ),
    mistakes: [...left, ...mistakes.map((mistake) => `${file.name}: ${mistake}`)],
  };
}
