import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGrpc } from '../agent/support/grpc-server.ts';
import { killAll } from '../agent/support/daemon.ts';
import { startEtcd } from '../agent/support/etcd.ts';
import { startSlapd } from '../agent/support/ldap-server.ts';
import { startMariadb } from '../agent/support/mariadb.ts';
import { startMemcached, statistics } from '../agent/support/memcached.ts';
import { startMosquitto } from '../agent/support/mosquitto.ts';
import { startNats } from '../agent/support/nats.ts';
import { makeData, startPostgres } from '../agent/support/postgres.ts';
import { startNginx, startRedis } from '../agent/support/servers.ts';
import { startZooKeeper } from '../agent/support/zookeeper.ts';
import { freePort } from '../agent/support/daemon.ts';
import { install } from '../support/packages.ts';

type Counters = Readonly<Record<string, number>>;

/** A server with a check of it, and how it tells what a check leaves behind. */
export type Watched = {
  readonly name: string;
  readonly check: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: () => string;
  /** The lines that every client leaves that comes and goes as it should. */
  readonly ordinary: RegExp;
  readonly counters: () => Promise<Counters>;
};

/** Real servers on loopback, their checks, and the call that ends them all. */
export type Servers = {
  readonly ports: Readonly<Record<'redis' | 'postgres' | 'mariadb' | 'grpc' | 'nginx', number>>;
  readonly watched: readonly Watched[];
  readonly stop: () => Promise<void>;
};

const packages = ['redis-server', 'postgresql', 'mariadb-server', 'memcached', 'nats-server', 'mosquitto'];
const more = ['zookeeper', 'etcd-server', 'slapd', 'nginx-light', 'curl'];
const password = 'correct-horse-battery-staple';

/** Starts one server of each protocol that Debian has a server for that is quick to start. */
export async function startServers(): Promise<Servers> {
  await install([...packages, ...more]);
  const directory = mkdtempSync(join(tmpdir(), 'health-probe-bench-'));
  mkdirSync(join(directory, 'html'));
  writeFileSync(join(directory, 'html', 'index.html'), 'ok\n');
  const [redis, postgres, mariadb, memcached, nats, mosquitto, zookeeper, [etcd], slapd, nginx] = await Promise.all([
    startRedis(directory, ['loglevel verbose']),
    makeData(directory, 'primary', [`host all all 127.0.0.1/32 scram-sha-256`]).then((data) => startPostgres(data)),
    startMariadb(directory),
    startMemcached(),
    startNats(directory),
    startMosquitto(directory, ['allow_anonymous true']),
    startZooKeeper(directory),
    startEtcd(directory),
    startSlapd(directory, password, undefined),
    freePort().then((port) => startNginx(directory, `server { listen 127.0.0.1:${port}; }`, port)),
  ]);
  if (!etcd) throw new Error('there is no etcd');
  const grpc = await startGrpc({ '': 'SERVING' });
  await postgres.sql(`CREATE USER probe PASSWORD '${password}'`);
  await mariadb.sql(
    `CREATE USER probe@localhost IDENTIFIED BY '${password}'; CREATE USER probe@'127.0.0.1' IDENTIFIED BY '${password}'`,
  );
  const env = { PASSWORD: password };
  const ofRedis = async () =>
    numbers(
      await redis.cli('info'),
      /^(rejected_connections|total_error_replies|unexpected_error_replies|connected_clients):(\d+)/gm,
    );
  const ofPostgres = async () =>
    numbers(
      await postgres.sql(
        "select 'sessions_abandoned:'||sum(sessions_abandoned)||E'\\nsessions_fatal:'||sum(sessions_fatal)||E'\\nsessions_killed:'||sum(sessions_killed) from pg_stat_database",
      ),
      /^(\w+):(\d+)/gm,
    );
  const ofMariadb = async () =>
    numbers(
      await mariadb.sql(
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Aborted_clients','Aborted_connects','Connection_errors_internal','Access_denied_errors')",
      ),
      /^(\w+)\t(\d+)/gm,
    );
  const ofMemcached = async () => {
    const { curr_connections = 0, rejected_connections = 0 } = await statistics(memcached.port);
    return { curr_connections, rejected_connections };
  };
  const watch = (name: string, check: string, log: () => string, ordinary = /^$/, counters = none): Watched => ({
    name,
    check,
    env,
    log,
    ordinary,
    counters,
  });
  return {
    ports: { redis: redis.port, postgres: postgres.port, mariadb: mariadb.port, grpc: grpc.port, nginx: nginx.port },
    watched: [
      watch('redis', `redis://:${redis.port}`, redis.log, / - (Accepted 127|Client closed connection)/, ofRedis),
      watch('postgres, no login', `postgres://probe@127.0.0.1:${postgres.port}`, postgres.log, /^$/, ofPostgres),
      watch(
        'postgres, a login',
        `postgres://probe:$PASSWORD@127.0.0.1:${postgres.port}/postgres`,
        postgres.log,
        /^$/,
        ofPostgres,
      ),
      watch('mariadb, no login', `mariadb://127.0.0.1:${mariadb.port}`, mariadb.log, /^$/, ofMariadb),
      watch('mariadb, a login', `mariadb://probe:$PASSWORD@127.0.0.1:${mariadb.port}`, mariadb.log, /^$/, ofMariadb),
      watch('memcached', `memcached://:${memcached.port}`, memcached.log, /^$/, ofMemcached),
      watch('nats', `nats://:${nats.port}`, nats.log),
      watch(
        'mosquitto',
        `mqtt://:${mosquitto.port}`,
        mosquitto.log,
        /: New (connection from|client connected)|: Client \w+ disconnected\.$/,
      ),
      watch(
        'zookeeper',
        `zookeeper://:${zookeeper.port}`,
        zookeeper.log,
        /Processing srvr command|four letter word commands/,
      ),
      watch('etcd', `etcd://:${etcd.port}`, etcd.log),
      watch(
        'slapd, log level stats',
        `ldap://:${slapd.port}`,
        slapd.log,
        / (ACCEPT from|SRCH|SEARCH RESULT|UNBIND|closed$)/,
      ),
      watch('nginx, error log at info', `http://:${nginx.port}/`, nginx.log),
      watch('grpc-js', `grpc://127.0.0.1:${grpc.port}`, () => ''),
    ],
    stop: async () => {
      await grpc.stop();
      await killAll(directory);
    },
  };
}

/** For servers that count nothing but what is in their log. */
const none = async (): Promise<Counters> => ({});

const numbers = (text: string, form: RegExp): Counters =>
  Object.fromEntries([...text.matchAll(form)].map(([, name, value]) => [name, Number(value)]));
