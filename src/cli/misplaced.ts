import { readAnnotations, writtenKeys } from '../inject/intent/annotations.ts';
import { type Problem } from '../inject/model/problems.ts';
import type { ManifestObject } from '../manifest/documents.ts';
import { type Path, isFields, walkFields } from '../manifest/fields.ts';

/** Our annotations at a place of an object at which no Pod is looked for. */
export type Misplaced = {
  readonly object: ManifestObject;
  /** To the first of the annotations. */
  readonly path: Path;
  readonly message: string;
  /** The keys among them that are no keys. */
  readonly problems: readonly Problem[];
};

const mostDeep = 24;

/** What stands where neither the webhook nor the command line reads it, in the order of the text. */
export function misplacedAnnotations(objects: readonly ManifestObject[], prefix: string): Misplaced[] {
  const parts = objects.filter(({ part }) => part !== undefined);
  return objects
    .filter(({ part }) => part === undefined)
    .flatMap((object) => {
      const templates = parts.filter(
        ({ document, path }) => document === object.document && isBelow(path, object.path),
      );
      return placesIn(object, prefix)
        .filter(({ path }) => !isRead(path, object, templates))
        .flatMap(({ path, annotations }) => explain(object, { path, annotations, templates, prefix }));
    });
}

const isBelow = (path: Path, above: Path): boolean =>
  path.length > above.length && above.every((key, index) => path[index] === key);

type Place = { readonly path: Path; readonly annotations: Readonly<Record<string, string>> };

/** The maps of annotations that have some of ours. */
function placesIn({ value }: ManifestObject, prefix: string): Place[] {
  const places: Place[] = [];
  walkFields(value, mostDeep, (item, path) => {
    const annotations = path.at(-1) === 'annotations' && isFields(item) ? ownOf(item, prefix) : {};
    if (Object.keys(annotations).length > 0) places.push({ path, annotations });
    return true;
  });
  return places;
}

function ownOf(annotations: Readonly<Record<string, unknown>>, prefix: string): Readonly<Record<string, string>> {
  const written = writtenKeys.map((key) => prefix + key);
  const own = Object.entries(annotations).filter(([key]) => key.startsWith(prefix) && !written.includes(key));
  return Object.fromEntries(own.map(([key, value]) => [key, String(value)]));
}

/** The webhook reads a Pod, and of a workload that it knows the template and its own metadata. */
function isRead(
  path: Path,
  { templatePath, path: start }: ManifestObject,
  templates: readonly ManifestObject[],
): boolean {
  const place = path.join('.');
  const below = [
    ...(templatePath ? [[], templatePath] : []),
    ...templates.map((template) => template.path.slice(start.length)),
  ];
  return below.some((each) => [...each, 'metadata', 'annotations'].join('.') === place);
}

function explain(
  object: ManifestObject,
  {
    path,
    annotations,
    templates,
    prefix,
  }: Place & { readonly templates: readonly ManifestObject[]; readonly prefix: string },
): Misplaced[] {
  const { kind } = object;
  const inject = `${prefix}inject`;
  const keys = Object.keys(annotations).filter((key) => kind !== 'Namespace' || key !== inject);
  const [first] = keys;
  if (first === undefined) return [];
  const what = keys.length === 1 ? `${first} stands` : `${keys.length} annotations, ${first} first, stand`;
  const isOwn = path.join('.') === 'metadata.annotations';
  const known = Object.fromEntries(keys.map((key) => [key, annotations[key] ?? '']));
  const { problems } = readAnnotations(known, prefix);
  return [
    {
      object,
      path: [...path, first],
      message: `${what} ${isOwn ? reasonFor(object, templates, prefix) : elsewhere(path)}`,
      problems,
    },
  ];
}

function reasonFor({ kind }: ManifestObject, templates: readonly ManifestObject[], prefix: string): string {
  if (kind === 'Namespace')
    return `on a Namespace, which takes only ${prefix}inject: annotate its Pods, or write a HealthPolicy.`;
  const [template] = templates;
  if (!template) {
    return `on a ${kind} in which no Pod template is found: annotate the Pods that it makes, or write a HealthPolicy.`;
  }
  const places = templates.map(({ part }) => `${part}.metadata.annotations`);
  return `on the ${kind}, from which the webhook copies nothing to its Pods; what counts stands at ${places.join(' or ')}.`;
}

const elsewhere = (path: Path): string =>
  `at ${path.join('.')}, where no Pod template is found: the webhook reads it only if it comes to a Pod.`;
