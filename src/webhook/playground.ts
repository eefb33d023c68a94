import { type Server, createServer } from 'node:http';
import express from 'express';

/** The page may load what lies beside it, and can send nothing anywhere; no other page may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types playground',
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'clipboard-write=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

/**
 * Serves the static page of the playground. It is a server of its own, over HTTP and for loopback: a browser does not know
 * the CA of the webhook, and the apiserver has nothing to do with the page.
 */
export function createPlaygroundServer(directory: string): Server {
  const app = express();
  app.disable('x-powered-by').set('query parser', false);
  app.use((_request, response, next) => {
    response.set(headers);
    next();
  });
  app.use(express.static(directory, { dotfiles: 'ignore' }));
  app.use(
    (_request, response) =>
      void response
        .status(404)
        .type('text')
        .send('Nothing is here. The playground is at /, once npm run build:playground has built it.\n'),
  );
  return createServer(app);
}
