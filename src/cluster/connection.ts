import type { IncomingHttpHeaders } from 'node:http';
import { type RequestOptions, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { version } from '../config/options.ts';
import { timely } from './timely.ts';

/** The head of what the apiserver answers, whatever its status; the body is still to be read. */
export type Response = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
};

/** How a call is made: aborting the signal ends it, and the reading of its body. */
export type Call = {
  readonly accept?: string;
  readonly signal: AbortSignal;
  /** How long it may take to the end of its body, where that is not as long as any write may take. */
  readonly limitMs?: number;
};

/** A way to speak to the apiserver; `path` is that of the API, with its query. A call rejects where no answer comes in time. */
export type Connection = {
  readonly get: (path: string, call: Call) => Promise<Response>;
  /** Sends `body` as JSON; a PATCH is a JSON merge patch, an APPLY a PATCH by server-side apply, the body of a DELETE its options. */
  readonly send: (method: Sending, path: string, body: object, call: Call) => Promise<Response>;
};

/** How an object is written. */
export type Sending = 'POST' | 'PUT' | 'PATCH' | 'APPLY' | 'DELETE';

/** What says the way of writing to the apiserver; the type of an apply is YAML, which JSON is too. */
const contentTypes: Readonly<Record<Sending, string>> = {
  POST: 'application/json',
  PUT: 'application/json',
  PATCH: 'application/merge-patch+json',
  APPLY: 'application/apply-patch+yaml',
  DELETE: 'application/json',
};

/** A connection whose every call begins with the options of `prepare`; their path, if any, goes before that of the call. */
export function connect(prepare: () => Promise<RequestOptions>, refused: () => void = () => {}): Connection {
  const ask = async (method: string, path: string, call: Call, type?: string, body?: string): Promise<Response> => {
    const options = await prepare();
    const headers = {
      ...options.headers,
      accept: call.accept ?? 'application/json',
      'user-agent': `health-injector/${version}`,
      ...(type === undefined ? {} : { 'content-type': type }),
      // Node leaves it out of a DELETE, whose body then is nobody's, or taken for the next request.
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        { ...options, method, path: `${options.path ?? ''}${path}`, headers, signal: call.signal },
        (response) => {
          const status = response.statusCode ?? 0;
          if (status === 401) refused();
          resolve({ status, headers: response.headers, body: response });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  };
  // Here, where no caller can forget it: one call without an end holds for ever what waits for it.
  return timely({
    get: (path, call) => ask('GET', path, call),
    send: (method, path, body, call) =>
      ask(method === 'APPLY' ? 'PATCH' : method, path, call, contentTypes[method], JSON.stringify(body)),
  });
}
