// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response
import type { Pod } from '../inject/pod/pod.ts';
import type { Workload } from '../inject/workload.ts';

/** The part of an `admission.k8s.io/v1` AdmissionReview request that is used. */
export type ReviewRequest = {
  readonly uid: string;
  readonly operation: string;
  readonly group: string;
  readonly kind: string;
  readonly subResource: string;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  readonly object: unknown;
  /** The object before an update. */
  readonly oldObject: unknown;
};

/** The answer to one request; `warnings` are shown by kubectl. */
export type ReviewResponse = {
  readonly uid: string;
  readonly allowed: boolean;
  readonly warnings?: readonly string[];
  readonly patchType?: 'JSONPatch';
  /** Base64 of the JSON Patch. */
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly message: string };
};

/** Reads the body of a call; a string is the one sentence that says why it is not a review. */
export function parseReview(body: string): ReviewRequest | string {
  let review: unknown;
  try {
    review = JSON.parse(body);
  } catch {
    return 'The body is not JSON, expected an AdmissionReview.';
  }
  const { apiVersion, kind, request } = fieldsOf(review);
  if (kind !== 'AdmissionReview') return 'The body is not an AdmissionReview.';
  if (apiVersion !== 'admission.k8s.io/v1')
    return 'The AdmissionReview is of another version, expected admission.k8s.io/v1.';
  const fields = fieldsOf(request);
  if (typeof fields['uid'] !== 'string' || fields['uid'] === '' || fields['uid'].length > 128) {
    return 'The AdmissionReview has no request with a uid.';
  }
  const { group, kind: requestKind } = fieldsOf(fields['kind']);
  return {
    uid: fields['uid'],
    operation: textOf(fields['operation']),
    group: textOf(group),
    kind: textOf(requestKind),
    subResource: textOf(fields['subResource']),
    namespace: textOf(fields['namespace']),
    name: textOf(fields['name']),
    dryRun: fields['dryRun'] === true,
    object: fields['object'],
    oldObject: fields['oldObject'],
  };
}

/** The object of a request as a Pod; undefined where it lacks what every Pod has. */
export function podOf(object: unknown): Pod | undefined {
  const { metadata, spec } = fieldsOf(object);
  const { annotations } = fieldsOf(metadata);
  const { containers, initContainers, volumes } = fieldsOf(spec);
  const isSound =
    isList(containers) &&
    containers.length > 0 &&
    isOptionalList(initContainers) &&
    isOptionalList(volumes) &&
    isTextMap(fieldsOf(annotations));
  return isSound ? (object as Pod) : undefined;
}

const isList = (value: unknown): value is unknown[] =>
  Array.isArray(value) && value.every((item) => typeof fieldsOf(item)['name'] === 'string');

/** The object of a request as a workload; undefined where its annotations are not what every object has. */
export function workloadOf(object: unknown): Workload | undefined {
  const { metadata } = fieldsOf(object);
  const isSound = typeof object === 'object' && isTextMap(fieldsOf(fieldsOf(metadata)['annotations']));
  return isSound ? (object as Workload) : undefined;
}

const isOptionalList = (value: unknown): boolean => value === undefined || value === null || isList(value);

const isTextMap = (value: Readonly<Record<string, unknown>>): boolean =>
  Object.values(value).every((item) => typeof item === 'string');

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
