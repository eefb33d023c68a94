// https://nodejs.org/api/http.html#class-httpserver
import type { Server } from 'node:https';

/** What a client may take of the server, so that none is away for the others. */
export type Limits = {
  readonly handshakeMs: number;
  /** From the start of a connection, or of a call on one that is kept, to the end of the head. */
  readonly headMs: number;
  /** The same to the end of the body. */
  readonly callMs: number;
  /** How long a connection may move no byte in the middle of a call: a client that never reads is caught by nothing else. */
  readonly stillMs: number;
  readonly idleMs: number;
  readonly connections: number;
  readonly callsOnAConnection: number;
  /** All bodies together while they are read. */
  readonly bodiesBytes: number;
};

/** The limits that the webhook has. */
export const defaultLimits: Limits = {
  handshakeMs: 10_000,
  headMs: 10_000,
  callMs: 10_000,
  stillMs: 30_000,
  // Whoever closes last wins: the apiserver keeps idle connections for 90 s, and must not find them closed.
  idleMs: 120_000,
  // Each takes 70 KiB of a replica's memory, or 85 with a long head.
  connections: 1_000,
  // The apiserver keeps its connections: without an end to them a new replica would get nothing to do.
  callsOnAConnection: 10_000,
  // Beside it there has to be room in the memory of a replica for one body that is parsed, and for the program itself.
  bodiesBytes: 16 * 1024 * 1024,
};

/** The limits that a server takes only when it is made. */
export const limitsAtBirth = ({ handshakeMs, headMs }: Limits) => ({
  handshakeTimeout: handshakeMs,
  // Node looks for calls that are over their time only every 30 s by itself.
  connectionsCheckingInterval: headMs / 5,
});

/** Gives a server all other limits. */
export function setLimits(server: Server, limits: Limits): void {
  server.headersTimeout = limits.headMs;
  server.requestTimeout = limits.callMs;
  server.timeout = limits.stillMs;
  server.keepAliveTimeout = limits.idleMs;
  server.maxConnections = limits.connections;
}

/**
 * Tells whether a call is the last one of its connection, which is then to be closed. Node's `maxRequestsPerSocket` only
 * says so to the client, and answers one that does not listen with a 503.
 */
export function createCallCount({ callsOnAConnection }: Limits): (socket: object) => boolean {
  const counts = new WeakMap<object, number>();
  return (socket) => {
    const count = (counts.get(socket) ?? 0) + 1;
    counts.set(socket, count);
    return count >= callsOnAConnection;
  };
}
