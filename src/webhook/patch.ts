import type { V1Container } from '@kubernetes/client-node';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Pod } from '../pod/pod.ts';

/**
 * The JSON Patch (RFC 6902) that turns `before` into `after`. An item that is inserted into `initContainers` is one
 * `add` at its place, since a plain comparison would rewrite every container behind it; parts that are the same
 * object on both sides are not looked at.
 */
export function diff(before: Pod, after: Pod): Operation[] {
  const operations: Operation[] = [];
  const aligned = alignInitContainers(before, after, operations);
  return [...operations, ...jsonPatch.compare(aligned as object, after as object)];
}

function alignInitContainers(before: Pod, after: Pod, operations: Operation[]): Pod {
  const old = before.spec.initContainers;
  const wanted = after.spec.initContainers;
  if (!old || !wanted || old === wanted) return before;
  const rest = new Map(old.map((container) => [container.name, container]));
  const aligned = wanted.map((container, index): V1Container => {
    const known = rest.get(container.name);
    if (known) return known;
    operations.push({ op: 'add', path: `/spec/initContainers/${index}`, value: container });
    return container;
  });
  return { ...before, spec: { ...before.spec, initContainers: aligned } };
}
