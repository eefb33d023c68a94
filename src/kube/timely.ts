// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ (--request-timeout)
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from './clock.ts';
import type { Call, Connection, Response } from './connection.ts';
import { withDeadline } from './clock.ts';

/** An apiserver gives up a write after 34 s, the slowest admission webhook included: who is silent for longer stays so. */
const usualMs = 35_000;

/**
 * A connection whose every call ends: one whose answer has not come to its end in time is aborted, whether its head was
 * there or not. Nothing of a call is left on its signal, which outlives thousands of them.
 */
export function timely({ get, send }: Connection, clock: Clock = systemClock): Connection {
  const inTime = (call: Call, ask: (call: Call) => Promise<Response>): Promise<Response> =>
    new Promise((resolve, reject) => {
      const answered = async (inner: AbortSignal): Promise<void> => {
        const answer: { body?: Readable } = {};
        // Before all others that hear of it, so that whoever reads the body is told the reason.
        inner.addEventListener('abort', () => answer.body?.destroy(inner.reason as Error));
        const response = await ask({ ...call, signal: inner });
        answer.body = response.body;
        // Whoever reads it is told all the same; where nobody does, an error without a listener would end the process.
        response.body.on('error', () => {});
        const closed = new Promise((close) => response.body.once('close', close));
        resolve(response);
        await closed;
      };
      withDeadline(call.limitMs ?? usualMs, call.signal, clock, answered).catch(reject);
    });
  return {
    get: (path, call) => inTime(call, (timed) => get(path, timed)),
    send: (method, path, body, call) => inTime(call, (timed) => send(method, path, body, timed)),
  };
}
