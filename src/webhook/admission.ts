// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response
import type { Pod } from '../inject/pod/pod.ts';
import { misshapenField, misshapenMetadata } from '../inject/pod/shape.ts';
import { type Workload, templateAt } from '../inject/workload.ts';

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

/** The response to one request; kubectl shows `warnings`, and the apiserver writes `auditAnnotations` into its audit log. */
export type ReviewResponse = {
  readonly uid: string;
  readonly allowed: boolean;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly patchType?: 'JSONPatch';
  /** Base64 of the JSON Patch. */
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly message: string };
};

/** Why a call gets an HTTP error instead of an AdmissionReview. */
export type Rejection = { readonly code: 400 | 401 | 403 | 413 | 415 | 503; readonly sentence: string };

type ParsedReview = { readonly request: ReviewRequest } | { readonly rejection: Rejection };

/** Reads the body of a call. */
export function parseReview(body: string): ParsedReview {
  const exceeded = exceededJsonLimit(body);
  if (exceeded !== undefined) return { rejection: { code: 413, sentence: exceeded } };
  let review: unknown;
  try {
    review = JSON.parse(body);
  } catch {
    return malformed('The body is not JSON, expected an AdmissionReview.');
  }
  const { apiVersion, kind, request } = fieldsOf(review);
  if (kind !== 'AdmissionReview') return malformed('The body is not an AdmissionReview.');
  if (apiVersion !== 'admission.k8s.io/v1') {
    return malformed('The AdmissionReview is of another version, expected admission.k8s.io/v1.');
  }
  const fields = fieldsOf(request);
  if (typeof fields['uid'] !== 'string' || fields['uid'] === '' || fields['uid'].length > 128) {
    return malformed('The AdmissionReview has no request with a uid.');
  }
  const { group, kind: requestKind } = fieldsOf(fields['kind']);
  return {
    request: {
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
    },
  };
}

const malformed = (sentence: string): ParsedReview => ({ rejection: { code: 400, sentence } });

/** A text up to this length takes little memory once it is parsed, whatever it holds. */
const harmlessLength = 256 * 1024;

/** How many objects, lists and entries of both a body may have: an object of 1.5 MiB, etcd's limit, has about 90,000. */
const maxParts = 200_000;

/** How deep objects and lists may be nested: a Pod is about ten deep, and each level costs several times what an entry does. */
const maxDepth = 100;

/**
 * Says which limit a JSON text exceeds, before it is parsed: 7 MiB of `[[[` take 330 MiB once parsed, while 7 MiB of one
 * long string take 7 MiB.
 */
function exceededJsonLimit(text: string): string | undefined {
  if (text.length <= harmlessLength) return undefined;
  let parts = 0;
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const letter = text.charCodeAt(index);
    if (letter === quote) isInString = !isInString;
    else if (isInString) index += letter === backslash ? 1 : 0;
    else if (letter === comma) parts++;
    else if (letter === brace || letter === bracket) {
      parts++;
      if (++depth > maxDepth) return `The body is more than ${maxDepth} objects and lists deep.`;
    } else if (letter === closingBrace || letter === closingBracket) depth--;
  }
  return parts > maxParts ? `The body has more than ${maxParts} objects, lists and entries of both.` : undefined;
}

const [quote, backslash, comma, brace, bracket, closingBrace, closingBracket] = [...'"\\,{[}]'].map((letter) =>
  letter.charCodeAt(0),
);

/** What the log says of the object under review; a Pod of a controller has no name yet, only the start of one. */
export function objectFields({ object, namespace, kind, name, dryRun }: ReviewRequest) {
  const { generateName, ownerReferences } = (object as { metadata?: Record<string, unknown> } | null)?.metadata ?? {};
  const owner = Array.isArray(ownerReferences) ? ownerReferences[0] : undefined;
  return {
    namespace,
    kind,
    name: cut(name || generateName),
    owner: owner
      ? [owner.kind, owner.name]
          .filter((part) => typeof part === 'string')
          .map(cut)
          .join('/')
      : undefined,
    dryRun,
  };
}

/** The apiserver validates names after admission: until then one may be megabytes long. */
const cut = (name: unknown): unknown => (typeof name === 'string' ? name.slice(0, 253) : name);

/** The object of a request as a Pod; undefined where it lacks what every Pod has, or has it in another shape. */
export function podOf(object: unknown): Pod | undefined {
  if (misshapenField(object) !== undefined || !areAnnotationsTexts(object)) return undefined;
  const pod = object as Pod;
  return pod.spec.containers.length > 0 ? pod : undefined;
}

/** The object of a request as a workload; undefined where its metadata, or that of its template, is not what every object has. */
export function workloadOf(object: unknown, path: readonly string[]): Workload | undefined {
  const isSound = typeof object === 'object' && hasMetadata(object) && hasMetadata(templateAt(object, path));
  return isSound ? (object as Workload) : undefined;
}

/** Also true without any. A text in the place of a map would have a key for each of its letters. */
const hasMetadata = (object: unknown): boolean =>
  misshapenMetadata(fieldsOf(object)) === undefined && areAnnotationsTexts(object);

const areAnnotationsTexts = (object: unknown): boolean =>
  Object.values(fieldsOf(fieldsOf(fieldsOf(object)['metadata'])['annotations'])).every(
    (item) => typeof item === 'string',
  );

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
