import { uninject } from '../inject/uninject.ts';
import { uninjectManifest } from '../manifest/inject-manifest.ts';
import { templateAt, withTemplate } from '../inject/workload.ts';
import { titleOf } from './consider.ts';
import type { ChangedSource } from './inject-source.ts';
import type { Source } from './read-sources.ts';

/** The source without what was injected; `done` has a line for each object, and `mistakes` one for all that was left. */
export function uninjectSource(source: Source, prefix: string): ChangedSource & { readonly done: readonly string[] } {
  const done: string[] = [];
  const left: string[] = [];
  const changed = uninjectManifest(source.text, prefix, (object) => {
    const { value, templatePath } = object;
    const template = templatePath && templateAt(value, templatePath);
    if (!templatePath || !template) return undefined;
    const without = uninject(template, prefix);
    done.push(`${titleOf(object)}: ${without ? 'uninjected' : 'skipped: Nothing was injected into it.'}`);
    left.push(...(without?.left ?? []).map((sentence) => `${titleOf(object)}: ${sentence}`));
    return without && withTemplate(value, templatePath, without.template);
  });
  const mistakes = [...left, ...changed.mistakes.map((mistake) => `${source.name}: ${mistake}`)];
  return { source, text: changed.text, done, mistakes };
}
