import { quote } from '../../check/check.ts';
import type { AnnotationMap, AnnotationSet } from '../model/intent.ts';
import type { Collector } from '../model/problems.ts';

/**
 * Gives the keys of a container that is named by its beginning and its end, with `_` for what is between, to the
 * container that is meant: the name of a container has up to 63 characters, and so has all that stands behind the slash
 * of a key. No name holds a `_`, so that none is taken for another. What names no container, or several, stays as it is.
 */
export function withFullNames(
  written: AnnotationSet,
  names: readonly string[],
  { prefix, collector }: { readonly prefix: string; readonly collector: Collector },
): AnnotationSet {
  if (![...written.containers.keys()].some((name) => name.includes('_'))) return written;
  const containers = new Map<string, AnnotationMap>(
    [...written.containers].filter(([name]) => !name.includes('_') || names.includes(name)),
  );
  for (const [short, values] of written.containers) {
    if (containers.has(short)) continue;
    const [name, another] = names.filter((each) => isShortFor(short, each));
    if (name === undefined || another !== undefined) {
      containers.set(short, values);
      continue;
    }
    const merged = new Map(containers.get(name));
    for (const [key, value] of values) {
      const other = merged.get(key);
      // What a policy says comes after what the Pod says.
      if (other?.annotation.startsWith(prefix)) {
        const received = `received ${quote(key)} twice for container ${quote(name)}`;
        collector.addProblem({ annotation: value.annotation, received, expected: `${other.annotation} or this one` });
      }
      merged.set(key, value);
    }
    containers.set(name, merged);
  }
  return { ...written, containers };
}

/** Why a name is that of no container, as a clause. */
export function unknownName(name: string, names: readonly string[]): string {
  const found = name.includes('_') ? names.filter((each) => isShortFor(name, each)) : [];
  return found.length > 1
    ? `${quote(name)} stands for ${found.join(' and ')}`
    : `the Pod has no container ${quote(name)} to check`;
}

function isShortFor(short: string, name: string): boolean {
  const at = short.indexOf('_');
  const [beginning, end] = [short.slice(0, at), short.slice(at + 1)];
  return beginning.length + end.length <= name.length && name.startsWith(beginning) && name.endsWith(end);
}
