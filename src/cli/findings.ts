import { sentence } from '../inject/problems.ts';
import { warningsOf } from '../inject/outcome.ts';
import { templateAt } from '../inject/workload.ts';
import { titleOf } from './consider.ts';
import type { Manifest } from './consider-all.ts';
import type { Place } from './place.ts';

/** Something in a manifest that its author has to know. */
export type Finding = Place & {
  readonly file: string;
  readonly severity: 'error' | 'warning';
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly annotation?: string;
  readonly message: string;
};

/** Everything that injection has to say about a workload: errors at their annotation, warnings at the pattern. */
export function findingsIn(manifest: Manifest, prefix: string): readonly Finding[] {
  const { outcome, source, kind, namespace, name } = manifest;
  const about = { file: source.name, kind, namespace, name };
  if (outcome.kind === 'rejected') {
    return outcome.problems.map((problem) => ({
      ...about,
      ...placeOf(problem.annotation, manifest),
      severity: 'error',
      annotation: problem.annotation,
      message: sentence(problem),
    }));
  }
  const at = { ...about, ...placeOf(`${prefix}pattern`, manifest), severity: 'warning' as const };
  return [...manifest.overruled, ...warningsOf(outcome)].map((message) => Object.assign({ message }, at));
}

/** Where an annotation stands, on the template or on the workload; where it would stand on the template if nowhere. */
function placeOf(annotation: string, { place, before, templatePath }: Manifest): Place {
  const has = (path: readonly string[]): boolean =>
    Object.hasOwn(templateAt(before, path)?.metadata?.annotations ?? {}, annotation);
  const path = has(templatePath) || !has([]) ? templatePath : [];
  return place([...path, 'metadata', 'annotations', annotation]);
}

/** One line, as compilers write it, so that editors and CI systems find the place. */
export const formatFinding = (finding: Finding): string =>
  `${finding.file}:${finding.line}:${finding.column}: ${finding.severity === 'warning' ? 'warning: ' : ''}${titleOf(finding)}: ${finding.message}\n`;
