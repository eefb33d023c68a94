import type { V1ObjectMeta } from '@kubernetes/client-node';
import { unknownInject } from '../inject/hints.ts';
import { isFields } from '../manifest/fields.ts';
import { readNamespace } from '../policy/store.ts';
import type { InjectionContext } from '../inject/decide.ts';
import { readAnnotations } from '../inject/intent/annotations.ts';
import { type Problem, completes, sentence } from '../inject/model/problems.ts';
import { warningsOf } from '../inject/outcome.ts';
import { isHealthPolicy } from '../policy/policy.ts';
import { misshapenPolicyField, misshapenPolicySentence } from '../policy/shape.ts';
import { policyProblems } from '../policy/validate.ts';
import { templateAt } from '../inject/workload.ts';
import type { EvaluatedObject } from './evaluate.ts';
import type { Finding } from './finding.ts';
import type { ManifestFile } from './files.ts';
import { gangHints } from './gang-hint.ts';
import { type SourceLocation, locate } from './locate.ts';
import { unreadFindings } from './unread.ts';

/** Everything that is to be said of a file, in the order of its lines. */
export function findingsIn(
  file: ManifestFile,
  objects: readonly EvaluatedObject[],
  context: InjectionContext,
): readonly Finding[] {
  const own = objects.filter((object) => object.file === file);
  return inOrder([
    ...own.flatMap((object) => objectFindings(object, context.prefix)),
    ...policyFindings(file, context),
    ...namespaceFindings(file, context.prefix),
    ...unreadFindings(file, context.prefix),
  ]);
}

/** One sentence for each document that cannot be read. */
export const mistakesIn = ({ name, manifest }: ManifestFile): string[] =>
  manifest.mistakes.map((mistake) => `${name}: ${mistake}`);

/** What is said of a file besides what becomes of its Pods: what is left alone or not looked into. */
export function remarksOn(file: ManifestFile, objects: readonly EvaluatedObject[], prefix: string): readonly Finding[] {
  const own = objects.filter((object) => object.file === file);
  return inOrder([...own.flatMap((object) => leftAloneFindings(object, prefix)), ...unreadFindings(file, prefix)]);
}

const inOrder = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => a.line - b.line || a.column - b.column);

const aboutOf = ({ file, kind, namespace, name, part }: EvaluatedObject) => ({
  file: file.name,
  kind,
  namespace,
  name,
  ...(part === undefined ? {} : { part }),
});

/** Everything that injection has to say about an object: errors at their annotation, warnings and notes at the pattern. */
function objectFindings(evaluated: EvaluatedObject, prefix: string): readonly Finding[] {
  const { outcome } = evaluated;
  if (evaluated.leftAlone) return leftAloneFindings(evaluated, prefix);
  if (outcome.kind === 'rejected') return problemFindings(evaluated, outcome.problems);
  const location = locateAnnotation(`${prefix}pattern`, evaluated);
  const at = { ...aboutOf(evaluated), ...location, severity: 'warning' as const };
  const said = [...evaluated.overruled, ...warningsOf(outcome), ...gangHints(evaluated, prefix)];
  const warnings = said.map((message) => Object.assign({ message }, at));
  const notes = outcome.skippedItems
    .filter(({ why }) => why === completes)
    .map(({ what, why }) => Object.assign({}, at, { severity: 'note' as const, message: `No ${what}: ${why}.` }));
  return [...warnings, ...notes];
}

const problemFindings = (evaluated: EvaluatedObject, problems: readonly Problem[]): readonly Finding[] =>
  problems.map((problem) => ({
    ...aboutOf(evaluated),
    ...locateAnnotation(problem.annotation, evaluated),
    severity: 'error',
    annotation: problem.annotation,
    message: sentence(problem),
  }));

