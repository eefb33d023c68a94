import type { InjectionContext } from '../inject/inject.ts';
import { sentence } from '../inject/model/problems.ts';
import { warningsOf } from '../inject/outcome.ts';
import { isHealthPolicy } from '../policy/policy.ts';
import { policyProblems } from '../policy/validate.ts';
import { templateAt } from '../inject/workload.ts';
import { type EvaluatedObject, titleOf } from './evaluate.ts';
import type { ManifestFile } from './files.ts';
import { type SourceLocation, locate } from './locate.ts';

/** Something in a manifest that its author has to know. */
type Finding = SourceLocation & {
  readonly file: string;
  readonly severity: 'error' | 'warning';
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly annotation?: string;
  readonly message: string;
};

/** Everything that is to be said of a file, in the order of its lines. */
export function findingsIn(
  file: ManifestFile,
  objects: readonly EvaluatedObject[],
  context: InjectionContext,
): readonly Finding[] {
  const own = objects.filter((object) => object.file === file);
  return [
    ...own.flatMap((object) => objectFindings(object, context.prefix)),
    ...policyFindings(file, context),
  ].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Everything that injection has to say about an object: errors at their annotation, warnings at the pattern. */
function objectFindings(evaluated: EvaluatedObject, prefix: string): readonly Finding[] {
  const { outcome, file, kind, namespace, name } = evaluated;
  const about = { file: file.name, kind, namespace, name };
  if (outcome.kind === 'rejected') {
    return outcome.problems.map((problem) => ({
      ...about,
      ...locateAnnotation(problem.annotation, evaluated),
      severity: 'error',
      annotation: problem.annotation,
      message: sentence(problem),
    }));
  }
  const at = { ...about, ...locateAnnotation(`${prefix}pattern`, evaluated), severity: 'warning' as const };
  return [...evaluated.overruled, ...warningsOf(outcome)].map((message) => Object.assign({ message }, at));
}

/** Where an annotation stands, on the template or on the workload; where it would stand on the template if nowhere. */
function locateAnnotation(annotation: string, { file, object, before, templatePath }: EvaluatedObject): SourceLocation {
  const has = (path: readonly string[]): boolean =>
    Object.hasOwn(templateAt(before, path)?.metadata?.annotations ?? {}, annotation);
  const path = has(templatePath) || !has([]) ? templatePath : [];
  return locate(file.manifest, object, [...path, 'metadata', 'annotations', annotation]);
}

/** What is wrong with what the HealthPolicies of a file inject, whatever the Pod. */
function policyFindings({ name: file, manifest }: ManifestFile, context: InjectionContext): Finding[] {
  return manifest.objects.flatMap((object) => {
    const { value, kind, name } = object;
    if (!isHealthPolicy(value)) return [];
    const at = { file, severity: 'error' as const, kind, namespace: '', name };
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

/** One line, as compilers write it, so that editors and CI systems find the place. */
export const formatFinding = (finding: Finding): string =>
  `${finding.file}:${finding.line}:${finding.column}: ${finding.severity === 'warning' ? 'warning: ' : ''}${titleOf(finding)}: ${finding.message}`;
