import { Readable } from 'node:stream';
import type { Response } from '../../../src/kube/connection.ts';

/** An answer with a JSON body that came over no network. */
export const answer = (status: number, body: object): Response => ({
  status,
  headers: {},
  body: Readable.from([Buffer.from(JSON.stringify(body))]),
});
