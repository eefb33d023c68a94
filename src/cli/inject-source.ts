import { injectManifest } from '../manifest/inject-manifest.ts';
import type { Manifest } from './consider-all.ts';
import type { Source } from './read-sources.ts';

/** What a source is to hold, and a sentence for each object that its text did not let us change. */
export type ChangedSource = { readonly source: Source; readonly text: string; readonly mistakes: readonly string[] };

/** The source with all its objects as they were considered. */
export function injectSource(source: Source, manifests: readonly Manifest[], prefix: string): ChangedSource {
  const changes = new Map(
    manifests
      .filter((manifest) => manifest.source === source && manifest.after !== manifest.before)
      .map(({ object, after }) => [keyOf(object), after]),
  );
  const { text, mistakes } = injectManifest(source.text, prefix, (object) => changes.get(keyOf(object)));
  return { source, text, mistakes: mistakes.map((mistake) => `${source.name}: ${mistake}`) };
}

const keyOf = ({ document, path }: Manifest['object']): string => [document, ...path].join('/');
