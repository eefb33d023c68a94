import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Store } from '../policy/store.ts';
import { createBodyMemory } from './body.ts';
import { type ClientRule, createClientAuth } from './client-auth.ts';
import { advise } from './advise.ts';
import { createAdmissionHandler } from './handler.ts';
import { mutate } from './mutate.ts';
import { type Limits, applyServerLimits, createCallCounter, defaultLimits, serverOptions } from './limits.ts';
import { addServerMetrics, createMetrics } from './metrics.ts';
import type { MutateContext } from './mutate-context.ts';

/** A certificate and its private key, PEM. */
type KeyPair = { readonly cert: string; readonly key: string };

export type WebhookServerOptions = {
  readonly context: MutateContext;
  readonly store: Store;
  readonly log: Logger;
  /** Without one every handshake fails until `setServingCertificate`, so the server is neither live nor ready. */
  readonly certificate?: KeyPair | undefined;
  /** Undefined: clients are not asked for a certificate. */
  readonly clients?: ClientRule | undefined;
  readonly limits?: Partial<Limits> | undefined;
};

/** A server that is not yet listening. */
export type WebhookServer = {
  readonly server: Server;
  /** What `/metrics` shows. */
  readonly registry: Registry;
  /** Serves another certificate from the next handshake on; no connection is dropped. Throws if the key does not match. */
  readonly setServingCertificate: (pair: KeyPair) => void;
  /** Verifies clients by another CA, if they are verified at all; no connection is dropped. */
  readonly setClientCa: (ca: string) => void;
  /** Makes `/readyz` fail with this reason, until the returned call. */
  readonly addReadyzCheck: (reason: string) => () => void;
  /** Fails `/readyz`, goes on answering for `waitMs`, then closes; resolves when the last call is answered. */
  readonly drain: (waitMs: number) => Promise<void>;
};

const minVersion = 'TLSv1.2';

/** Builds the HTTPS server: `/mutate`, `/advise`, `/livez`, `/readyz`, `/metrics`. */
export function createWebhookServer({
  context,
  store,
  log,
  certificate,
  clients,
  limits: givenLimits,
}: WebhookServerOptions): WebhookServer {
  const limits = { ...defaultLimits, ...givenLimits };
  const metrics = createMetrics();
  const clientAuth = clients && createClientAuth(clients.names);
  const deps = {
    context,
    store,
    metrics,
    log,
    bodies: createBodyMemory(limits.bodiesBytes),
    clientAuth,
    limits,
  };
  const handle = createAdmissionHandler({ ...deps, answer: mutate });
  const handleAdvice = createAdmissionHandler({ ...deps, answer: advise });
  let isDraining = false;
  const failedChecks = new Set<string>();
  const app = createApp(
    { '/mutate': handle, '/advise': handleAdvice },
    () => (isDraining ? ['draining'] : [...failedChecks]),
    metrics.registry,
  );
  const isLastCall = createCallCounter(limits);

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // The apiserver keeps its connections: without this it would send its next call to a server that is about to close.
    if (isLastCall(request.socket) || isDraining) response.setHeader('connection', 'close');
    const url = pathOf(request.url ?? '');
    request.url = url;
    // The path of the apiserver goes around Express, whose routing and prototypes every review would pay for.
    if (request.method === 'POST' && (url === '/mutate' || url.startsWith('/mutate?'))) void handle(request, response);
    else app(request, response);
  };

  let secrets: Partial<KeyPair> & { readonly ca?: string } = {
    ...certificate,
    ...(clients ? { ca: clients.ca } : {}),
  };
  // Every client is asked and none refused in the handshake, which does not know the path yet.
  const clientOptions = clients ? { requestCert: true, rejectUnauthorized: false } : {};
  const server = createServer({ ...secrets, minVersion, ...clientOptions, ...serverOptions(limits) }, onRequest);
  applyServerLimits(server, limits);
  addServerMetrics(metrics.registry, server, context.version);
  if (clientAuth) server.on('secureConnection', clientAuth.onSecureConnection);
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'));

  const updateSecrets = (changed: Partial<typeof secrets>): void => {
    const next = { ...secrets, ...changed };
    server.setSecureContext({ ...next, minVersion });
    // Only now: a pair that it throws at must not come back with the next change.
    secrets = next;
  };
  return {
    server,
    registry: metrics.registry,
    setServingCertificate: updateSecrets,
    setClientCa(ca) {
      if (!clientAuth) return;
      updateSecrets({ ca });
      clientAuth.onCaChange();
    },
    addReadyzCheck(reason) {
      failedChecks.add(reason);
      return () => void failedChecks.delete(reason);
    },
    async drain(waitMs) {
      isDraining = true;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // A server that is closing no longer ends calls that are over their time.
        setTimeout(() => server.closeAllConnections(), server.requestTimeout).unref();
      });
    },
  };
}

function createApp(
  handlers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>>>,
  readyzFailures: () => readonly string[],
  registry: Registry,
): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  for (const [path, handle] of Object.entries(handlers)) {
    app.post(path, handle);
    app.all(
      path,
      (_request, response) => void response.set('allow', 'POST').status(405).type('text').send('Use POST.\n'),
    );
  }
  app.get('/livez', (_request, response) => void response.type('text').send('ok\n'));
  app.get('/readyz', (_request, response) => {
    const reasons = readyzFailures();
    response
      .status(reasons.length > 0 ? 503 : 200)
      .type('text')
      .send(`${reasons.join(', ') || 'ok'}\n`);
  });
  app.get('/metrics', async (_request, response) => {
    response.set('content-type', registry.contentType).end(await registry.metrics());
  });
  app.use(
    (_request, response) =>
      void response
        .status(404)
        .type('text')
        .send('Nothing is here: see /livez, /readyz, /metrics, /mutate and /advise.\n'),
  );
  return app;
}

/** The path and the query of a request target, which may be a whole URL: Express would read that by what Node warns of. */
const pathOf = (target: string): string =>
  target.startsWith('/') ? target : `/${target.replace(/^(https?:\/\/[^/?#]*)?\/?/i, '')}`;
