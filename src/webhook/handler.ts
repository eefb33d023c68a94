import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Store } from '../policies/store.ts';
import { type BodyMemory, readBody } from './body.ts';
import { type Identity, identify } from './identify.ts';
import { tooIntricate } from './intricacy.ts';
import type { Metrics } from './metrics.ts';
import type { Answer } from './answer.ts';
import type { MutateContext } from './mutate-context.ts';
import { admitUnchanged, mutate } from './mutate.ts';
import type { Refuse } from './refuse.ts';
import { type ReviewRequest, type ReviewResponse, parseReview } from './review.ts';

/** Two objects of the apiserver's own limit of 3 MB, and their envelope. */
const bodyLimitBytes = 7 * 1024 * 1024;

/** What the handler works with. */
export type HandlerParts = {
  readonly context: MutateContext;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly refuse: Refuse;
  readonly bodies: BodyMemory;
};

/** A review while it is answered. */
type Call = { readonly uid: string; readonly startMs: number };

/** Answers `POST /mutate`: a review gets a review, anything else a 4xx, and what there is no room for a 503, with one sentence. */
export function createHandler({ context, store, metrics, log, refuse, bodies }: HandlerParts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    metrics.inFlight.inc();
    try {
      const body = await readBody(request, bodyLimitBytes, bodies);
      if (typeof body !== 'string') {
        refuse(request, response, body.code, body.sentence);
        return;
      }
      const startMs = performance.now();
      const intricate = tooIntricate(body);
      if (intricate !== undefined) {
        refuse(request, response, 413, intricate);
        return;
      }
      const review = parseReview(body);
      if (typeof review === 'string') {
        refuse(request, response, 400, review);
        return;
      }
      send(response, respond(review, { uid: review.uid, startMs }));
    } finally {
      metrics.inFlight.dec();
    }
  };

  function respond(review: ReviewRequest, call: Call): ReviewResponse {
    const identity = identify(review);
    try {
      const answer = mutate(review, context, store.surroundingsOf(review.namespace), Date.now());
      conclude(call, answer, identity);
      return answer.response;
    } catch (error) {
      count(call, { result: 'internal-error', patterns: [] });
      const said = { uid: call.uid, ...identity, err: withoutMessage(error) };
      log.error(said, 'review failed, the object is admitted unchanged');
      return { ...admitUnchanged('internal-error'), uid: call.uid };
    }
  }

  function conclude(call: Call, answer: Answer, identity: Identity): void {
    const { result, by, added, kept, problems } = answer;
    count(call, answer);
    const said = { uid: call.uid, ...identity, result, by };
    if (result === 'injected') log.info({ ...said, added, kept }, 'review answered');
    else if (problems.length > 0) log.warn({ ...said, problems }, 'review answered');
    else if (result === 'copied' || result === 'kept-off' || result === 'audit')
      log.info({ ...said, added }, 'review answered');
    else log.debug({ ...said, kept }, 'review answered');
  }

  function count(call: Call, answer: Pick<Answer, 'result' | 'patterns'>): void {
    metrics.answered(answer, (performance.now() - call.startMs) / 1_000);
  }
}

function send(response: ServerResponse, answer: ReviewResponse): void {
  const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Where a failure was: its message may quote what a user wrote. */
const withoutMessage = (error: unknown): object =>
  error instanceof Error
    ? {
        type: error.name,
        stack: (error.stack ?? '')
          .split('\n')
          .filter((line) => /^ {4}at /.test(line))
          .join('\n'),
      }
    : { type: typeof error };
