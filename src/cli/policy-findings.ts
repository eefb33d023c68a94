import type { InjectionContext } from '../inject/inject.ts';
import { sentence } from '../inject/problems.ts';
import { readDocuments } from '../manifest/documents.ts';
import { withoutMark } from '../manifest/lines.ts';
import { objectsOf } from '../manifest/read-manifest.ts';
import { isHealthPolicy } from '../policy/policy.ts';
import { policyProblems } from '../policy/validate.ts';
import type { Finding } from './findings.ts';
import { placeIn } from './place.ts';
import type { Source } from './read-sources.ts';

/** What is wrong with what the HealthPolicies of a source inject, whatever the Pod. */
export function policyFindings(source: Source, context: InjectionContext): Finding[] {
  const text = withoutMark(source.text);
  const documents = readDocuments(text);
  return objectsOf(documents).flatMap(({ document, path, value, kind, name }) => {
    if (!isHealthPolicy(value)) return [];
    const at = { file: source.name, severity: 'error' as const, kind, namespace: '', name };
    return policyProblems(value, context).map((problem) => {
      const place = placeIn(text, documents.list[document], [...path, ...problem.annotation.split('.')]);
      return Object.assign({ annotation: problem.annotation, message: sentence(problem) }, at, place);
    });
  });
}
