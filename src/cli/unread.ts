import { sentence } from '../inject/model/problems.ts';
import { type Path, isFields } from '../manifest/fields.ts';
import type { Finding } from './finding.ts';
import type { ManifestFile } from './files.ts';
import { kustomizations, unrenderedSentence } from './left-alone.ts';
import { locate } from './locate.ts';
import { misplacedAnnotations } from './misplaced.ts';

/** What of a file is looked at by neither the command line nor the webhook, although our annotations may stand in it. */
export const unreadFindings = (file: ManifestFile, prefix: string): Finding[] => [
  ...unreadDocuments(file, prefix),
  ...misplaced(file, prefix),
];

/** Documents that are no objects of a cluster, and parts of a text that kubectl passes over. */
function unreadDocuments({ name: file, manifest }: ManifestFile, prefix: string): Finding[] {
  const { lines, text, values, documents } = manifest;
  const find = (severity: Finding['severity'], offset: number, message: string): Finding => {
    const { line, col: column } = lines.linePos(offset);
    return { file, line, column, severity, kind: '', namespace: '', name: '', message };
  };
  const ofOurs: Finding['severity'] = text.includes(prefix) ? 'warning' : 'note';
  const findings = manifest.unrendered.map(({ offset, sentence: mistake }) =>
    find('error', offset, unrenderedSentence(mistake.replace(/^Line \d+, column \d+/, 'The text'))),
  );
  for (const offset of manifest.ignoredFrom) {
    findings.push(find('warning', offset, 'kubectl reads nothing of this document from here on.'));
  }
  for (const { key, offset } of manifest.repeatedKeys) {
    findings.push(find('warning', offset, `The key ${key} comes twice in this map, and kubectl takes the last one.`));
  }
  for (const [index, value] of values.entries()) {
    const what = isJsonPatch(value) ? 'a list of JSON patches' : isKustomization(file, value) ? 'a kustomization' : '';
    if (what === '') continue;
    const message = `It is ${what}, which is not looked into: work on the output of kustomize build.`;
    findings.push(find(ofOurs, documents[index]?.contents?.range?.[0] ?? 0, message));
  }
  return findings;
}

/** https://www.rfc-editor.org/rfc/rfc6902 */
const isJsonPatch = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((item) => isFields(item) && 'op' in item && 'path' in item);

const isKustomization = (file: string, value: unknown): boolean =>
  isFields(value) &&
  (value['kind'] === 'Kustomization' ||
    (value['kind'] === undefined && kustomizations.includes(file.replace(/^.*[/\\]/s, ''))));

function misplaced({ name: file, manifest }: ManifestFile, prefix: string): Finding[] {
  return misplacedAnnotations(manifest.objects, prefix).flatMap(({ object, path, message, problems }) => {
    const { kind, namespace, name } = object;
    const find = (at: Path, severity: Finding['severity'], text: string): Finding =>
      Object.assign({ file, kind, namespace, name, severity, message: text }, locate(manifest, object, at));
    const place = path.slice(0, -1);
    const mistakes = problems.map((problem) =>
      Object.assign(find([...place, problem.annotation], 'error', sentence(problem)), {
        annotation: problem.annotation,
      }),
    );
    return [find(path, 'warning', message)].concat(mistakes);
  });
}
