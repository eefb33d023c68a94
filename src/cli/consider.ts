import { type InjectionContext, inject } from '../inject/inject.ts';
import { type Outcome, rejected, skipped } from '../inject/outcome.ts';
import type { Problem } from '../inject/problems.ts';
import type { ManifestObject } from '../manifest/read-manifest.ts';
import type { Pod } from '../inject/pod/pod.ts';
import type { PolicyScope } from '../inject/request.ts';
import type { Settings } from '../settings.ts';
import { propagateAnnotations, shadowedAnnotations, templateAt, withTemplate } from '../inject/workload.ts';
import { podOf } from '../webhook/review.ts';

/** The settings of the webhook for which the command line speaks, and what it knows of a namespace. */
export type ConsiderContext = InjectionContext &
  Pick<Settings, 'excludedNamespaces'> & {
    /** Where objects are that name no namespace; empty where that is left open. */
    readonly namespace: string;
    readonly scopeFor: (namespace: string) => PolicyScope;
  };

/** A Pod, or a workload that makes Pods; the namespace is empty where it is left open. */
export type ConsideredObject = Pick<ManifestObject, 'kind' | 'namespace' | 'name' | 'value' | 'templatePath'>;

/** What injection does to an object. */
export type Considered = Pick<ConsideredObject, 'kind' | 'namespace' | 'name'> & {
  readonly before: object;
  /** The same object as `before` where nothing changes. */
  readonly after: object;
  readonly templatePath: readonly string[];
  /** The Pod that the webhook is asked about: with the annotations that it copies down from the workload. */
  readonly pod: Pod;
  readonly outcome: Outcome;
  /** One sentence for each annotation of the workload that does not count. */
  readonly overruled: readonly string[];
};

/**
 * Does to an object what the webhook does to its Pods; undefined for an object that has none. With problems that show
 * only in its text it is refused.
 */
export function consider(
  { kind, namespace: named, name, value, templatePath }: ConsideredObject,
  context: ConsiderContext,
  problems: readonly Problem[] = [],
): Considered | undefined {
  const template = templatePath && templateAt(value, templatePath);
  if (!templatePath || !template) return undefined;
  const namespace = named || context.namespace;
  const about = { kind, namespace, name, before: value, templatePath };
  const unchanged = { ...about, after: value, overruled: [] };
  if (problems.length > 0) {
    const pod = template as Pod;
    return { ...unchanged, pod, outcome: rejected(pod, problems) };
  }
  const isWorkload = templatePath.length > 0;
  const applied = isWorkload ? propagateAnnotations(value, undefined, templatePath, context.prefix) : value;
  const pod = podOf(templateAt(applied, templatePath));
  if (!pod) return undefined;
  if (context.excludedNamespaces.has(namespace)) {
    return { ...unchanged, pod, outcome: skipped(pod, 'excluded-namespace') };
  }
  const outcome = inject(pod, context, context.scopeFor(namespace));
  const isChanged = outcome.result === 'injected';
  return {
    ...about,
    after: isChanged ? withTemplate(value, templatePath, withoutCopies(outcome.pod, pod, template as Pod)) : value,
    pod,
    outcome,
    overruled: isWorkload ? shadowedAnnotations(applied, templatePath, context.prefix) : [],
  };
}

/** The injected template without the annotations that were only copied down: in a manifest they stand where they stood. */
function withoutCopies(injected: Pod, applied: Pod, template: Pod): Pod {
  const [before, own] = [applied.metadata?.annotations ?? {}, template.metadata?.annotations ?? {}];
  const annotations = Object.fromEntries(
    Object.entries(injected.metadata?.annotations ?? {}).filter(
      ([key]) => Object.hasOwn(own, key) || !Object.hasOwn(before, key),
    ),
  );
  return { ...injected, metadata: { ...injected.metadata, annotations } };
}

/** What an object is called in a sentence, such as `Deployment shop/redis`. */
export function titleOf({ kind, namespace, name }: Pick<Considered, 'kind' | 'namespace' | 'name'>): string {
  if (name === '') return `${kind} without a name`;
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}
