import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { Problem } from '../health/problem.ts';
import { type Documents, readDocuments } from '../manifest/documents.ts';
import { withoutMark } from '../manifest/lines.ts';
import { type ManifestObject, objectsOf } from '../manifest/read-manifest.ts';
import { readNamespace } from '../policies/scope.ts';
import { type Considered, type ConsiderContext, consider } from './consider.ts';
import { type Place, placeIn } from './place.ts';
import type { Source } from './read-sources.ts';
import { unquoted } from './unquoted.ts';

/** A Pod or workload of a manifest, with where it stands. */
export type Manifest = Considered & {
  readonly source: Source;
  readonly object: ManifestObject;
  /** Where the key at this path of the object stands, or the last part of the path that is there. */
  readonly place: (path: readonly string[]) => Place;
};

/** Every Pod and workload of some texts, and one sentence for every document that cannot be read. */
export type AllConsidered = { readonly manifests: readonly Manifest[]; readonly mistakes: readonly string[] };

/** Considers every Pod and workload of some texts, in their order, in the namespaces that stand beside them. */
export function considerAll(sources: readonly Source[], context: ConsiderContext): AllConsidered {
  const read = sources.map((source) => {
    const text = withoutMark(source.text);
    const documents = readDocuments(text);
    return { source, text, documents, objects: objectsOf(documents) };
  });
  const mistakes = read.flatMap(({ source, documents }) =>
    documents.mistakes.map((mistake) => `${source.name}: ${mistake}`),
  );
  const within = withNamespaces(
    context,
    read.flatMap(({ objects }) => objects),
  );
  const manifests = read.flatMap(({ source, text, documents, objects }) =>
    objects.flatMap((object) => {
      const considered = consider(object, within, problemsOf(object, documents, context.prefix));
      const place = (path: readonly string[]): Place =>
        placeIn(text, documents.list[object.document], [...object.path, ...path]);
      return considered ? [Object.assign(considered, { source, object, place })] : [];
    }),
  );
  return { manifests, mistakes };
}

/** What the manifests say of a namespace comes before what else is known of it. */
function withNamespaces(context: ConsiderContext, objects: readonly ManifestObject[]): ConsiderContext {
  const namespaces = new Map(
    objects
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ name, value }) => [name, readNamespace((value['metadata'] ?? {}) as V1ObjectMeta, context.prefix)]),
  );
  const scopeFor: ConsiderContext['scopeFor'] = (name) => {
    const known = context.scopeFor(name);
    return { ...known, namespace: namespaces.get(name) ?? known.namespace };
  };
  return { ...context, scopeFor };
}

/** The annotations of a template that are no text, and ours of its workload. */
function problemsOf({ document, path, templatePath }: ManifestObject, { list }: Documents, prefix: string): Problem[] {
  if (!templatePath) return [];
  const at = (steps: readonly string[]): Problem[] =>
    unquoted(list[document], [...path, ...steps, 'metadata', 'annotations']);
  const below = at(templatePath);
  // What is told of the template need not be told twice.
  const above = at([]).filter(
    ({ annotation }) => annotation.startsWith(prefix) && !below.some((other) => other.annotation === annotation),
  );
  return [...above, ...below];
}
