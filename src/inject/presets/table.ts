import type { Server } from './server.ts';
import { applications } from './servers/applications.ts';
import { caches } from './servers/caches.ts';
import { databases } from './servers/databases.ts';
import { messaging } from './servers/messaging.ts';
import { names } from './servers/names.ts';
import { observability } from './servers/observability.ts';
import { web } from './servers/web.ts';

/**
 * The table. A preset may be too weak, never too strict: what a server needs besides (a login, TLS) comes from its
 * container, or there is no check.
 */
export const presets: readonly Server[] = [
  ...caches,
  ...databases,
  ...messaging,
  ...names,
  ...web,
  ...applications,
  ...observability,
];
