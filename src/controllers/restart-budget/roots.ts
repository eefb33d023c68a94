import { createSemaphore } from '../../kube/flow-control.ts';
import type { Owner, OwnerResolver } from '../../kube/owners.ts';
import type { ProbedPod } from './pod.ts';

/** What the Pods of one budget belong to. */
type BudgetOwner = { readonly key: string; readonly root: Owner };

export type BudgetOwners = {
  /** What a Pod belongs to at the end of the chain of owners; its controller itself, as long as that is not known. */
  readonly of: (pod: ProbedPod) => BudgetOwner;
  /** Has the owners of Pods in trouble looked up, and those of the others of their namespace that may have the same. */
  readonly request: (troubled: readonly ProbedPod[], ofNamespace: readonly ProbedPod[]) => void;
};

const lookUpsAtOnce = 4;
const retryMs = 5_000;

/** A few hundred bytes each. */
const mostRoots = 4_096;

/** The name of what one owner creates begins with that of the owner, such as that of the ReplicaSets of a Deployment. */
const mayBelongTo = (controller: Owner, root: Owner): boolean => controller.name.startsWith(`${root.name}-`);

/**
 * The uid of an owner alone is no key: the author of a Pod may write that of another's. With the namespace he can speak of
 * nobody but the owners of his own.
 */
const keyOf = (namespace: string, { apiVersion, kind, name, uid }: Owner): string =>
  JSON.stringify([namespace, apiVersion, kind, name, uid]);

/** The owners of budgets; `onChange` is called when one more is known. */
export function createBudgetOwners(
  { owners, onChange, nowMs }: { owners: OwnerResolver; onChange: () => void; nowMs: () => number },
  signal: AbortSignal,
): BudgetOwners {
  /** By the key of the controller. */
  const roots = new Map<string, Owner>();
  const triedMs = new Map<string, number>();
  const limit = createSemaphore(lookUpsAtOnce);

  const lookUp = async (namespace: string, controller: Owner): Promise<void> => {
    const key = keyOf(namespace, controller);
    if (roots.has(key) || nowMs() - (triedMs.get(key) ?? -Infinity) < retryMs) return;
    note(triedMs, key, nowMs());
    try {
      const root = await limit(() => owners.resolveRoot(controller, namespace, signal));
      note(roots, key, root);
      triedMs.delete(key);
      onChange();
    } catch {
      // The controller itself stands for its owner, and the next pass asks again.
    }
  };

  return {
    of({ namespace, controller }) {
      const root = roots.get(keyOf(namespace, controller)) ?? controller;
      return { key: keyOf(namespace, root), root };
    },
    request(troubled, ofNamespace) {
      const wanted = controllersOf(troubled);
      const found = [...wanted].flatMap(([key]) => roots.get(key) ?? []);
      for (const [key, pod] of controllersOf(ofNamespace)) {
        if (found.some((root) => mayBelongTo(pod.controller, root))) wanted.set(key, pod);
      }
      for (const { namespace, controller } of wanted.values()) void lookUp(namespace, controller);
    },
  };
}

/** One Pod of each controller. */
const controllersOf = (pods: readonly ProbedPod[]): Map<string, ProbedPod> =>
  new Map(pods.map((pod) => [keyOf(pod.namespace, pod.controller), pod]));

/** Forgets what was noted first; it is looked up again where it is needed. */
function note<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size > mostRoots) map.delete(map.keys().next().value ?? '');
}
