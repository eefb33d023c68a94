import { readManifest } from '../manifest/documents.ts';
import { readPolicyFiles } from '../policy/files.ts';
import { fillStore } from '../policy/objects.ts';
import { createStore } from '../policy/store.ts';
import { version } from '../config/options.ts';
import { type Terminal, UserError, type Values, exitCode } from './command.ts';
import { evaluationContext } from './context.ts';
import type { EvaluationContext } from './evaluate.ts';
import { type ManifestFile, isKustomized, readTexts } from './files.ts';
import { mistakesIn } from './findings.ts';
import { type inputOptions, readSettingOptions, type settingOptions } from './options.ts';

/** Reads what injection goes by: flags, environment variables, and the files of policies that they name. */
export function readContext(values: Values<typeof settingOptions>, env: Terminal['env']): EvaluationContext {
  const settings = readSettingOptions(values, env);
  const store = createStore(settings.prefix);
  if (settings.policies !== '') {
    const files = readPolicyFiles(settings.policies);
    if (files.mistakes.length > 0) throw new UserError(exitCode.unreadable, files.mistakes);
    fillStore(store, files);
  }
  return evaluationContext({ ...settings, version, namespace: values.namespace ?? '' }, store, Date.now);
}

/** Reads and parses the manifests that a command line names, each document of which has to be readable. */
export async function readManifests(
  values: Values<typeof inputOptions>,
  positionals: readonly string[],
  terminal: Terminal,
): Promise<readonly ManifestFile[]> {
  const files = await readManifestsLeniently(values, positionals, terminal);
  const mistakes = files.flatMap(mistakesIn);
  if (mistakes.length > 0) throw new UserError(exitCode.unreadable, mistakes);
  return files;
}

/** The same where a document that cannot be read only counts for nothing. */
export async function readManifestsLeniently(
  { file = [] }: Values<typeof inputOptions>,
  positionals: readonly string[],
  { readStandardInput }: Terminal,
): Promise<readonly ManifestFile[]> {
  const names = [...file, ...positionals];
  if (names.length === 0) {
    const sentence = 'No manifest is named: name a file or a folder, or - for standard input.';
    throw new UserError(exitCode.usage, [sentence]);
  }
  const texts = await readTexts(names, readStandardInput);
  return texts.map((source) =>
    Object.assign({ manifest: readManifest(source.text), isKustomized: isKustomized(source) }, source),
  );
}
