// https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#patch-strategic-merge
import { type Fields, type Path, isFields } from '../manifest/fields.ts';
import { unrenderedText } from '../manifest/unrendered.ts';
import { misshapenField } from '../inject/pod/shape.ts';
import { templateAt } from '../inject/workload.ts';
import { quote } from '../check/check.ts';

/** Why an object is left as it is although it has Pods: a sentence on a place of it. */
export type LeftAlone = {
  readonly path: Path;
  readonly message: string;
  /** A note tells of what is right where it stands, and of no mistake. */
  readonly severity: 'error' | 'note';
};

const renderFirst = 'render it first, as with helm template, and work on what comes out';

/** The sentence on a document that cannot be read, and that has the actions of a template. */
export const unrenderedSentence = (mistake: string): string =>
  `${mistake} It looks like a template that is not rendered: ${renderFirst}.`;

/** An object that is none yet: the template of a chart. */
export function unrendered(value: Fields): LeftAlone | undefined {
  const text = unrenderedText(value);
  return text === undefined
    ? undefined
    : { path: [], severity: 'error', message: `${quote(text)} is of a template that is not rendered: ${renderFirst}.` };
}

/** A Pod template with a field of another shape than Kubernetes takes. */
export function misshapen(value: Fields, templatePath: readonly string[]): LeftAlone | undefined {
  const found = misshapenField(templateAt(value, templatePath));
  if (!found) return undefined;
  const path = [...templatePath, ...found.path];
  return { path, severity: 'error', message: `${path.join('.')}: ${found.received}, expected ${found.expected}.` };
}

/** The names that kustomize looks for. */
export const kustomizations: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

const mergeFirst = 'work on the output of kustomize build, where it is merged with what it changes';

/** A patch of kustomize; one that says so, or in the folder of a kustomization one that lacks what every workload has. */
export function kustomizePatch(
  { kind, value, templatePath = [] }: { readonly kind: string; readonly value: Fields; readonly templatePath?: Path },
  isKustomized: boolean,
): LeftAlone | undefined {
  const why = hasDirective(value)
    ? 'it has a directive'
    : isKustomized
      ? whatLacks(kind, value, templatePath)
      : undefined;
  return why === undefined
    ? undefined
    : { path: [], severity: 'note', message: `It is a patch, since ${why}: ${mergeFirst}.` };
}

/** A workload without a selector, which an apiserver refuses: where no annotation asks for a check of it, it is a patch. */
export const bareWorkload = (kind: string, value: Fields): LeftAlone | undefined =>
  selectorLacks(kind, value)
    ? { path: [], severity: 'note', message: `It has no selector, as a patch of kustomize: ${mergeFirst}.` }
    : undefined;

const selecting: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'];

const selectorLacks = (kind: string, { spec }: Fields): boolean =>
  selecting.includes(kind) && isFields(spec) && !('selector' in spec);

function whatLacks(kind: string, value: Fields, templatePath: Path): string | undefined {
  if (selectorLacks(kind, value)) return 'it has no selector';
  const template: unknown = templateAt(value, templatePath.map(String));
  const spec = isFields(template) ? template['spec'] : undefined;
  const containers =
    isFields(spec) && Array.isArray(spec['containers']) ? (spec['containers'] as readonly unknown[]) : [];
  const isComplete = containers.every((container) => isFields(container) && 'image' in container);
  return isComplete ? undefined : 'a container has no image';
}

const maxDepth = 16;

function hasDirective(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > maxDepth) return false;
  if (Object.hasOwn(value, '$patch') || Object.hasOwn(value, '$retainKeys')) return true;
  return Object.values(value).some((item) => hasDirective(item, depth + 1));
}
