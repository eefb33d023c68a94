import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Store } from '../policies/store.ts';
import { readBody } from './body.ts';
import type { Metrics } from './metrics.ts';
import type { Answer } from './answer.ts';
import type { MutateContext } from './mutate-context.ts';
import { failOpen, mutate } from './mutate.ts';
import { createRecall } from './recall.ts';
import { type ReviewRequest, type ReviewResponse, parseReview } from './review.ts';

/** Two objects of the apiserver's own limit of 3 MB, and their envelope. */
const bodyLimitBytes = 7 * 1024 * 1024;

/** What is remembered of a review: the answer, the end of its text behind the uid, and what the log says of it. */
type Remembered = { readonly answer: Answer; readonly tail: string; readonly identity: Identity };

/** Answers `POST /mutate`: a review gets a review, anything else a 4xx with one sentence. */
export function createHandler(context: MutateContext, store: Store, metrics: Metrics, log: Logger) {
  const recall = createRecall<Remembered>();

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    metrics.inFlight.inc();
    try {
      const body = await readBody(request, bodyLimitBytes);
      if (typeof body !== 'string') {
        refuse(response, body.code, body.sentence);
        return;
      }
      const start = performance.now();
      const { uid, known, remember } = recall.find(body, store.generation());
      if (known) {
        conclude(uid, known, start);
        send(response, uid, known.tail);
        return;
      }
      const review = parseReview(body);
      if (typeof review === 'string') {
        refuse(response, 400, review);
        return;
      }
      const fresh = respond(review, start);
      // The uid that was found in the text is the request's own, or the text is no key.
      if (fresh && uid === review.uid && review.kind === 'Pod' && isIndependent(fresh)) remember(fresh);
      send(response, review.uid, fresh?.tail ?? tailOf(failOpen(review.uid)));
    } finally {
      metrics.inFlight.dec();
    }
  };

  function respond(review: ReviewRequest, start: number): Remembered | undefined {
    const identity = identify(review);
    try {
      const answer = mutate(review, context, store.surroundingsOf(review.namespace), Date.now());
      const fresh = { answer, tail: tailOf(answer.response), identity };
      conclude(review.uid, fresh, start);
      return fresh;
    } catch (error) {
      metrics.answered({ result: 'internal-error', patterns: [] }, (performance.now() - start) / 1_000);
      log.error({ uid: review.uid, ...identity, err: error }, 'review failed, the object is admitted unchanged');
      return undefined;
    }
  }

  function conclude(uid: string, { answer, identity }: Remembered, start: number): void {
    const { result, by, added, kept, problems } = answer;
    metrics.answered(answer, (performance.now() - start) / 1_000);
    const said = { uid, ...identity, result, by };
    if (result === 'injected') log.info({ ...said, added, kept }, 'review answered');
    else if (problems.length > 0) log.warn({ ...said, problems }, 'review answered');
    else if (result === 'copied' || result === 'kept-off' || result === 'audit')
      log.info({ ...said, added }, 'review answered');
    else log.debug({ ...said, kept }, 'review answered');
  }

  function refuse(response: ServerResponse, code: number, sentence: string): void {
    metrics.refused(code);
    log.warn({ code, sentence }, 'request refused');
    // The rest of a body that was not read would be taken for the next request.
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(`${sentence}\n`);
  }
}

/** True where nothing of the answer, the patch in the clear included, speaks of a volume whose name is random, or hangs on the time. */
const isIndependent = ({ answer, tail }: Remembered): boolean =>
  !answer.isMomentary && !`${tail}${answer.patch ?? ''}`.includes('kube-api-access-');

/** The text of an answer behind its uid. */
const tailOf = (response: ReviewResponse): string =>
  `${JSON.stringify({ ...response, uid: '' }).replace('{"uid":"', '')}}`;

function send(response: ServerResponse, uid: string, tail: string): void {
  const escaped = JSON.stringify(uid).slice(1, -1);
  const body = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"${escaped}${tail}`;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** What tells one review from another in the log, besides its uid. */
type Identity = {
  readonly namespace: string;
  readonly kind: string;
  readonly name: unknown;
  readonly owner: string | undefined;
  readonly dryRun: boolean;
};

/** A Pod of a controller has no name yet, only the start of one. */
function identify(review: ReviewRequest): Identity {
  const { generateName, ownerReferences } =
    (review.object as { metadata?: Record<string, unknown> } | null)?.metadata ?? {};
  const owner = Array.isArray(ownerReferences) ? ownerReferences[0] : undefined;
  return {
    namespace: review.namespace,
    kind: review.kind,
    name: review.name || generateName,
    owner: owner ? [owner.kind, owner.name].filter((part) => typeof part === 'string').join('/') : undefined,
    dryRun: review.dryRun,
  };
}
