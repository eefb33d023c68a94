// https://kubernetes.io/docs/reference/using-api/api-concepts/
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { ApiError } from './api-error.ts';
import { type Clock, systemClock, withDeadline } from './clock.ts';
import { readLines, readText } from './response-body.ts';

/** One HTTP request; `path` is that of the API, with its query, and `body` is sent as JSON. */
export type TransportRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: object;
  /** Aborting it ends the request and the reading of its response. */
  readonly signal: AbortSignal;
};

/** The head of a response, whatever its status; the body is still to be read. */
export type TransportResponse = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
};

/** Sends requests to one apiserver as one user; `config.ts` makes them. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

export type CallOptions = {
  readonly signal: AbortSignal;
  /** How long one request may take to the end of its response. */
  readonly timeoutMs?: number;
};

/** With `metadataOnly` the apiserver sends each object as a PartialObjectMetadata: its `metadata` and nothing else. */
type GetOptions = CallOptions & { readonly metadataOnly?: boolean };

export type ListOptions = GetOptions & {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** The size of a page; `continueToken` is that of the page before it. */
  readonly limit?: number;
  readonly continueToken?: string;
};

type WatchOptions = Omit<ListOptions, 'limit' | 'continueToken'> & {
  readonly resourceVersion: string;
  /** How long the apiserver is asked to serve this watch. */
  readonly timeoutSeconds: number;
};

/** An object that comes in a list may lack its own `apiVersion` and `kind`. */
export type ObjectList<T> = {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
};

/** A change of one object, or its removal with its last state. A bookmark only has the version to continue from. */
export type WatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
  readonly resourceVersion: string;
};

/**
 * The verbs of the API. A call rejects with `ApiError` where the apiserver answers with another status than 2xx. `T` is
 * what the schema of the API promises; the client does not check it.
 */
export type Client = {
  readonly get: <T>(path: string, options: GetOptions) => Promise<T>;
  /** Reads what is no JSON, such as an answer that a proxy hands on. */
  readonly getText: (path: string, options: CallOptions) => Promise<string>;
  /** Reads a list, or one page of it. */
  readonly list: <T>(path: string, options: ListOptions) => Promise<ObjectList<T>>;
  /** Resolves when the apiserver ends the watch. */
  readonly watch: (path: string, options: WatchOptions, onEvent: (event: WatchEvent) => void) => Promise<void>;
  /** `path` is that of the collection, or of a subresource such as `eviction`. */
  readonly create: <T>(path: string, object: object, options: CallOptions) => Promise<T>;
  /** Replaces an object; it conflicts where `object` has another resourceVersion than the stored one. */
  readonly update: <T>(path: string, object: object, options: CallOptions) => Promise<T>;
  /** A JSON merge patch: it replaces lists as a whole, and null removes a field. */
  readonly patch: <T>(path: string, patch: object, options: CallOptions) => Promise<T>;
  /** Server-side apply by force: the caller becomes the owner of the fields of `object`. */
  readonly apply: <T>(path: string, object: object, options: CallOptions & { fieldManager: string }) => Promise<T>;
  readonly delete: (
    path: string,
    options: CallOptions & { readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } },
  ) => Promise<void>;
};

export type ClientOptions = {
  readonly clock?: Clock;
  /** The longest response, and the longest line of a watch. */
  readonly maxResponseBytes?: number;
};

/** An apiserver ends a write after 34 s, the slowest admission webhook included; after that no answer comes any more. */
const defaultTimeoutMs = 35_000;

/** No object is larger than 3 MB, and most have a few kB; a page of 250 Pods has about 2 MB. */
const defaultMaxResponseBytes = 16 * 1024 * 1024;

/** The count that client-go uses. */
const maxTries = 10;

const maxThrottleMs = 30_000;
const maxRetryAfterSeconds = 300;

