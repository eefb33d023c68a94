import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFor, writeCertificate } from '../agent/support/certificates.ts';
import { freePort, killAll } from '../agent/support/daemon.ts';
import { startEtcd } from '../agent/support/etcd.ts';
import { startGrpc } from '../agent/support/grpc-server.ts';
import { startSlapd } from '../agent/support/ldap-server.ts';
import { startMariadb } from '../agent/support/mariadb.ts';
import { startMemcached, statistics } from '../agent/support/memcached.ts';
import { startMosquitto } from '../agent/support/mosquitto.ts';
import { startNats } from '../agent/support/nats.ts';
import { makeData, startPostgres } from '../agent/support/postgres.ts';
import { type RedisServer, startDnsmasq, startNginx, startRedis } from '../agent/support/servers.ts';
import { startZooKeeper } from '../agent/support/zookeeper.ts';
import { install } from '../support/packages.ts';
import { type Watched, counted, login, watch } from './watched.ts';

/** Real servers on loopback, and the call that ends them all. */
export type Servers = {
  readonly directory: string;
  readonly ports: Readonly<Record<'redis' | 'postgres' | 'mariadb' | 'grpc' | 'nginx', number>>;
  readonly watched: readonly Watched[];
  readonly stop: () => Promise<void>;
};

const packages = ['redis-server', 'postgresql', 'mariadb-server', 'memcached', 'nats-server', 'mosquitto'];
const morePackages = [
  'libzookeeper-java',
  'default-jre-headless',
  'etcd-server',
  'slapd',
  'nginx-light',
  'curl',
  'dnsmasq-base',
];

/** Starts one server of each protocol for which Debian has one that is quick to start. */
export async function startServers(): Promise<Servers> {
  await install([...packages, ...morePackages]);
  const directory = mkdtempSync(join(tmpdir(), 'health-probe-bench-'));
  mkdirSync(join(directory, 'html'));
  writeFileSync(join(directory, 'html', 'index.html'), 'ok\n');
  const [redis, postgres, mariadb, [etcd], nginx, grpc] = await Promise.all([
    startRedis(directory, ['loglevel verbose']),
    makeData(directory, 'primary', ['host all all 127.0.0.1/32 scram-sha-256']).then((data) => startPostgres(data)),
    startMariadb(directory),
    startEtcd(directory),
    freePort().then((port) => startNginx(directory, `server { listen 127.0.0.1:${port}; }`, port)),
    startGrpc({ '': 'SERVING' }),
  ]);
  await postgres.sql(`CREATE USER ${login.user} PASSWORD '${login.password}'`);
  await mariadb.sql(`CREATE USER ${login.user}@'127.0.0.1' IDENTIFIED BY '${login.password}'`);
  const [secureRedis, tlsPort, ca] = await startSecureRedis(directory);
  const ofRedis = async () => counted(await redis.cli('info'), redisCounters);
  const ofSecureRedis = async () => counted(await secureRedis.cli('info'), redisCounters);
  const sessions = ['abandoned', 'fatal', 'killed'].map(
    (end) => `SELECT '${end}', sum(sessions_${end}) FROM pg_stat_database`,
  );
  const ofPostgres = async () => counted(await postgres.sql(sessions.join(' UNION ALL ')));
  const ofMariadb = async () =>
    counted(await mariadb.sql('SHOW GLOBAL STATUS'), /^(Aborted|Access_denied|Connection_err)/);
  const postgresAt = `127.0.0.1:${postgres.port}`;
  const mariadbAt = `127.0.0.1:${mariadb.port}`;
  return {
    directory,
    ports: { redis: redis.port, postgres: postgres.port, mariadb: mariadb.port, grpc: grpc.port, nginx: nginx.port },
    watched: [
      watch('redis', `redis://:${redis.port}`, redis.log, {
        ordinary: / - (Accepted 127|Client closed connection)/,
        counters: ofRedis,
      }),
      watch('redis, over TLS', `redis://:${tlsPort}?tls&ca=${ca}`, secureRedis.log, {
        ordinary: / - (Accepted 127|Client closed connection)/,
        counters: ofSecureRedis,
      }),
      watch('postgres, a login', `postgres://probe:$PASSWORD@${postgresAt}/postgres`, postgres.log, {
        counters: ofPostgres,
      }),
      watch('postgres, no login', `postgres://probe@${postgresAt}`, postgres.log, { counters: ofPostgres }),
      watch('mariadb, a login', `mariadb://probe:$PASSWORD@${mariadbAt}`, mariadb.log, { counters: ofMariadb }),
      watch('mariadb, no login', `mariadb://${mariadbAt}`, mariadb.log, { counters: ofMariadb }),
      ...(await startSmallServers(directory)),
      watch('etcd', `etcd://:${etcd?.port}`, () => etcd?.log() ?? ''),
      watch('nginx, error log at info', `http://:${nginx.port}/`, nginx.log),
      watch('grpc-js', `grpc://127.0.0.1:${grpc.port}`, () => ''),
    ],
    stop: async () => {
      await grpc.stop();
      await killAll(directory);
    },
  };
}

const redisCounters = /rejected|error_replies|^connected_clients$/;

async function startSecureRedis(directory: string): Promise<readonly [RedisServer, number, string]> {
  const { cert, key, ca } = writeCertificate(directory, 'redis', certificateFor(['localhost']));
  const port = await freePort();
  const files = [`tls-cert-file ${cert}`, `tls-key-file ${key}`, `tls-ca-cert-file ${ca}`, 'tls-auth-clients no'];
  return [await startRedis(directory, [`tls-port ${port}`, 'loglevel verbose', ...files]), port, ca];
}

async function startSmallServers(directory: string): Promise<Watched[]> {
  const [memcached, nats, mosquitto, zookeeper, slapd, dnsmasq] = await Promise.all([
    startMemcached(),
    startNats(directory),
    startMosquitto(directory, ['allow_anonymous true']),
    startZooKeeper(directory),
    startSlapd(directory, login.password, undefined),
    startDnsmasq(['host-record=one.test,192.0.2.1']),
  ]);
  const ofMemcached = async () => {
    const { curr_connections = 0, rejected_connections = 0 } = await statistics(memcached.port);
    return { curr_connections, rejected_connections };
  };
  const ofNats = async () =>
    Object.fromEntries(
      Object.entries(await nats.counts())
        .filter(([name]) => /^(connections|slow_consumers|subscriptions|(in|out)_msgs)$/.test(name))
        .map(([name, value]) => [name, Number(value)]),
    );
  return [
    watch('memcached', `memcached://:${memcached.port}`, memcached.log, { counters: ofMemcached }),
    watch('nats', `nats://:${nats.port}`, nats.log, { counters: ofNats }),
    watch('mosquitto', `mqtt://:${mosquitto.port}`, mosquitto.log, {
      ordinary: /: New (connection from|client connected)|: Client \w+ disconnected\.$/,
    }),
    watch('zookeeper', `zookeeper://:${zookeeper.port}`, zookeeper.log, {
      ordinary: /Processing srvr command|four letter word commands/,
    }),
    watch('slapd, log level stats', `ldap://:${slapd.port}`, slapd.log, {
      ordinary: / (ACCEPT from|SRCH|SEARCH RESULT|UNBIND|closed$)/,
    }),
    watch('dnsmasq', `dns://:${dnsmasq.port}/one.test`, dnsmasq.log),
  ];
}
