import { evaluationContext } from '../cli/context.ts';
import { type EvaluatedObject, type EvaluationContext, evaluateAll, titleOf, withNamespaces } from '../cli/evaluate.ts';
import { type Explanation, explain } from '../cli/explain/explain.ts';
import { formatExplanations } from '../cli/explain/format.ts';
import type { ManifestFile } from '../cli/files.ts';
import { type Finding, formatFinding } from '../cli/finding.ts';
import { explainRemarks, findingsIn, mistakesIn } from '../cli/findings.ts';
import { injectFile } from '../cli/inject-file.ts';
import { unifiedDiff } from '../cli/unified-diff.ts';
import { groupOf } from '../inject/workload.ts';
import { readManifest } from '../manifest/documents.ts';
import { fillStore, policyObjectsIn } from '../policy/objects.ts';
import { createStore } from '../policy/store.ts';
import type { ReviewRequest } from '../webhook/admission.ts';
import { mutate } from '../webhook/mutate.ts';
import { type SettingTexts, readSettings } from './settings.ts';

/** What stands in the fields of the page. */
export type PlaygroundInput = {
  readonly manifest: string;
  /** Policies, Namespaces and their rules; they may stand in the manifest as well. */
  readonly policies: string;
  readonly settings: SettingTexts;
};

/** What the page knows besides its fields. */
export type PlaygroundContext = { readonly version: string; readonly nowMs: number };

/** What the webhook answers when the apiserver asks about one object. */
export type ReviewedObject = {
  readonly title: string;
  /** The JSON Patch as it is sent; empty where nothing changes. */
  readonly patch: string;
  /** What kubectl shows. */
  readonly warnings: readonly string[];
};

/** A sentence on a place of a file, both numbers from 1. */
export type Mistake = Pick<Finding, 'file' | 'line' | 'column' | 'severity' | 'message'>;

/** What the commands of the command line say of two files, and the webhook of the objects in them. */
export type PlaygroundResult = {
  /** One sentence for each setting that is wrong; all else is empty then. */
  readonly problems: readonly string[];
  /** The injected manifest. */
  readonly injected: string;
  /** What `diff` prints, line by line. */
  readonly diff: readonly string[];
  readonly explanations: readonly Explanation[];
  /** What `explain` prints, line by line. */
  readonly explanation: readonly string[];
  readonly findings: readonly Finding[];
  /** The documents that cannot be read, and the objects whose text cannot be changed. */
  readonly mistakes: readonly Mistake[];
  /** What `lint` prints, line by line, and before it what it says of documents that cannot be read. */
  readonly lint: readonly string[];
  /** Answers when it is asked: not everybody looks at patches, and they take a third of the time. */
  readonly reviews: () => readonly ReviewedObject[];
};

/** The names of the two files; a folder that holds them gives on the command line what the page shows. */
export const fileNames = { manifest: 'manifest.yaml', policies: 'policies.yaml' } as const;

/** A longer text is one for the command line: this much may hold the page up for some seconds, and a link may be a stranger's. */
export const longestText = 200_000;

/** Does to the fields of the page what the command line and the webhook do. */
export function runPlayground(input: PlaygroundInput, { version, nowMs }: PlaygroundContext): PlaygroundResult {
  const settings = readSettings(input.settings);
  const problems = 'problems' in settings ? settings.problems : longTexts(input);
  if ('problems' in settings || problems.length > 0) return { ...nothing, injected: input.manifest, problems };
  const manifest = fileOf(fileNames.manifest, input.manifest);
  const files = input.policies === '' ? [manifest] : [manifest, fileOf(fileNames.policies, input.policies)];
  const store = createStore(settings.values.prefix);
  fillStore(store, policyObjectsIn(files.flatMap((file) => file.manifest.values)));
  const context = evaluationContext({ ...settings.values, version }, store, () => nowMs);
  const objects = evaluateAll(files, context);
  const changed = injectFile(manifest, objects, context.prefix);
  const explanations = objects.map((object) => explain(object, context.prefix));
  const findings = files.flatMap((file) => findingsIn(file, objects, context));
  const unreadable = files.flatMap(mistakesIn);
  const explained = formatExplanations(explanations, nowMs);
  const unread = files.flatMap((file) => explainRemarks(file, context)).map(formatFinding);
  return {
    problems: [],
    injected: changed.text,
    diff: unifiedDiff(manifest.name, manifest.text, changed.text),
    explanations,
    explanation: [...explained, ...(explained.length > 0 && unread.length > 0 ? [''] : []), ...unread],
    findings,
    mistakes: [
      ...files.flatMap(({ name, manifest: { mistakes } }) => mistakes.map(placed(name))),
      ...changed.mistakes.filter((mistake) => !unreadable.includes(mistake)).map(placed(manifest.name)),
    ],
    lint: [...unreadable, ...findings.map(formatFinding)],
    reviews: () =>
      reviewsOf(
        objects,
        withNamespaces(
          context,
          files.flatMap((file) => file.manifest.objects),
        ),
      ),
  };
}

const nothing: Omit<PlaygroundResult, 'problems' | 'injected'> = {
  diff: [],
  explanations: [],
  explanation: [],
  findings: [],
  mistakes: [],
  lint: [],
  reviews: () => [],
};

/** A sentence that begins with its place, or that speaks of a whole file. */
const placed =
  (file: string) =>
  (sentence: string): Mistake => {
    const [, line, column, message = sentence] = /^Line (\d+), column (\d+) (.*)$/s.exec(sentence) ?? [];
    return { file, line: Number(line ?? 1), column: Number(column ?? 1), severity: 'error', message };
  };

const longTexts = ({ manifest, policies }: PlaygroundInput): string[] =>
  Object.entries({ manifest, policies })
    .filter(([, text]) => text.length > longestText)
    .map(
      ([name, { length }]) =>
        `The field ${name} has ${length} characters, expected at most ${longestText}: use the command line.`,
    );

const fileOf = (name: string, text: string): ManifestFile => ({
  name,
  text,
  disk: undefined,
  isKustomized: false,
  manifest: readManifest(text),
});

/** The answers about the objects themselves, and about the Pods that workloads make. */
const reviewsOf = (objects: readonly EvaluatedObject[], context: EvaluationContext): ReviewedObject[] =>
  objects.flatMap((evaluated) => {
    const { object, pod, templatePath } = evaluated;
    const title = titleOf(evaluated);
    const isPod = templatePath.length === 0 && object.part === undefined;
    const ofPod = review(
      isPod ? title : `Each Pod of ${title}`,
      { group: '', kind: 'Pod', object: pod },
      evaluated,
      context,
    );
    if (isPod || object.part !== undefined) return [ofPod];
    const { apiVersion, kind, value } = object;
    return [review(title, { group: groupOf(apiVersion), kind, object: value }, evaluated, context), ofPod];
  });

function review(
  title: string,
  asked: Pick<ReviewRequest, 'group' | 'kind' | 'object'>,
  { namespace: named, name }: EvaluatedObject,
  context: EvaluationContext,
): ReviewedObject {
  const namespace = named || context.namespace;
  const request = { uid: '', operation: 'CREATE', subResource: '', dryRun: false, oldObject: null, namespace, name };
  const { response } = mutate({ ...request, ...asked }, { ...context, strict: false }, context.scopeFor(namespace));
  return { title, patch: textOfBase64(response.patch ?? ''), warnings: response.warnings ?? [] };
}

const textOfBase64 = (text: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