/** Why an object is left alone, and which of its keys are none: of a patch these are known already. */
function leftAloneFindings(evaluated: EvaluatedObject, prefix: string): readonly Finding[] {
  const { leftAlone, file, object, before, templatePath } = evaluated;
  if (!leftAlone) return [];
  const { path, message, severity } = leftAlone;
  const problems = [...new Set([[], templatePath])].flatMap((place) => {
    const { annotations } = templateAt(before, place)?.metadata ?? {};
    return severity === 'note' ? readAnnotations(annotations ?? {}, prefix).problems : [];
  });
  const why: Finding = { ...aboutOf(evaluated), ...locate(file.manifest, object, path), severity, message };
  return [why, ...problemFindings(evaluated, problems)];
}

/** Where an annotation stands, on the template or on the workload; where it would stand on the template if nowhere. */
function locateAnnotation(annotation: string, { file, object, before, templatePath }: EvaluatedObject): SourceLocation {
  const has = (path: readonly string[]): boolean =>
    Object.hasOwn(templateAt(before, path)?.metadata?.annotations ?? {}, annotation);
  const path = has(templatePath) || !has([]) ? templatePath : [];
  return locate(file.manifest, object, [...path, 'metadata', 'annotations', annotation]);
}

/** The Namespaces of a file that have the label `inject` with a value that is none. */
function namespaceFindings({ name: file, manifest }: ManifestFile, prefix: string): Finding[] {
  return manifest.objects.flatMap((object) => {
    const { value, kind, name } = object;
    if (kind !== 'Namespace' || !isFields(value['metadata'])) return [];
    const metadata: V1ObjectMeta = value['metadata'];
    const message = unknownInject(readNamespace(metadata, prefix), prefix);
    if (message === undefined) return [];
    const key = `${prefix}inject`;
    const place = metadata.labels?.[key] === undefined ? 'annotations' : 'labels';
    const at = { file, severity: 'warning' as const, kind, namespace: '', name, message };
    return [Object.assign(at, locate(manifest, object, ['metadata', place, key]))];
  });
}

/** What `explain` says of a file besides its Pods and workloads: of its policies and Namespaces, and of what is not read. */
export const explainRemarks = (file: ManifestFile, context: InjectionContext): readonly Finding[] =>
  policyRemarks(file, context).concat(unreadFindings(file, context.prefix));

/** What is said of the objects of a file that are explained of others: its policies and Namespaces. */
function policyRemarks(file: ManifestFile, context: InjectionContext): readonly Finding[] {
  const mistakes = policyFindings(file, context);
  const sound = file.manifest.objects
    .filter(({ value, name }) => isHealthPolicy(value) && !mistakes.some((mistake) => mistake.name === name))
    .map((object): Finding => {
      const { kind, name } = object;
      const message =
        'It has no mistake. What it adds is explained of a workload: name the manifest of one, and this file with --policies.';
      const place = locate(file.manifest, object, []);
      return Object.assign({ file: file.name, severity: 'note' as const, kind, namespace: '', name, message }, place);
    });
  return inOrder([...mistakes, ...sound, ...namespaceFindings(file, context.prefix)]);
}

/** What is wrong with what the HealthPolicies of a file inject, whatever the Pod, and with the shape of what else says what Pods get. */
function policyFindings({ name: file, manifest }: ManifestFile, context: InjectionContext): Finding[] {
  return manifest.objects.flatMap((object) => {
    const { value, kind, namespace, name } = object;
    const at = { file, severity: 'error' as const, kind, namespace, name };
    const misshapen = misshapenPolicyField(value);
    if (misshapen) {
      const message = misshapenPolicySentence(value) ?? '';
      return [Object.assign({ message }, at, locate(manifest, object, misshapen.path))];
    }
    if (!isHealthPolicy(value)) return [];
    return policyProblems(value, context).map((problem) => {
      const { annotation } = problem;
      return Object.assign(
        { annotation, message: sentence(problem) },
        at,
        locate(manifest, object, annotation.split('.')),
      );
    });
  });
}
