// https://github.com/distribution/reference/blob/main/normalize.go
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
import type { V1LabelSelector } from '@kubernetes/client-node';
import type { Labels } from '../inject/model/scope.ts';

/** The forms of an image that globs are held against, made once for all globs. */
export type ImageForms = {
  /** The name as a container runtime completes it, and its last segment. */
  readonly name: string;
  readonly lastSegment: string;
  /** The same two with tag and digest. */
  readonly reference: string;
  readonly lastSegmentWithTag: string;
};

/** Takes an image apart. */
export function readImage(image: string): ImageForms {
  const name = withoutTag(image);
  return {
    name: complete(name),
    lastSegment: lastSegment(name),
    reference: complete(image),
    lastSegmentWithTag: lastSegment(image),
  };
}

/**
 * Makes the test that a glob stands for. `redis` is held against the last segment of an image's name, `bitnami/*`
 * against the whole name as a container runtime completes it (docker.io/bitnami/redis), and one with a colon or an at
 * sign (`redis:7*`) against name, tag and digest. A `*` stands for anything but a slash, `**` for anything.
 */
export function compileImageGlob(glob: string): (image: ImageForms) => boolean {
  const hasTag = glob.includes('@') || hasTagBehindName(glob);
  const isWhole = glob.includes('/');
  const matches = compileGlob(isWhole ? complete(glob) : glob);
  if (isWhole) return ({ name, reference }) => matches(hasTag ? reference : name);
  return (image) => matches(hasTag ? image.lastSegmentWithTag : image.lastSegment);
}

const hasTagBehindName = (reference: string): boolean => reference.lastIndexOf(':') > reference.lastIndexOf('/');

function withoutTag(image: string): string {
  const [reference = ''] = image.split('@', 1);
  return hasTagBehindName(reference) ? reference.slice(0, reference.lastIndexOf(':')) : reference;
}

/** What stands behind the last slash of the name; a digest is no part of the name. */
function lastSegment(reference: string): string {
  const [name = ''] = reference.split('@', 1);
  return reference.slice(name.lastIndexOf('/') + 1);
}

/** `redis` is docker.io/library/redis: the first segment is a registry only where it looks like a host. */
function complete(reference: string): string {
  const slash = reference.indexOf('/');
  if (slash < 0) return `docker.io/library/${reference}`;
  return /[.:*]|^localhost$/.test(reference.slice(0, slash)) ? reference : `docker.io/${reference}`;
}

/** One place of a glob: a character, a star that stops at a slash, or one that stops at nothing. */
type Place = { readonly kind: 'character'; readonly character: string } | { readonly kind: 'star' | 'globstar' };

/**
 * Compiles a glob to an automaton that follows all its places at once, as grep does. A backtracking regular expression
 * would take the n-th power of the text's length for a glob with n stars, and the text is a stranger's.
 */
function compileGlob(glob: string): (text: string) => boolean {
  const places: Place[] = [...glob.matchAll(/\*+|[^*]/g)].map(([part]) =>
    part.startsWith('*') ? { kind: part.length > 1 ? 'globstar' : 'star' } : { kind: 'character', character: part },
  );
  const literals = glob.split(/\*+/);
  const firstStar = places.findIndex(({ kind }) => kind !== 'character');
  const hasSingleStar = places.some(({ kind }) => kind === 'star');
  return (text) => {
    if (firstStar < 0) return text === glob;
    // Most texts fail here, by native searches; what passes matches already, unless a star must not pass a slash.
    if (!hasInOrder(text, literals)) return false;
    if (!hasSingleStar) return true;
    let current = withSkippedStars(places, [firstStar]);
    for (let at = firstStar; at < text.length && current.length > 0; at++) {
      current = withSkippedStars(places, step(places, current, text.charAt(at)));
    }
    return current.includes(places.length);
  };
}

/** Whether the text begins with the first literal, ends with the last, and holds the others between them in their order. */
function hasInOrder(text: string, literals: readonly string[]): boolean {
  const [first = '', last = ''] = [literals[0], literals.at(-1)];
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const literal of literals.slice(1, -1)) {
    const found = text.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return at <= end;
}

/** The places after one more character; ascending, each once. */
function step(places: readonly Place[], current: readonly number[], character: string): number[] {
  const next: number[] = [];
  const add = (place: number): void => {
    if (next.at(-1) !== place) next.push(place);
  };
  for (const index of current) {
    const place = places[index];
    if (place === undefined) continue;
    if (place.kind === 'character') {
      if (place.character === character) add(index + 1);
    } else if (place.kind === 'globstar' || character !== '/') add(index);
  }
  return next;
}

/** A star may stand for nothing: what follows it is a place too. */
function withSkippedStars(places: readonly Place[], current: readonly number[]): number[] {
  const all: number[] = [];
  for (const index of current) {
    let place = index;
    while (place > (all.at(-1) ?? -1)) {
      all.push(place);
      const { kind } = places[place] ?? { kind: 'character' };
      if (kind === 'character') break;
      place++;
    }
  }
  return all;
}

/** Makes the test that a label selector stands for; an empty or missing one holds for everything. */
export function compileSelector(selector: V1LabelSelector | undefined): (labels: Labels) => boolean {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const wanted = new Set(values);
    return (labels: Labels): boolean => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      switch (operator) {
        case 'In':
          return value !== undefined && wanted.has(value);
        // As in the apiserver, an object without the label is not in the list either.
        case 'NotIn':
          return value === undefined || !wanted.has(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    };
  });
  const [pair, ...otherPairs] = pairs;
  if (!pair) return (labels) => expressions.every((holds) => holds(labels));
  // A Pod is held against every policy, and most policies name one label that the Pod does not have.
  const [key, value] = pair;
  return (labels) =>
    labels[key] === value &&
    otherPairs.every((other) => labels[other[0]] === other[1]) &&
    expressions.every((holds) => holds(labels));
}
