import { isDeepStrictEqual } from 'node:util';
import type { V1ObjectMeta, V1PodTemplateSpec, V1ResourceQuota } from '@kubernetes/client-node';
import jsonPatch from 'fast-json-patch';
import { type LimitRange, readRules } from '../inject/fit/rules.ts';
import type { InjectionContext } from '../inject/decide.ts';
import { hintsFor, unknownInject } from '../inject/hints.ts';
import { inject } from '../inject/inject.ts';
import { type Outcome, rejected, skipped } from '../inject/outcome.ts';
import type { Problem } from '../inject/model/problems.ts';
import type { ManifestObject } from '../manifest/documents.ts';
import { withoutUndefined } from '../manifest/fields.ts';
import type { Pod } from '../inject/pod/pod.ts';
import { type PolicyScope } from '../inject/model/scope.ts';
import { misshapenPolicyField } from '../policy/shape.ts';
import { readNamespace } from '../policy/store.ts';
import { type PatchOperation, createJsonPatch } from '../webhook/json-patch.ts';
import { uninject } from '../inject/uninject.ts';
import { podOf } from '../webhook/admission.ts';
import { propagateAnnotations, shadowedAnnotations } from '../inject/workload.ts';
import { templateAt, withTemplate } from '../inject/workload.ts';
import type { ManifestFile } from './files.ts';
import { type LeftAlone, bareWorkload, kustomizePatch, misshapen, unrendered } from './left-alone.ts';
import { nonStringAnnotations } from './locate.ts';
import { bounded } from './visible.ts';

/** The settings of the webhook for which the command line speaks, and what it knows of a namespace. */
export type EvaluationContext = InjectionContext & {
  readonly excludedNamespaces: ReadonlySet<string>;
  /** Where objects are that name no namespace; empty where that is left open. */
  readonly namespace: string;
  readonly scopeFor: (namespace: string) => PolicyScope;
};

/** A Pod, or a workload that makes Pods; the namespace is empty where it is left open. */
export type Evaluable = Pick<
  ManifestObject,
  'kind' | 'namespace' | 'name' | 'value' | 'templatePath' | 'part' | 'completes'
>;

/** What injection does to an object. */
export type Evaluation = Pick<Evaluable, 'kind' | 'namespace' | 'name' | 'part'> & {
  readonly before: object;
  /** The same object as `before` where nothing changes. */
  readonly after: object;
  readonly templatePath: readonly string[];
  /** The Pod that the webhook is asked about: with the annotations that it copies down from the workload. */
  readonly pod: Pod;
  readonly outcome: Outcome;
  /** One sentence for each annotation that does not count: the template says otherwise, or its prefix is none of ours. */
  readonly overruled: readonly string[];
  /** Why the namespace asks for nothing, although it seems to. */
  readonly namespaceHint?: string | undefined;
  /** Why the object is left as it is, where what stands in the manifest is no object that a cluster would take. */
  readonly leftAlone?: LeftAlone;
};

/** The same for an object of a manifest. */
export type EvaluatedObject = Evaluation & { readonly file: ManifestFile; readonly object: ManifestObject };

/** Evaluates every Pod and workload of some manifests, in their order, in the namespaces that stand beside them. */
export function evaluateAll(files: readonly ManifestFile[], context: EvaluationContext): EvaluatedObject[] {
  const within = withNamespaces(
    context,
    files.flatMap(({ manifest }) => manifest.objects),
  );
  return files.flatMap((file) =>
    file.manifest.objects.flatMap((object) => {
      const { prefix } = context;
      const leftAlone = unrendered(object.value) ?? kustomizePatch(object, file.isKustomized);
      const evaluation = evaluate(object, within, { problems: problemsOf(file, object, prefix), leftAlone });
      return evaluation ? [Object.assign(evaluation, { file, object })] : [];
    }),
  );
}