type WholeResponse = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/** A client over a transport. Every request has a deadline: one that never ended would block for ever what waits for it. */
export function createClient(
  transport: Transport,
  { clock = systemClock, maxResponseBytes = defaultMaxResponseBytes }: ClientOptions = {},
): Client {
  const sendOnce = (request: TransportRequest, timeoutMs: number): Promise<WholeResponse> =>
    withDeadline(timeoutMs, request.signal, clock, async (signal) => {
      const { status, headers, body } = await transport({ ...request, signal });
      return { status, headers, text: await readText(body, maxResponseBytes) };
    });

  const send = async <T>(request: TransportRequest, timeoutMs = defaultTimeoutMs): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      const response = await sendOnce(request, timeoutMs);
      const waitMs = request.method === 'GET' || tries === maxTries ? undefined : throttledMs(response);
      if (waitMs === undefined) return bodyOf<T>(response);
      // Jitter: the requests that were rejected in the same second must not come back in the same second.
      await clock.sleep(waitMs * (1 + Math.random()), request.signal);
      request.signal.throwIfAborted();
    }
  };

  const write = <T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    { body, contentType = 'application/json' }: { readonly body: object; readonly contentType?: string },
    { signal, timeoutMs }: CallOptions,
  ): Promise<T> => send<T>({ method, path, accept: 'application/json', contentType, body, signal }, timeoutMs);

  return {
    get: (path, { signal, timeoutMs, metadataOnly }) =>
      send({ method: 'GET', path, accept: acceptOf(metadataOnly && 'PartialObjectMetadata'), signal }, timeoutMs),
    async getText(path, { signal, timeoutMs = defaultTimeoutMs }) {
      const response = await sendOnce({ method: 'GET', path, accept: '*/*', signal }, timeoutMs);
      return isSuccess(response.status) ? response.text : bodyOf(response);
    },
    async list<T>(path: string, options: ListOptions) {
      const { signal, timeoutMs, metadataOnly, labelSelector, fieldSelector, limit, continueToken } = options;
      const accept = acceptOf(metadataOnly && 'PartialObjectMetadataList');
      const url = withQuery(path, { limit, continue: continueToken, labelSelector, fieldSelector });
      const body = await send<Partial<ObjectList<T>> | null>({ method: 'GET', path: url, accept, signal }, timeoutMs);
      return { metadata: body?.metadata ?? {}, items: body?.items ?? [] };
    },
    watch(path, options, onEvent) {
      const { signal: outer, timeoutMs = defaultTimeoutMs, metadataOnly } = options;
      const { resourceVersion, timeoutSeconds, labelSelector, fieldSelector } = options;
      const accept = acceptOf(metadataOnly && 'PartialObjectMetadata');
      const query = { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
      const url = withQuery(path, { ...query, labelSelector, fieldSelector });
      return withDeadline(timeoutMs, outer, clock, async (signal) => {
        const { status, headers, body } = await transport({ method: 'GET', path: url, accept, signal });
        if (status !== 200) return bodyOf({ status, headers, text: await readText(body, maxResponseBytes) });
        for await (const line of readLines(body, maxResponseBytes)) {
          // The rest of a chunk is still read after the end; its events must not reach the caller any more.
          signal.throwIfAborted();
          onEvent(watchEventOf(line));
        }
        return undefined;
      });
    },
    create: (path, body, options) => write('POST', path, { body }, options),
    update: (path, body, options) => write('PUT', path, { body }, options),
    patch: (path, body, options) =>
      write('PATCH', path, { body, contentType: 'application/merge-patch+json' }, options),
    apply: (path, body, { fieldManager, ...options }) =>
      // The type says YAML, and JSON is YAML.
      write(
        'PATCH',
        withQuery(path, { fieldManager, force: true }),
        { body, contentType: 'application/apply-patch+yaml' },
        options,
      ),
    async delete(path, { preconditions, ...options }) {
      await write('DELETE', path, { body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions } }, options);
    },
  };
}

/**
 * How long API Priority and Fairness asks to wait with a request that it rejected; undefined for any other response. It
 * rejects before any handler runs, in plain text. A 429 with a Status in JSON is the decision of a handler, such as that
 * of a PodDisruptionBudget, and is not repeated here.
 */
function throttledMs({ status, headers }: WholeResponse): number | undefined {
  const seconds = Number(headers['retry-after']);
  if (status !== 429 || !(seconds > 0) || headers['content-type']?.includes('json')) return undefined;
  return Math.min(seconds * 1_000, maxThrottleMs);
}

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

function bodyOf<T>({ status, headers, text }: WholeResponse): T {
  let body: unknown = text;
  let isJson = true;
  try {
    body = JSON.parse(text);
  } catch {
    isJson = false;
  }
  if (!isSuccess(status)) {
    const seconds = Math.min(Number(headers['retry-after']) || 0, maxRetryAfterSeconds);
    throw new ApiError(status, body, seconds * 1_000);
  }
  if (!isJson) throw new SyntaxError('the answer is no JSON');
  return body as T;
}

type WatchLine = {
  readonly type: WatchEvent['type'] | 'ERROR';
  readonly object: { readonly code?: number; readonly metadata?: { readonly resourceVersion?: string } };
};

function watchEventOf(line: string): WatchEvent {
  const { type, object } = (JSON.parse(line) ?? {}) as Partial<WatchLine>;
  if (type === 'ERROR') throw new ApiError(object?.code ?? 500, object);
  const resourceVersion = object?.metadata?.resourceVersion;
  if (type === undefined || !resourceVersion) throw new SyntaxError('a change has no resourceVersion');
  return { type, object, resourceVersion };
}

const acceptOf = (kind: string | false | undefined): string =>
  kind ? `application/json;as=${kind};g=meta.k8s.io;v=v1` : 'application/json';

function withQuery(path: string, parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size > 0 ? `${path}?${query}` : path;
}
