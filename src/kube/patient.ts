// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
import { type Clock, systemClock } from './clock.ts';
import type { Connection, Response } from './connection.ts';

/** As client-go has it. */
const mostTries = 10;

const longestWaitMs = 30_000;

/**
 * A connection that writes again, after as long as it is told, where the apiserver is too busy to take a write: nothing
 * was done then. What a PodDisruptionBudget refuses has the same status and is handed on.
 */
export function patient({ get, send }: Connection, clock: Clock = systemClock): Connection {
  return {
    get,
    async send(method, path, body, call) {
      for (let tries = 1; ; tries += 1) {
        const response = await send(method, path, body, call);
        const waitMs = busyMs(response);
        if (waitMs === undefined || tries === mostTries) return response;
        // Only an answer that is read to its end leaves the connection for the next call.
        response.body.resume();
        // Not all that were turned away in a second come back in the same.
        await clock.sleep(waitMs * (1 + Math.random()), call.signal);
        call.signal.throwIfAborted();
      }
    },
  };
}

/** Flow control speaks before there is an API object to speak of, in plain text; a Status is somebody's decision. */
function busyMs({ status, headers }: Response): number | undefined {
  const seconds = Number(headers['retry-after']);
  if (status !== 429 || !(seconds > 0) || headers['content-type']?.includes('json')) return undefined;
  return Math.min(seconds * 1_000, longestWaitMs);
}
