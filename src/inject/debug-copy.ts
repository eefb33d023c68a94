// https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/#debugging-using-a-copy-of-the-pod
import { readStatus } from './model/status.ts';
import { patternNames, patternOf } from './patterns/index.ts';
import { type Addition, probeField, probeNames } from './pod/additions.ts';
import type { Pod } from './pod/pod.ts';

/**
 * True for a copy of a Pod that is made to look into it, such as `kubectl debug --copy-to` makes: its application may be a
 * shell, which no check may restart. Whatever owner the Pod had, the copy has none.
 */
export function isDebugCopy(pod: Pod, prefix: string): boolean {
  const { name, generateName, labels, ownerReferences } = pod.metadata ?? {};
  if ((ownerReferences ?? []).length > 0) return false;
  if (isOfDebugCommand(pod)) return true;
  // Other programs copy a Pod as kubectl does: under a name of its own, and without its labels.
  if (name === undefined || generateName !== undefined || Object.keys(labels ?? {}).length > 0) return false;
  return hasWords(pod, prefix) ? lostItsProbes(pod, prefix) : carriesAgent(pod);
}

/**
 * Each other command of kubectl that creates a Pod names itself as field manager: `kubectl-create`, `kubectl-run`,
 * `kubectl-client-side-apply`. `oc debug` writes an annotation.
 */
const isOfDebugCommand = ({ metadata }: Pod): boolean =>
  Object.hasOwn(metadata?.annotations ?? {}, 'debug.openshift.io/source-container') ||
  (metadata?.managedFields ?? []).some(
    ({ manager, operation, subresource }) =>
      manager === 'kubectl' && operation === 'Update' && (subresource ?? '') === '',
  );

const hasWords = ({ metadata }: Pod, prefix: string): boolean =>
  Object.keys(metadata?.annotations ?? {}).some((key) => key.startsWith(prefix));

/** True where `status` names probes, and each of them is gone: `--keep-annotations` keeps the one and not the others. */
function lostItsProbes(pod: Pod, prefix: string): boolean {
  const added = new Set(readStatus(pod, prefix)?.added);
  if (added.size === 0) return false;
  const named = pod.spec.containers.flatMap((container) =>
    probeNames
      .map(probeField)
      .filter((field) => added.has(`${container.name}/${field}`))
      .map((field) => container[field]),
  );
  return named.length > 0 && named.every((probe) => !probe);
}

/** True where the agent is there, and no annotation says what brought it: `kubectl debug` drops them all. */
function carriesAgent({ spec }: Pod): boolean {
  const agents = (spec.initContainers ?? []).map((value): Addition => ({ kind: 'initContainer', value }));
  const mounts = spec.containers.flatMap(({ name, volumeMounts }) =>
    (volumeMounts ?? []).map((value): Addition => ({ kind: 'volumeMount', container: name, value })),
  );
  return [...agents, ...mounts].some((addition) => patternNames.some((name) => patternOf(name).isAddedForm(addition)));
}