/** What the manifests say of a namespace comes before what else is known of it. */
export function withNamespaces(context: EvaluationContext, objects: readonly ManifestObject[]): EvaluationContext {
  const sound = objects.filter(({ value }) => misshapenPolicyField(value) === undefined);
  const namespaces = new Map(
    sound
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ name, value }) => [name, readNamespace((value['metadata'] ?? {}) as V1ObjectMeta, context.prefix)]),
  );
  const ruling = sound.filter(({ kind }) => kind === 'LimitRange' || kind === 'ResourceQuota');
  const rulesOf = Map.groupBy(ruling, ({ namespace }) => namespace || context.namespace);
  const scopeFor: EvaluationContext['scopeFor'] = (name) => {
    const known = context.scopeFor(name);
    const rules = rulesOf.get(name);
    const ofKind = (wanted: string) => rules?.filter(({ kind }) => kind === wanted).map(({ value }) => value) ?? [];
    return {
      ...known,
      namespace: namespaces.get(name) ?? known.namespace,
      resourceRules: rules
        ? () => readRules(ofKind('LimitRange') as LimitRange[], ofKind('ResourceQuota') as V1ResourceQuota[])
        : known.resourceRules,
    };
  };
  return { ...context, scopeFor };
}

/** The annotations of a template that are no text, and ours of its workload: the problems that only the text shows. */
function problemsOf({ manifest }: ManifestFile, object: ManifestObject, prefix: string): Problem[] {
  if (!object.templatePath) return [];
  const below = nonStringAnnotations(manifest, object, object.templatePath);
  // What the template has too is reported once.
  const reported = new Set(below.map(({ annotation }) => annotation));
  const above = nonStringAnnotations(manifest, object, []).filter(
    ({ annotation }) => annotation.startsWith(prefix) && !reported.has(annotation),
  );
  return [...above, ...below];
}

/** What is known of an object before it is evaluated. */
type Known = { readonly problems?: readonly Problem[]; readonly leftAlone?: LeftAlone | undefined };

/** Does to an object what the webhook does to its Pods; undefined for one that has none. With problems it is refused. */
export function evaluate(
  { kind, namespace: named, name, value, templatePath, part, completes }: Evaluable,
  context: EvaluationContext,
  { problems = [], leftAlone }: Known = {},
): Evaluation | undefined {
  const template = templatePath && templateAt(value, templatePath);
  if (!templatePath || !template) return undefined;
  const namespace = named || context.namespace;
  const about = { kind, namespace, name, before: value, templatePath, ...(part === undefined ? {} : { part }) };
  const unchanged = { ...about, after: value, overruled: [] };
  const leave = (why: LeftAlone): Evaluation => {
    const pod = template as Pod;
    return { ...unchanged, pod, outcome: skipped(pod, 'not-asked'), leftAlone: why };
  };
  if (leftAlone) return leave(leftAlone);
  if (problems.length > 0) {
    const pod = template as Pod;
    return { ...unchanged, pod, outcome: rejected(pod, problems) };
  }
  const oddity = misshapen(value, templatePath);
  if (oddity) {
    const pod = template as Pod;
    const isMatter = isAsked(template, value, context.scopeFor(namespace), context.prefix);
    return isMatter ? leave(oddity) : { ...unchanged, pod, outcome: skipped(pod, 'not-asked') };
  }
  const isWorkload = templatePath.length > 0;
  const applied = isWorkload ? propagateAnnotations(value, undefined, templatePath, context.prefix) : value;
  const pod = podOf(asAdmitted(templateAt(applied, templatePath), completes));
  if (!pod) return leave({ path: templatePath, severity: 'error', message: 'Its Pod template has no containers.' });
  if (context.excludedNamespaces.has(namespace)) {
    return { ...unchanged, pod, outcome: skipped(pod, 'excluded-namespace') };
  }
  const scope = context.scopeFor(namespace);
  const outcome = inject(pod, context, scope);
  const bare = outcome.by === undefined ? undefined : bareWorkload(kind, value);
  if (bare) return leave(bare);
  return {
    ...about,
    after: afterOf(value, { templatePath, template: template as Pod, pod, outcome }, context.prefix),
    pod,
    outcome,
    overruled: [
      ...(isWorkload ? shadowedAnnotations(applied, templatePath, context.prefix) : []),
      ...hintsFor([value, templateAt(value, templatePath)], context.prefix),
    ],
    namespaceHint:
      scope.namespace && outcome.result === 'not-asked' ? unknownInject(scope.namespace, context.prefix) : undefined,
  };
}

