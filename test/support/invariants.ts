import assert from 'node:assert/strict';
import type { V1Affinity } from '@kubernetes/client-node';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { contains } from './contains.ts';
import { type Pod, allContainers } from '../../src/inject/pod/pod.ts';

/** Our own annotations and the autoscaler's list are the only things that a patch may do more to than add. */
const exceptions = [
  '/metadata/annotations/health.example.com~1status',
  '/metadata/annotations/health.example.com~1problems',
  '/metadata/annotations/cluster-autoscaler.kubernetes.io~1safe-to-evict-local-volumes',
];

/** A patch only adds, and only where nothing was; an item that is inserted into a list moves the others. */
export function assertOnlyAdds(patch: readonly Operation[], input: Pod): void {
  let current: unknown = structuredClone(input);
  for (const operation of patch) {
    // A list of which a manifest says only the name is null, which holds nothing that could be lost.
    const isEmpty = at(current, operation.path) === null;
    if (!isEmpty && !exceptions.includes(operation.path)) {
      assert.equal(operation.op, 'add', `${operation.op} ${operation.path}`);
      const list = at(current, operation.path.replace(/\/[^/]*$/, ''));
      if (!Array.isArray(list))
        assert.equal(at(current, operation.path), undefined, `${operation.path} was there before`);
    }
    current = jsonPatch.applyOperation(current, structuredClone(operation)).newDocument;
  }
}

/** Everything that the user wrote is in the output, with the same value and in the same order. */
export function assertUserKept(input: Pod, output: Pod): void {
  for (const list of ['containers', 'initContainers', 'volumes'] as const) {
    const names = (input.spec[list] ?? []).map(({ name }) => name);
    const kept = (output.spec[list] ?? []).map(({ name }) => name).filter((name) => names.includes(name));
    assert.deepEqual(kept, names, `${list} keep their order`);
  }
  for (const before of allContainers(input)) {
    const after = allContainers(output).find(({ name }) => name === before.name);
    const { volumeMounts, ...rest } = before;
    // A manifest may say `volumeMounts:` and nothing more, which is null.
    const mounts = volumeMounts ?? [];
    assert(contains(after, rest), `container ${before.name} keeps every field`);
    assert.deepEqual((after?.volumeMounts ?? []).slice(0, mounts.length), mounts);
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (before[probe]) assert.deepEqual(after?.[probe], before[probe], `${before.name} keeps its ${probe}`);
    }
  }
  const { containers: _, initContainers: __, volumes, affinity, ...rest } = input.spec;
  assert(contains(output.spec, rest), 'every field of the spec is kept');
  assertAffinityKept(affinity, output.spec.affinity);
  for (const volume of volumes ?? [])
    assert.deepEqual(
      output.spec.volumes?.find(({ name }) => name === volume.name),
      volume,
    );
}

const termsOf = (affinity: V1Affinity | undefined) =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];

/** Every wish of the user's is there, at its place; a term may hold for fewer nodes than before. */
function assertAffinityKept(before: V1Affinity | undefined, after: V1Affinity | undefined): void {
  const { nodeAffinity, ...rest } = before ?? {};
  assert(contains(after ?? {}, rest), 'the affinity of Pods is kept');
  for (const [index, { matchFields = [], ...term }] of termsOf(before).entries()) {
    const now = termsOf(after)[index];
    assert(contains(now, term), 'a term of the node affinity is kept');
    assert.deepEqual((now?.matchFields ?? []).slice(0, matchFields.length), matchFields);
  }
  if (nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) {
    assert.equal(termsOf(after).length, termsOf(before).length, 'no term is added, which would let more nodes in');
  }
  const wishes = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const now = after?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  assert.deepEqual(now.slice(0, wishes.length), wishes);
}

/** Freezes a value and all that is in it, so that a write throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}

function at(value: unknown, pointer: string): unknown {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.reduce<unknown>((item, key) => (item as Record<string, unknown> | undefined)?.[key], value);
}
