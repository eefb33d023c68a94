// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ (--request-timeout)
import { type Clock, systemClock } from './clock.ts';
import type { Call, Connection, Response } from './connection.ts';

/** An apiserver gives up a write after 34 s, the slowest admission webhook included: who is silent for longer stays so. */
const usualMs = 35_000;

/**
 * A connection whose every call ends: one whose answer has not come to its end in time is aborted, whether its head was
 * there or not. Nothing of a call is left on its signal, which outlives thousands of them.
 */
export function timely({ get, send }: Connection, clock: Clock = systemClock): Connection {
  const inTime = async (call: Call, ask: (call: Call) => Promise<Response>): Promise<Response> => {
    const { signal, limitMs = usualMs } = call;
    signal.throwIfAborted();
    const inner = new AbortController();
    const over = new AbortController();
    let response: Response | undefined;
    const end = (reason: Error): void => {
      // First, so that whoever reads the body is told the reason.
      response?.body.destroy(reason);
      inner.abort(reason);
    };
    const ended = new Promise<never>((_resolve, reject) => {
      inner.signal.addEventListener('abort', () => reject(inner.signal.reason), { signal: over.signal });
    });
    const expire = async (): Promise<void> => {
      await clock.sleep(limitMs, over.signal);
      if (!over.signal.aborted) end(new Error(`nothing more was heard within ${Math.round(limitMs)} ms`));
    };
    signal.addEventListener('abort', () => end(signal.reason as Error), { signal: over.signal });
    void expire();
    try {
      response = await Promise.race([ask({ ...call, signal: inner.signal }), ended]);
      response.body.once('close', () => over.abort());
      // Whoever reads it is told all the same; where nobody does, an error without a listener would end the process.
      response.body.on('error', () => {});
      return response;
    } catch (error) {
      over.abort();
      throw error;
    }
  };
  return {
    get: (path, call) => inTime(call, (timed) => get(path, timed)),
    send: (method, path, body, call) => inTime(call, (timed) => send(method, path, body, timed)),
  };
}
