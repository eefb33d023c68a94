import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Store } from '../policy/store.ts';
import type { Tracer } from '../tracing/tracer.ts';
import { parseTraceparent } from '../tracing/traceparent.ts';
import type { BodyBudget } from './body-budget.ts';
import { readBody } from './body.ts';
import { collectAfter } from './collect-garbage.ts';
import { type Identity, identify } from './identify.ts';
import { tooIntricate } from './intricacy.ts';
import type { Metrics } from './metrics.ts';
import type { Answer } from './answer.ts';
import type { MutateContext } from './mutate-context.ts';
import { admitUnchanged, mutate } from './mutate.ts';
import type { Overload } from './overload.ts';
import { createRecall } from './recall.ts';
import type { Refuse } from './refuse.ts';
import { type ReviewRequest, type ReviewResponse, parseReview } from './review.ts';

/** Two objects of the apiserver's own limit of 3 MB, and their envelope. */
const bodyLimitBytes = 7 * 1024 * 1024;

/** What is remembered of a review: the answer, the end of its text behind the uid, and what the log says of it. */
type Remembered = { readonly answer: Answer; readonly tail: string; readonly identity: Identity };

/** What the handler works with. */
export type HandlerParts = {
  readonly context: MutateContext;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly refuse: Refuse;
  readonly overload: Overload;
  readonly budget: BodyBudget;
  readonly tracer: Tracer | undefined;
};

/** A review while it is answered. */
type Call = { readonly uid: string; readonly startMs: number; readonly traceparent: unknown };

/** Answers `POST /mutate`: a review gets a review, anything else a 4xx, and what there is no room for a 503, with one sentence. */
export function createHandler({ context, store, metrics, log, refuse, overload, budget, tracer }: HandlerParts) {
  const recall = createRecall<Remembered>();

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    metrics.inFlight.inc();
    let bodyLength = 0;
    try {
      const body = await readBody(request, bodyLimitBytes, budget);
      if (typeof body !== 'string') {
        refuse(request, response, body.code, body.sentence);
        return;
      }
      bodyLength = body.length;
      const startMs = performance.now();
      const { traceparent } = request.headers;
      const { uid, known, remember } = recall.find(body, store.generation());
      if (known) {
        conclude({ uid, startMs, traceparent }, known);
        send(response, uid, known.tail);
        return;
      }
      // Only a text that begins as the apiserver's can be turned away without the work of reading it.
      if (uid !== '' && overload.isOver(startMs)) {
        metrics.answered({ result: 'overloaded', patterns: [] }, (performance.now() - startMs) / 1_000);
        send(response, uid, overloadedTail);
        return;
      }
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
      const fresh = respond(review, { uid: review.uid, startMs, traceparent });
      // The uid that was found in the text is the request's own, or the text is no key.
      if (fresh && uid === review.uid && review.kind === 'Pod' && isIndependent(fresh)) remember(fresh);
      send(response, review.uid, fresh?.tail ?? failedTail);
    } finally {
      metrics.inFlight.dec();
      collectAfter(bodyLength);
    }
  };

  function respond(review: ReviewRequest, call: Call): Remembered | undefined {
    const identity = identify(review);
    try {
      const answer = mutate(review, context, store.scopeFor(review.namespace, Date.now()));
      const fresh = { answer, tail: tailOf(answer.response), identity };
      conclude(call, fresh);
      return fresh;
    } catch (error) {
      count(call, { result: 'internal-error', patterns: [] }, identity);
      const said = { uid: call.uid, ...identity, err: withoutMessage(error) };
      log.error(said, 'review failed, the object is admitted unchanged');
      return undefined;
    }
  }

  function conclude(call: Call, { answer, identity }: Remembered): void {
    const { result, by, added, kept, problems } = answer;
    count(call, answer, identity);
    const said = { uid: call.uid, ...identity, result, by };
    if (result === 'injected') log.info({ ...said, added, kept }, 'review answered');
    else if (problems.length > 0) log.warn({ ...said, problems }, 'review answered');
    else if (result === 'copied' || result === 'kept-off' || result === 'audit')
      log.info({ ...said, added }, 'review answered');
    else log.debug({ ...said, kept }, 'review answered');
  }

  function count(call: Call, answer: Pick<Answer, 'result' | 'patterns'>, { namespace, kind }: Identity): void {
    const endMs = performance.now();
    metrics.answered(answer, (endMs - call.startMs) / 1_000);
    tracer?.record({
      parent: parseTraceparent(call.traceparent),
      startMs: call.startMs,
      endMs,
      isError: answer.result === 'internal-error',
      attributes: { uid: call.uid, 'k8s.namespace.name': namespace, kind, result: answer.result },
    });
  }
}

/** True where nothing of the answer, the patch in the clear included, speaks of a volume whose name is random, or hangs on the time. */
const isIndependent = ({ answer, tail }: Remembered): boolean =>
  !answer.isMomentary && !`${tail}${answer.patch ?? ''}`.includes('kube-api-access-');

/** The text of an answer behind its uid. */
const tailOf = (response: ReviewResponse): string =>
  `${JSON.stringify({ ...response, uid: '' }).replace('{"uid":"', '')}}`;

const overloadedTail = tailOf(admitUnchanged('overloaded'));
const failedTail = tailOf(admitUnchanged('internal-error'));

function send(response: ServerResponse, uid: string, tail: string): void {
  const escaped = JSON.stringify(uid).slice(1, -1);
  const body = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"${escaped}${tail}`;
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
