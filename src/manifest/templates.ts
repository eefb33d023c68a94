// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
import { type Fields, type Path, isFields, walkFields } from './fields.ts';

/** A template lies some eight deep. */
const mostDeep = 16;

/** What holds a Pod that is never created: a schema, what a policy compares a Pod with, or merges into one. */
const notCreated =
  /^(?:metadata|status|schema|openAPIV3Schema|properties|pattern|anyPattern|overlay|overlays|patch|patches|patchStrategicMerge|valuesObject|values)$/;

/** Where an object of any kind holds templates of Pods, in the order of its text. */
export function templatesIn(object: Fields): Path[] {
  const found: Path[] = [];
  walkFields(object, mostDeep, (value, path) => {
    const key = path.at(-1);
    if (typeof key === 'string' && notCreated.test(key)) return false;
    const isFound = isTemplate(value, path);
    if (isFound) found.push(path);
    return !isFound;
  });
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
