import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUser } from '@nats-io/jwt';
import { type WebSocket, WebSocketServer } from 'ws';
import { startCassandra } from '../agent/support/cassandra.ts';
import { certificateFor, writeCertificate } from '../agent/support/certificates.ts';
import { freePort, startDaemon } from '../agent/support/daemon.ts';
import { startMysql } from '../agent/support/mysql.ts';
import { seedOf } from '../agent/support/nats-operator.ts';
import { startNats } from '../agent/support/nats.ts';
import { startRabbit } from '../agent/support/rabbitmq.ts';
import { startSentinel } from '../agent/support/redis-cluster.ts';
import { startRedis } from '../agent/support/servers.ts';
import { encryption, startTdsServer } from '../agent/support/tds-server.ts';
import { install } from '../support/packages.ts';
import { rabbitOptions } from './slow-servers.ts';
import { login } from './watched.ts';

/** Starts servers whose checks take several steps or a signature, and gives ten checks of them. */
export async function startLoginServers(directory: string): Promise<string[]> {
  await install(['rabbitmq-server', 'memcached', 'chrony']);
  const files = writeCertificate(directory, 'login', certificateFor(['localhost']));
  const user = createUser();
  const seed = join(directory, 'seed');
  writeFileSync(seed, `${seedOf(user)}\n`);
  const [redis, nats, rabbit, cassandra, mysql, mssql, udp, time] = await Promise.all([
    startRedis(directory),
    startNats(directory, [`authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`]),
    startRabbit(directory, rabbitOptions(files), async () => {}),
    startCassandra(directory, { certificate: files, role: { name: login.user, password: login.password }, lines: [] }),
    startMysql(directory, ['--tls-version=']),
    startTdsServer({ password: login.password, encryption: encryption.notSupported }),
    startUdp(),
    startChrony(directory),
  ]);
  const sentinel = await startSentinel(directory, redis.port, 1);
  await mysql.sql(`CREATE USER ${login.user}@127.0.0.1 IDENTIFIED BY '${login.password}'`);
  return [
    `redis://:${sentinel.port}?sentinel=mymaster`,
    `nats://:${nats.port}?nkey-file=${seed}`,
    `amqp://probe:$PASSWORD@:${rabbit.port}?version=1.0`,
    `rabbitmq-stream://probe:$PASSWORD@:${rabbit.streamPort}`,
    `cassandra://probe:$PASSWORD@:${cassandra.port}?query=SELECT%20release_version%20FROM%20system.local`,
    `mysql://probe:$PASSWORD@:${mysql.port}?allow-cleartext`,
    `mssql://probe:$PASSWORD@:${mssql.port}`,
    `ws://:${await startEcho()}/?send=hello&expect=hello`,
    `udp://:${udp}?send=%5Cx00%5Cx01%5Cx00%5Cx00%5Cx00%5Cx01%5Cx00%5Cx00version%5Cr%5Cn&expect=VERSION`,
    `ntp://:${time}`,
  ];
}

/** A WebSocket server that sends back what it gets; gives its port. */
async function startEcho(): Promise<number> {
  const port = await freePort();
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  server.on('connection', (socket: WebSocket) => {
    socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
  });
  await once(server, 'listening');
  return port;
}

async function startUdp(): Promise<number> {
  const port = await freePort();
  await startDaemon('memcached', ['-u', 'root', '-l', '127.0.0.1', '-p', `${port}`, '-U', `${port}`], port);
  return port;
}

/** A chronyd that leaves the clock alone. */
async function startChrony(directory: string): Promise<number> {
  const port = await freePort();
  const file = join(directory, 'chrony.conf');
  const lines = ['cmdport 0', 'bindcmdaddress /', `pidfile ${file}.pid`, 'user root', 'bindaddress 127.0.0.1'];
  writeFileSync(file, [`port ${port}`, ...lines, 'allow 127.0.0.1', 'local stratum 3', ''].join('\n'));
  await startDaemon('chronyd', ['-d', '-x', '-f', file], async () => true);
  return port;
}
