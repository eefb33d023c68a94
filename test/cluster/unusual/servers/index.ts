import type { Server } from '../server.ts';
import { brokers } from './brokers.ts';
import { mariadb } from './mariadb.ts';
import { memcached } from './memcached.ts';
import { messaging } from './messaging.ts';
import { names } from './names.ts';
import { nginx } from './nginx.ts';
import { observability } from './observability.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import { stores } from './stores.ts';
import { web } from './web.ts';

export const servers: readonly Server[] = [
  redis,
  memcached,
  postgres,
  mariadb,
  ...stores,
  nginx,
  ...web,
  ...names,
  ...messaging,
  ...brokers,
  ...observability,
];
