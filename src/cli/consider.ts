import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import { type InjectionContext, inject } from '../health/inject.ts';
import { type Outcome, rejected, skipped } from '../health/outcome.ts';
import type { Problem } from '../health/problem.ts';
import type { ManifestObject } from '../manifest/read-manifest.ts';
import { withoutUndefined } from '../manifest/value.ts';
import type { Pod } from '../pod/pod.ts';
import type { PolicyScope } from '../policies/scope.ts';
import type { Settings } from '../settings.ts';
import { copyDown, overruled } from '../workload/copy-down.ts';
import { templateAt, withTemplate } from '../workload/template.ts';
import { podOf } from '../webhook/admission.ts';
import { type PatchOperation, createJsonPatch } from '../webhook/json-patch.ts';

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
  const applied = isWorkload ? copyDown(value, undefined, templatePath, context.prefix) : value;
  const pod = podOf(templateAt(applied, templatePath));
  if (!pod) return undefined;
  if (context.excludedNamespaces.has(namespace)) {
    return { ...unchanged, pod, outcome: skipped(pod, 'excluded-namespace') };
  }
  const outcome = inject(pod, context, context.scopeFor(namespace));
  const admitted = outcome.result === 'injected' ? admit(pod, outcome.pod) : pod;
  return {
    ...about,
    after: admitted === pod ? value : withTemplate(value, templatePath, withoutCopies(admitted, pod, template as Pod)),
    pod,
    outcome,
    overruled: isWorkload ? overruled(applied, templatePath, context.prefix) : [],
  };
}

/**
 * The Pod that an apiserver makes of the JSON Patch that the webhook sends for it; the same Pod where the patch is empty.
 * Throws where that is not the Pod that injection has made.
 */
function admit(pod: Pod, injected: Pod): Pod {
  const patch: PatchOperation[] = JSON.parse(JSON.stringify(createJsonPatch(pod, injected)));
  if (patch.length === 0) return pod;
  // A copy that shares nothing, as JSON does not: in YAML two containers may be one object, by an alias.
  const admitted = jsonPatch.applyPatch(withoutUndefined(pod) as Pod, patch, true).newDocument;
  if (!isDeepStrictEqual(admitted, withoutUndefined(injected))) {
    throw new Error("the webhook's patch does not make the Pod that was injected");
  }
  return admitted;
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
