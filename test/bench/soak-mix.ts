import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { reviewOf } from '../support/webhook.ts';
import { type Request, requestOf } from './load.ts';

const pod = parse(readFileSync(new URL('pod.yaml', import.meta.url), 'utf8'));
const ofDeployment = { kind: { group: 'apps', version: 'v1', kind: 'Deployment' }, operation: 'UPDATE' };

/** A review as the apiserver writes it, cut where what makes it another one is to be filled in: text, name, text, name, text. */
function form(object: object, request: object = {}): readonly string[] {
  const { apiVersion, kind, request: asked } = reviewOf(object, { uid: '@UID@', ...request });
  return JSON.stringify({ kind, apiVersion, request: asked })
    .replaceAll('checkout-648df954fb', 'checkout-@VERSION@')
    .replaceAll('kube-api-access-x2b7k', 'kube-api-access-@SUFFIX@')
    .replaceAll('"info"', '"info@FILLER@"')
    .split(/@([A-Z]+)@/);
}

const { annotations, ...metadata } = pod.metadata;
const check = { ...annotations, 'health.example.com/check': 'redis://:@VERSION@:6379' };
const asking = form(pod);
const quiet = { ...pod, metadata };
const silent = form(quiet);
const mistaken = form({ ...pod, metadata: { ...metadata, annotations: check } });
const workload = form(
  { metadata: { name: 'checkout-@VERSION@', annotations }, spec: { template: quiet } },
  ofDeployment,
);

/** What of twenty reviews is what; half are Pods of rollouts of forty, of which the webhook remembers the last hundreds. */
const forms = [...Array<readonly string[]>(16).fill(asking), silent, mistaken, workload];

/** A review that is like no other one; `version` says of which rollout it is. */
function review(pieces: readonly string[], index: number, version: string): string {
  const isHuge = index % 1_000 === 0;
  const isLong = index % 7 === 0;
  const filled: Readonly<Record<string, string>> = {
    UID: `705ab4f5-6393-11e8-b7cc-${String(index).padStart(12, '0')}`,
    VERSION: version,
    SUFFIX: (index + 36 ** 4).toString(36).slice(-5),
    FILLER: 'x'.repeat(isHuge ? 2 ** 20 : isLong ? (index * 37) % 16_000 : 0),
  };
  return pieces.map((piece, place) => (place % 2 === 0 ? piece : filled[piece])).join('');
}

/** Calls that are refused, one way each, and clients that go away in the middle. */
const malformed: ((body: string) => string)[] = [
  (body) => requestOf(body.slice(0, -1)),
  (body) => requestOf(body.replace('AdmissionReview', 'AdmissionView')),
  (body) => requestOf(body.replace(/"uid":"[^"]*"/, '"uid":{}')),
  (body) => requestOf('['.repeat(body.length)),
  (body) => requestOf(body, 'text/plain'),
  () => `GET /mutate HTTP/1.1\r\nhost: localhost\r\n\r\n`,
  (body) => `GET /${body.length} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
  (body) => requestOf(body).replace(/content-length: \d+/, 'transfer-encoding: chunked'),
  (body) => requestOf(body).slice(body.length % 200, -100),
];

/** The call with this number of a long run: no two are alike, and each twentieth is one that is refused. */
export function callOf(index: number): Request {
  const turn = index % 20;
  const version = turn < 10 ? `rollout-${Math.floor(index / 80)}` : `stranger-${index}`;
  const pieces = forms[turn];
  if (pieces) return { bytes: Buffer.from(requestOf(review(pieces, index, version))) };
  const way = Math.floor(index / 20) % (malformed.length + 1);
  const spoilt = malformed[way] ?? ((body: string) => requestOf(body).slice(0, -100));
  return { bytes: Buffer.from(spoilt(review(asking, index, version))), isCut: way === malformed.length };
}
