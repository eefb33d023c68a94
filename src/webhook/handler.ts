import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { PolicyScope } from '../inject/model/scope.ts';
import type { Store } from '../policy/store.ts';
import { type Rejection, type ReviewRequest, type ReviewResponse, objectFields, parseReview } from './admission.ts';
import type { Answer } from './answer.ts';
import { type BodyMemory, readBody } from './body.ts';
import type { ClientAuth } from './client-auth.ts';
import { endedByLimit, limitCpu } from './cpu-limit.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { MutateContext } from './mutate-context.ts';
import { type Unanswered, admitUnchanged } from './mutate.ts';

/** Two objects of the apiserver's own limit of 3 MB, and their envelope. */
const maxBodyBytes = 7 * 1024 * 1024;

export type HandlerDeps = {
  /** Answers one review. */
  readonly answer: (review: ReviewRequest, context: MutateContext, scope: PolicyScope) => Answer;
  readonly context: MutateContext;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly bodies: BodyMemory;
  /** Undefined: any client may call. */
  readonly clientAuth: ClientAuth | undefined;
  readonly limits: Pick<Limits, 'reviewCpuMs' | 'limitedFromCharacters'>;
};

/** Answers POST at one path: a review gets a review, every other call an HTTP error with one sentence. Never rejects. */
export function createAdmissionHandler({
  answer,
  context,
  store,
  metrics,
  log,
  bodies,
  clientAuth,
  limits,
}: HandlerDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    metrics.inFlight.inc();
    try {
      const client = clientAuth?.check(request.socket);
      if (client?.rejection) {
        rejectRequest(request, response, client.rejection);
        return;
      }
      // This call is still answered; the next one comes over a new handshake, which asks the new CA.
      if (client?.isStale) response.setHeader('connection', 'close');
      const body = await readBody(request, maxBodyBytes, bodies);
      if ('rejection' in body) {
        rejectRequest(request, response, body.rejection);
        return;
      }
      const startMs = performance.now();
      const review = parseReview(body.text);
      if ('rejection' in review) rejectRequest(request, response, review.rejection);
      else send(response, respond(review.request, body.text.length >= limits.limitedFromCharacters, startMs));
    } catch (error) {
      log.error({ err: withoutMessage(error) }, 'call failed');
      request.socket.destroy();
    } finally {
      metrics.inFlight.dec();
    }
  };

  function rejectRequest(request: IncomingMessage, response: ServerResponse, { code, sentence }: Rejection): void {
    metrics.rejected(code);
    log.warn({ code, sentence }, 'request refused');
    // Node would take the rest of a body that was not read for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${sentence}\n`);
  }

  function respond(review: ReviewRequest, isLarge: boolean, startMs: number): ReviewResponse {
    const work = (): Answer => answer(review, context, store.scopeFor(review.namespace, Date.now()));
    try {
      const answered = isLarge ? limitCpu(limits.reviewCpuMs, work) : work();
      if (answered === endedByLimit) return giveUp(review, 'too-costly', startMs);
      metrics.answered(answered, (performance.now() - startMs) / 1_000);
      logAnswer(review, answered);
      return audited(answered.response, answered);
    } catch (error) {
      return giveUp(review, 'internal-error', startMs, error);
    }
  }

  function giveUp(review: ReviewRequest, reason: Unanswered, startMs: number, error?: unknown): ReviewResponse {
    metrics.answered({ result: reason, patterns: [] }, (performance.now() - startMs) / 1_000);
    const cause = error === undefined ? { reason } : { err: withoutMessage(error) };
    const fields = { uid: review.uid, ...objectFields(review), ...cause };
    log.error(fields, 'review failed, the object is admitted unchanged');
    return audited({ ...admitUnchanged(reason), uid: review.uid }, { result: reason, by: undefined });
  }

  /** Has the audit log say what was decided, in words of our own and names of the administrator's; of most Pods there is nothing to say. */
  function audited(response: ReviewResponse, { result, by }: Pick<Answer, 'result' | 'by'>): ReviewResponse {
    if (result === 'not-asked') return response;
    const policy = by === undefined ? {} : { policy: by };
    return { ...response, auditAnnotations: { reason: result, ...policy, version: context.version } };
  }

  function logAnswer(review: ReviewRequest, { result, by, added, kept, problems }: Answer): void {
    const level = levelOf(result, problems);
    if (!log.isLevelEnabled(level)) return;
    const fields = { uid: review.uid, ...objectFields(review), result, by };
    if (level === 'debug') log.debug({ ...fields, kept }, 'review answered');
    else if (level === 'warn') log.warn({ ...fields, problems }, 'review answered');
    else log.info(result === 'injected' ? { ...fields, added, kept } : { ...fields, added }, 'review answered');
  }
}

/** Injections and copies are `info`, mistakes `warn`, all else `debug`. */
function levelOf(result: Answer['result'], problems: Answer['problems']): 'debug' | 'info' | 'warn' {
  if (result === 'injected') return 'info';
  if (problems.length > 0) return 'warn';
  return result === 'copied' || result === 'advised' || result === 'excluded' || result === 'audit' ? 'info' : 'debug';
}

function send(response: ServerResponse, answer: ReviewResponse): void {
  const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer });
  const bytes = Buffer.byteLength(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes });
  // Of plain ASCII, Latin 1 is the same bytes, and Node writes it with less CPU than UTF-8.
  response.end(body, bytes === body.length ? 'latin1' : 'utf8');
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
