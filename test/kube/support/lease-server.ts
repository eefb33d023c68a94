import type { Transport, TransportResponse } from '../../../src/kube/client.ts';
import { answer } from './answer.ts';
import type { VirtualTime } from './virtual-clock.ts';

/** What the network does to one call: how long each way takes, and what of it is lost. */
export type Weather = {
  readonly thereMs: number;
  readonly backMs: number;
  readonly lost: 'nothing' | 'call' | 'answer';
};

/** A network as it should be. */
export const fine: Weather = { thereMs: 1, backMs: 1, lost: 'nothing' };

/** An apiserver with at most one Lease, and its rules: what is written must be of the version that there is. */
export function leaseServer(time: VirtualTime) {
  let lease: any;
  let version = 0;
  const forever = new AbortController();

  function apply(method: string, sent: any): TransportResponse {
    if (method === 'GET') return lease ? answer(200, lease) : answer(404, { message: 'not found' });
    if (method === 'POST' && lease) return answer(409, { message: 'already exists' });
    if (method === 'PUT' && sent.metadata.resourceVersion !== lease?.metadata.resourceVersion) {
      return answer(409, { message: 'the object has been modified' });
    }
    lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: String(++version) } };
    return answer(200, lease);
  }

  return {
    lease: () => lease,
    /** A transport under this weather, call by call, and a fine one after that; what is lost is never answered. */
    transport(weather: Iterable<Weather> = []): Transport {
      const forecast = weather[Symbol.iterator]();
      return ({ method, signal, body }) => {
        const sent = body && JSON.stringify(body);
        return new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          signal.addEventListener('abort', () => reject(signal.reason));
          const { thereMs, backMs, lost } = forecast.next().value ?? fine;
          void (async () => {
            // A call that was given up may arrive all the same.
            await time.sleep(thereMs, forever.signal);
            if (lost === 'call') return;
            const reply = apply(method, sent && JSON.parse(sent));
            await time.sleep(backMs, forever.signal);
            if (lost !== 'answer') resolve(reply);
          })();
        });
      };
    },
  };
}
