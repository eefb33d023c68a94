import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { readBody } from './body.ts';
import type { Metrics } from './metrics.ts';
import { type Answer, type MutateContext, failOpen, mutate } from './mutate.ts';
import { type ReviewRequest, type ReviewResponse, parseReview } from './review.ts';

/** Two objects of the apiserver's own limit of 3 MB, and their envelope. */
const bodyLimitBytes = 7 * 1024 * 1024;

/** Answers `POST /mutate`: a review gets a review, anything else a 4xx with one sentence. */
export function createHandler(context: MutateContext, metrics: Metrics, log: Logger) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    metrics.inFlight.inc();
    try {
      const body = await readBody(request, bodyLimitBytes);
      const review = typeof body === 'string' ? parseReview(body) : body;
      if (typeof review === 'string') refuse(response, 400, review);
      else if ('code' in review) refuse(response, review.code, review.sentence);
      else send(response, respond(review));
    } finally {
      metrics.inFlight.dec();
    }
  };

  function respond(review: ReviewRequest): ReviewResponse {
    const start = performance.now();
    try {
      const answer = mutate(review, context);
      metrics.answered(answer, (performance.now() - start) / 1_000);
      record(review, answer);
      return answer.response;
    } catch (error) {
      metrics.answered({ result: 'internal-error', patterns: [] }, (performance.now() - start) / 1_000);
      log.error({ ...identify(review), err: error }, 'review failed, the Pod is admitted unchanged');
      return failOpen(review.uid);
    }
  }

  function record(review: ReviewRequest, { result, added, kept, problems }: Answer): void {
    if (result === 'injected') log.info({ ...identify(review), result, added, kept }, 'review answered');
    else if (result === 'invalid-annotations') log.warn({ ...identify(review), result, problems }, 'review answered');
    else log.debug({ ...identify(review), result, kept }, 'review answered');
  }

  function refuse(response: ServerResponse, code: number, sentence: string): void {
    metrics.refused(code);
    log.warn({ code, sentence }, 'request refused');
    // The rest of a body that was not read would be taken for the next request.
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(`${sentence}\n`);
  }
}

function send(response: ServerResponse, review: ReviewResponse): void {
  const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: review });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** What tells one review from another in the log; a Pod of a controller has no name yet, only the start of one. */
function identify(review: ReviewRequest) {
  const { generateName, ownerReferences } =
    (review.object as { metadata?: Record<string, unknown> } | null)?.metadata ?? {};
  const owner = Array.isArray(ownerReferences) ? ownerReferences[0] : undefined;
  return {
    uid: review.uid,
    namespace: review.namespace,
    pod: review.name || generateName,
    owner: owner ? `${owner.kind}/${owner.name}` : undefined,
    dryRun: review.dryRun,
  };
}
