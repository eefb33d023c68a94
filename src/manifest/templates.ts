// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
import { type Fields, type Path, isFields } from './fields.ts';

/** How far an object is looked through: a template lies some eight deep, and the largest definition has 30,000 parts. */
const limits = { depth: 16, parts: 100_000 };

/** What holds a Pod that is never created: a schema, what a policy compares a Pod with, or merges into one. */
const notCreated =
  /^(?:metadata|status|schema|openAPIV3Schema|properties|pattern|anyPattern|overlay|overlays|patch|patches|patchStrategicMerge|valuesObject|values)$/;

/** Where an object of any kind holds templates of Pods, in the order of its text. */
export function templatesIn(object: Fields): Path[] {
  const found: Path[] = [];
  let parts = 0;
  const look = (value: unknown, path: Path): void => {
    if (typeof value !== 'object' || value === null || path.length > limits.depth || ++parts > limits.parts) return;
    if (path.length > 0 && isTemplate(value, path)) {
      found.push(path);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      if (Array.isArray(value)) look(item, [...path, Number(key)]);
      else if (!notCreated.test(key)) look(item, [...path, key]);
    }
  };
  look(object, []);
  return found;
}

/** A template is named so, or it is annotated as one; only the containers in it make sure. */
function isTemplate(value: unknown, path: Path): boolean {
  if (!isFields(value) || !isFields(value['spec'])) return false;
  const { containers } = value['spec'];
  const { metadata } = value;
  const isNamed = /templates?$/i.test(path.findLast((key) => typeof key === 'string') ?? '');
  const isAnnotated = isFields(metadata) && isFields(metadata['annotations']);
  return (
    (isNamed || isAnnotated) && Array.isArray(containers) && containers.length > 0 && containers.every(isContainer)
  );
}

const isContainer = (value: unknown): boolean =>
  isFields(value) && (typeof value['name'] === 'string' || typeof value['image'] === 'string');
