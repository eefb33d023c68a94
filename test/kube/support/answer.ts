import { Readable } from 'node:stream';
import type { TransportResponse } from '../../../src/kube/client.ts';

/** An answer with a JSON body that came over no network. */
export const answer = (status: number, body: object): TransportResponse => ({
  status,
  headers: {},
  body: Readable.from([Buffer.from(JSON.stringify(body))]),
});
