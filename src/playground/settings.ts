import { injectionOptions, injectionSettings } from '../config/injection.ts';
import { readOptions } from '../config/options.ts';

/** The settings of the page by the names of the command line's flags; a name that is missing or empty has its default. */
export type SettingTexts = Readonly<Record<string, string>>;

/** A setting as the page shows it. */
export type SettingField = { readonly name: string; readonly doc: string; readonly default: string };

/** What injection goes by, in the order of the page: the namespace, then the options of the webhook. */
export const settingFields: readonly SettingField[] = [
  { name: 'namespace', doc: 'where objects are that name no namespace', default: '' },
  ...Object.entries(injectionOptions).map(([name, { doc, default: byDefault }]) => ({ name, doc, default: byDefault })),
];

/** The settings that these texts mean, or one sentence for each that means nothing. */
export function readSettings(texts: SettingTexts) {
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
  const read = readOptions(injectionOptions, given, {});
  if ('problems' in read) return read;
  return { values: { ...injectionSettings(read.values), namespace: texts['namespace'] ?? '' } };
}