/** Whether an annotation, a policy or the namespace may ask for a check of a Pod that cannot be read. */
function isAsked(template: object, value: object, { namespace, policies }: PolicyScope, prefix: string): boolean {
  const isAnnotated = [template, value].some((object) => {
    const { annotations } = (object as { readonly metadata?: V1ObjectMeta | null }).metadata ?? {};
    return Object.keys(annotations ?? {}).some((key) => key.startsWith(prefix));
  });
  if (namespace?.inject === 'disabled') return false;
  return isAnnotated || namespace?.inject === 'enabled' || !policies.isEmpty;
}

/** The object with what injection makes of its template; the same object where that is nothing. */
function afterOf(
  value: object,
  {
    templatePath,
    template,
    pod,
    outcome,
  }: Pick<Evaluation, 'templatePath' | 'pod' | 'outcome'> & { readonly template: Pod },
  prefix: string,
): object {
  const isChanged = outcome.result === 'injected' || outcome.result === 'removed';
  const admitted = isChanged ? admit(pod, outcome.pod) : pod;
  if (admitted === pod) return value;
  const wanted =
    outcome.result === 'removed' ? uninject(template, prefix)?.template : asWritten(admitted, pod, template);
  return withTemplate(value, templatePath, wanted ?? template);
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

/**
 * A template as the webhook sees its Pod: the apiserver takes a null annotation for an empty text, and the controller
 * of a Job writes the restart policy.
 */
function asAdmitted(template: V1PodTemplateSpec | undefined, completes = false): object | undefined {
  const { annotations } = template?.metadata ?? {};
  const isNull = Object.values(annotations ?? {}).some((value: unknown) => value === null);
  const texts = Object.entries(annotations ?? {}).map(([key, value]) => [key, (value as string | null) ?? '']);
  const named = isNull ? { metadata: { ...template?.metadata, annotations: Object.fromEntries(texts) } } : {};
  const isOpen = completes && template?.spec && template.spec.restartPolicy === undefined;
  const ended = isOpen ? { spec: { ...template.spec, restartPolicy: 'Never' } } : {};
  return template && { ...template, ...named, ...ended };
}

/**
 * The injected template as a manifest holds it: without the annotations that were only copied down, which stay where
 * they stand, and without what only an admitted Pod has.
 */
function asWritten(injected: Pod, applied: Pod, template: Pod): Pod {
  const [before, own] = [applied.metadata?.annotations ?? {}, template.metadata?.annotations ?? {}];
  const annotations = Object.entries(injected.metadata?.annotations ?? {})
    .filter(([key]) => Object.hasOwn(own, key) || !Object.hasOwn(before, key))
    .map(([key, value]) => [key, value === before[key] && Object.hasOwn(own, key) ? own[key] : value]);
  const { restartPolicy, ...spec } = injected.spec;
  const written = template.spec.restartPolicy === undefined ? spec : { ...spec, restartPolicy };
  const metadata = { ...injected.metadata, annotations: Object.fromEntries(annotations) };
  return { ...injected, metadata, spec: written } as Pod;
}

/** No name that Kubernetes takes is longer. */
const maxNameLength = 253;

/** What an object is called in a sentence, such as `Deployment shop/redis`. */
export function titleOf(object: Pick<Evaluation, 'kind' | 'namespace' | 'name' | 'part'>): string {
  const [kind, namespace, name] = [object.kind, object.namespace, object.name].map((text) =>
    bounded(text, maxNameLength),
  );
  const title = name === '' ? `${kind} without a name` : `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
  return object.part === undefined ? title : `${title} (${bounded(object.part, maxNameLength)})`;
}
