import { isDeepStrictEqual } from 'node:util';
import { type Assignment, assign } from '../health/assign.ts';
import { type InjectionContext, inject } from '../health/inject.ts';
import type { HealthIntent } from '../health/intent.ts';
import { type Outcome, skipped } from '../health/outcome.ts';
import type { Problem } from '../health/problem.ts';
import { readIntent } from '../health/read-intent.ts';
import { readStatus } from '../health/status.ts';
import { findWish } from '../health/wish.ts';
import { readAnnotations } from '../health/written.ts';
import type { ManifestObject } from '../manifest/read-manifest.ts';
import type { Pod } from '../pod/pod.ts';
import type { Surroundings } from '../policies/surroundings.ts';
import { copyDown, overruled } from '../workload/copy-down.ts';
import { templateAt, withTemplate } from '../workload/template.ts';
import { podOf } from '../webhook/admission.ts';

/** The settings of the webhook for which the command line speaks, and what it knows of a namespace. */
export type ConsiderContext = InjectionContext & {
  readonly excludedNamespaces: ReadonlySet<string>;
  /** Where objects are that name no namespace; empty where that is left open. */
  readonly namespace: string;
  readonly surroundingsOf: (namespace: string) => Surroundings;
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
  /** Who asks for what, and which pattern it went to; undefined where that did not matter. */
  readonly reasoning: { readonly intent: HealthIntent; readonly assignment: Assignment } | undefined;
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
  const unchanged = { ...about, after: value, overruled: [], reasoning: undefined };
  if (problems.length > 0) {
    const pod = template as Pod;
    return { ...unchanged, pod, outcome: { kind: 'rejected', by: undefined, pod, problems } };
  }
  const isWorkload = templatePath.length > 0;
  const applied = isWorkload ? copyDown(value, undefined, templatePath, context.prefix) : value;
  const pod = podOf(templateAt(applied, templatePath));
  if (!pod) return undefined;
  if (context.excludedNamespaces.has(namespace)) {
    return { ...unchanged, pod, outcome: skipped('excluded-namespace') };
  }
  const surroundings = context.surroundingsOf(namespace);
  const outcome = inject(pod, context, surroundings);
  const isChanged = outcome.kind === 'injected' && !isDeepStrictEqual(outcome.pod, pod);
  return {
    ...about,
    after: isChanged ? withTemplate(value, templatePath, withoutCopies(outcome.pod, pod, template as Pod)) : value,
    pod,
    outcome,
    overruled: isWorkload ? overruled(applied, templatePath, context.prefix) : [],
    reasoning: retrace(pod, context, surroundings),
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

/** Takes the steps of `inject` again for what its outcome does not tell. */
function retrace(pod: Pod, context: InjectionContext, surroundings: Surroundings): Considered['reasoning'] {
  const wish = findWish(readAnnotations(pod.metadata?.annotations ?? {}, context.prefix).written, pod, surroundings);
  if (typeof wish === 'string') return undefined;
  const ours = new Set(readStatus(pod, context.prefix)?.added);
  const isByDefault = wish.by !== undefined;
  const intent = readIntent(wish.written, { pod, context, isByDefault, ours, problems: [], kept: [] });
  return { intent, assignment: assign(intent, pod, ours, []) };
}

/** What an object is called in a sentence, such as `Deployment shop/redis`. */
export function titleOf({ kind, namespace, name }: Pick<Considered, 'kind' | 'namespace' | 'name'>): string {
  if (name === '') return `${kind} without a name`;
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}
