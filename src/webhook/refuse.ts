import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';

/** Answers a call with an HTTP status and one sentence, which are logged and counted. */
export type Refuse = (request: IncomingMessage, response: ServerResponse, code: number, sentence: string) => void;

export const createRefuse =
  (metrics: Metrics, log: Logger): Refuse =>
  (request, response, code, sentence) => {
    metrics.refused(code);
    log.warn({ code, sentence }, 'request refused');
    // The rest of a body that was not read would be taken for the next request; else a new handshake would be our loss.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${sentence}\n`);
  };
