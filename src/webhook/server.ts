import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import express from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Issued } from '../certificates/issue.ts';
import type { Store } from '../policy/store.ts';
import { createTracer } from '../tracing/tracer.ts';
import { createBodyBudget } from './body-budget.ts';
import { type ClientRule, createClientCheck } from './client-check.ts';
import { createHandler } from './handler.ts';
import { type Limits, createCallCount, defaultLimits, limitsAtBirth, setLimits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import type { MutateContext } from './mutate-context.ts';
import { createOverload, keepTicking } from './overload.ts';
import { createRefuse } from './refuse.ts';
import { createServerMetrics } from './server-metrics.ts';

/** What the server takes of TLS, at its start and with every new certificate. */
const minVersion = 'TLSv1.2';

/** What an operator may ask for besides; nothing of it is on unless it is given. */
export type WebhookOptions = {
  readonly clients?: ClientRule | undefined;
  readonly limits?: Partial<Limits>;
  /** How far the event loop is behind when reviews begin to be turned away; 0 or none: never. */
  readonly behindMs?: number;
  /** Where spans go; empty for nowhere. */
  readonly otlpEndpoint?: string;
};

/** A webhook that is not yet listening. */
export type Webhook = {
  readonly server: Server;
  /** What `/metrics` shows. */
  readonly registry: Registry;
  /** Serves another certificate from the next handshake on; no connection is dropped. */
  readonly renew: (pair: Issued) => void;
  /** Asks another CA about clients, where they are asked for a certificate; no connection is dropped. */
  readonly trust: (ca: string) => void;
  /** Says not ready, for this reason, until the call that it returns. */
  readonly hold: (reason: string) => () => void;
  /** Says not ready, goes on answering for `waitMs`, then closes; resolves when the last call is answered. */
  readonly drain: (waitMs: number) => Promise<void>;
};

/**
 * Builds the HTTPS server: `/mutate`, `/livez`, `/readyz`, `/metrics`. Without a certificate every handshake fails until
 * `renew` brings one, so that it is neither live nor ready.
 */
export function createWebhook(
  context: MutateContext,
  store: Store,
  pair: Issued | undefined,
  log: Logger,
  options: WebhookOptions = {},
): Webhook {
  const limits = { ...defaultLimits, ...options.limits };
  const metrics = createMetrics();
  const refuse = createRefuse(metrics, log);
  const clients = options.clients && createClientCheck(options.clients.names, refuse);
  const tracer = options.otlpEndpoint ? createTracer(options.otlpEndpoint, context.version, metrics.traced) : undefined;
  const overload = createOverload(options.behindMs ?? 0, performance.now(), (isOver) => {
    metrics.overloaded.set(isOver ? 1 : 0);
    log.warn(isOver ? 'overloaded, reviews are turned away' : 'overloaded no more');
  });
  const budget = createBodyBudget(limits.bodiesBytes);
  let isDraining = false;
  const held = new Set<string>();
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  const isLast = createCallCount(limits);
  app.use(({ socket }, response, next) => {
    // The apiserver keeps its connections: without this it would send its next call to a server that is going.
    if (isDraining || isLast(socket)) response.setHeader('connection', 'close');
    next();
  });
  if (clients) app.post('/mutate', clients.admit);
  app.post('/mutate', createHandler({ context, store, metrics, log, refuse, overload, budget, tracer }));
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

  // Every client is asked and none refused in the handshake, where nobody knows yet which path it wants.
  let secrets: Partial<Issued> & { readonly ca?: string } = {
    ...pair,
    ...(options.clients ? { ca: options.clients.ca } : {}),
  };
  const asking = clients ? { requestCert: true, rejectUnauthorized: false } : {};
  const server = createServer(
    { ...secrets, minVersion, ...asking, ...limitsAtBirth(limits) },
    (request: IncomingMessage, response: ServerResponse) => {
      request.url = pathOf(request.url ?? '');
      app(request, response);
    },
  );
  setLimits(server, limits);
  const secure = (changed: Partial<typeof secrets>): void => {
    const next = { ...secrets, ...changed };
    server.setSecureContext({ ...next, minVersion });
    // What it throws at must not come back with the next change.
    secrets = next;
  };
  createServerMetrics(metrics.registry, server, context.version);
  server.once('close', keepTicking(overload));
  if (clients) server.on('secureConnection', clients.meet);
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'));

  return {
    server,
    registry: metrics.registry,
    renew: secure,
    trust: (ca) => {
      if (!clients) return;
      secure({ ca });
      clients.changed();
    },
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
      await tracer?.stop();
    },
  };
}

/** What stands behind the host: Express would read a whole URL by what Node warns of and will make throw. */
const pathOf = (target: string): string => `/${target.replace(/^(https?:\/\/[^/?#]*)?\/?/i, '')}`;
