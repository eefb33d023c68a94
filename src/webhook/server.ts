import { createServer, type Server } from 'node:https';
import express from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Issued } from '../certificates/issue.ts';
import type { Store } from '../policies/store.ts';
import { createHandler } from './handler.ts';
import { createMetrics } from './metrics.ts';
import type { MutateContext } from './mutate-context.ts';

/** What the server takes of TLS, at its start and with every new certificate. */
const minVersion = 'TLSv1.2';

/** A webhook that is not yet listening. */
export type Webhook = {
  readonly server: Server;
  /** What `/metrics` shows. */
  readonly registry: Registry;
  /** Serves another certificate from the next handshake on; no connection is dropped. */
  readonly renew: (pair: Issued) => void;
  /** Says not ready, for this reason, until the call that it returns. */
  readonly hold: (reason: string) => () => void;
  /** Says not ready, goes on answering for `waitMs`, then closes; resolves when the last call is answered. */
  readonly drain: (waitMs: number) => Promise<void>;
};

/**
 * Builds the HTTPS server: `/mutate`, `/livez`, `/readyz`, `/metrics`. Without a certificate every handshake fails until
 * `renew` brings one, so that it is neither live nor ready.
 */
export function createWebhook(context: MutateContext, store: Store, pair: Issued | undefined, log: Logger): Webhook {
  const metrics = createMetrics();
  let isDraining = false;
  const held = new Set<string>();
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use((_request, response, next) => {
    // The apiserver keeps its connections: without this it would send its next call to a server that is going.
    if (isDraining) response.setHeader('connection', 'close');
    next();
  });
  app.post('/mutate', createHandler(context, store, metrics, log));
  app.all(
    '/mutate',
    (_request, response) => void response.set('allow', 'POST').status(405).type('text').send('Use POST.\n'),
  );
  app.get('/livez', (_request, response) => void response.type('text').send('ok\n'));
  app.get('/readyz', (_request, response) => {
    const reasons = isDraining ? ['draining'] : [...held];
    response
      .status(reasons.length > 0 ? 503 : 200)
      .type('text')
      .send(`${reasons.join(', ') || 'ok'}\n`);
  });
  app.get('/metrics', async (_request, response) => {
    response.set('content-type', metrics.registry.contentType).end(await metrics.registry.metrics());
  });
  app.use(
    (_request, response) =>
      void response.status(404).type('text').send('Nothing is here: see /livez, /readyz, /metrics and /mutate.\n'),
  );

  // Node looks for calls that are over their time only every 30 s by itself.
  const often = { connectionsCheckingInterval: 2_000, handshakeTimeout: 10_000 };
  const server = createServer({ ...pair, minVersion, ...often }, app);
  // Whoever closes last wins: the apiserver keeps idle connections for 90 s, and must not find them closed.
  server.keepAliveTimeout = 120_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.maxConnections = 2_000;
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'));

  return {
    server,
    registry: metrics.registry,
    renew: (renewed) => server.setSecureContext({ ...renewed, minVersion }),
    hold: (reason) => {
      held.add(reason);
      return () => void held.delete(reason);
    },
    drain: async (waitMs) => {
      isDraining = true;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // A server that is closed looks for no more calls that are over their time.
        setTimeout(() => server.closeAllConnections(), server.requestTimeout).unref();
      });
    },
  };
}
