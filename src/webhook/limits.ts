// https://nodejs.org/api/http.html#class-httpserver
import type { Server } from 'node:https';

/** What a client may take of the server, so that no client starves the others. */
export type Limits = {
  readonly handshakeMs: number;
  /** From the start of a connection, or of a call on one that is kept, to the end of the head. */
  readonly headMs: number;
  /** The same to the end of the body. */
  readonly callMs: number;
  /** How long a connection may move no byte in the middle of a call: no other limit catches a client that never reads. */
  readonly stillMs: number;
  readonly idleMs: number;
  readonly connections: number;
  readonly callsOnAConnection: number;
  /** All bodies together while they are read. */
  readonly bodiesBytes: number;
  /** What a review may cost; the object of one that costs more is admitted unchanged. */
  readonly reviewCpuMs: number;
  /** A body of fewer characters is too short to cost a tenth of that. It is reviewed without the limit, which costs half as much as an ordinary review. */
  readonly limitedFromCharacters: number;
};

export const defaultLimits: Limits = {
  handshakeMs: 10_000,
  headMs: 10_000,
  callMs: 10_000,
  stillMs: 30_000,
  // Longer than the apiserver, which closes idle connections after 90 s and must not find them closed before.
  idleMs: 120_000,
  // Each takes 70 KiB of a replica's memory, or 85 with a long head.
  connections: 1_000,
  // The apiserver keeps its connections: without an end to them a new replica would get nothing to do.
  callsOnAConnection: 10_000,
  // Beside it there has to be room in the memory of a replica for one body that is parsed, and for the program itself.
  bodiesBytes: 16 * 1024 * 1024,
  // The other limits let no review come near it that is known: it is for a cause that is not.
  reviewCpuMs: 200,
  limitedFromCharacters: 16 * 1024,
};

/** The limits that a server takes only as options. */
export const serverOptions = ({ handshakeMs, headMs }: Limits) => ({
  handshakeTimeout: handshakeMs,
  // By itself Node looks for calls that are over their time only every 30 s.
  connectionsCheckingInterval: headMs / 5,
});

/** Sets all other limits. */
export function applyServerLimits(server: Server, limits: Limits): void {
  server.headersTimeout = limits.headMs;
  server.requestTimeout = limits.callMs;
  server.timeout = limits.stillMs;
  server.keepAliveTimeout = limits.idleMs;
  server.maxConnections = limits.connections;
}

/**
 * Counts a call, and tells whether it is the last one of its connection, which is then to be closed. Node's
 * `maxRequestsPerSocket` only says so to the client, and answers a client that sends more with a 503.
 */
export function createCallCounter({ callsOnAConnection }: Limits): (socket: object) => boolean {
  const counters = new WeakMap<object, { calls: number }>();
  return (socket) => {
    const counter = counters.get(socket);
    if (counter) return ++counter.calls >= callsOnAConnection;
    counters.set(socket, { calls: 1 });
    return callsOnAConnection <= 1;
  };
}
