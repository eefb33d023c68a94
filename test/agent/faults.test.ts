import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type Member, startEtcd } from './support/etcd.ts';
import { livesThroughFaults } from './support/faults.ts';
import { startGrpcProcess } from './support/grpc-server.ts';
import { startSlapd } from './support/ldap-server.ts';
import { startDovecot } from './support/line-servers.ts';
import { startExim } from './support/mail-servers.ts';
import { startMariadb } from './support/mariadb.ts';
import { startMemcached } from './support/memcached.ts';
import { passwordFile, startMosquitto } from './support/mosquitto.ts';
import { startNats } from './support/nats.ts';
import { makeData, startPostgres } from './support/postgres.ts';
import { startDnsmasq, startNginx, startRedis } from './support/servers.ts';
import { aliveIn, endAsked, startAsked } from './support/life.ts';
import { livesThroughTls } from './support/terminator.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };

/** Brokers and stores that take long to start are asked in the same way in the tests of their own. */
describe('the agent reaches a real server through a network that fails after each answer, and through each manner of TLS:', () => {
  const small = ['nats-server', 'redis-server', 'memcached', 'mosquitto', 'dnsmasq-base', 'nginx-light', 'etcd-server'];
  const large = ['slapd', 'exim4-daemon-light', 'dovecot-imapd', 'dovecot-pop3d', 'mariadb-server', 'postgresql-15'];
  const directory = useDaemons([...small, ...large, 'haproxy']);
  const files = () => writeCertificate(directory, 'server', certificateFor(['localhost']));

  /** Who does not read what he asked for takes the one place that there is. */
  async function clientThatReadsNothing(scheme: 'http' | 'https', port: number): Promise<Socket> {
    writeFileSync(join(directory, 'html/large'), Buffer.alloc(32 << 20));
    const socket =
      scheme === 'http'
        ? connect(port, '127.0.0.1')
        : connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.write('GET /large HTTP/1.1\r\nHost: it\r\n\r\n');
    await once(socket, 'readable');
    return socket;
  }

  it('nats', async () => {
    const url = 'nats://probe:$PASSWORD@:PORT';
    const login = [`authorization { user: probe, password: "${password}" }`];
    const nats = await startAsked({ url, env }, () => startNats(directory, login));
    const { port } = nats;
    await livesThroughFaults({ url, port, env, provenAfter: 1 });
    await aliveIn('wrong login', { url: 'nats://probe:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: 'nats://:PORT', port });
    await endAsked(nats, { url, port, env });
  });

  it('redis', async () => {
    const url = 'redis://:$PASSWORD@:PORT?role=primary';
    const redis = await startAsked({ url, env }, () => startRedis(directory, [`requirepass ${password}`]));
    const { port } = redis;
    await livesThroughFaults({ url, port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'redis://:$PASSWORD@:PORT?tls', port, env });
    await aliveIn('wrong login', { url: 'redis://:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: 'redis://:PORT', port });
    await endAsked(redis, { url, port, env });
  });

  it('memcached', async () => {
    const url = 'memcached://:PORT';
    const memcached = await startAsked({ url }, () => startMemcached());
    const { port } = memcached;
    await livesThroughFaults({ url, port, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'memcached://:PORT?tls', port });
    await endAsked(memcached, { url, port });
  });

  it('mqtt', async () => {
    const url = 'mqtt://probe:$PASSWORD@:PORT';
    const lines = ['allow_anonymous false', passwordFile(directory, 'probe', password)];
    const mosquitto = await startAsked({ url, env }, () => startMosquitto(directory, lines));
    const { port } = mosquitto;
    await livesThroughFaults({ url, port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'mqtt://:PORT?tls', port });
    await aliveIn('wrong login', { url: 'mqtt://probe:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: 'mqtt://:PORT', port });
    await endAsked(mosquitto, { url, port, env });
  });

  it('dns', async () => {
    const url = 'dns://:PORT/one.test?transport=tcp';
    const dnsmasq = await startAsked({ url }, () => startDnsmasq(['host-record=one.test,192.0.2.1']));
    const { port } = dnsmasq;
    await livesThroughFaults({ url, port, provenAfter: 1 });
    await endAsked(dnsmasq, { url, port });
  });

  for (const scheme of ['http', 'https', 'tls'] as const) {
    it(scheme, async () => {
      const url = scheme === 'tls' ? 'tls://:PORT' : `${scheme}://:PORT/?body=well`;
      const users = join(directory, 'users');
      writeFileSync(users, `probe:{PLAIN}${password}\n`);
      const locked = `location /locked { auth_basic it; auth_basic_user_file ${users}; return 200 well; }`;
      const limited = 'location /large { limit_conn all 1; limit_conn_status 429; }';
      const { cert, key } = files();
      const secure = scheme === 'http' ? '' : ` ssl; ssl_certificate ${cert}; ssl_certificate_key ${key}`;
      const own = await freePort();
      const servers = `limit_conn_zone $server_name zone=all:1m;
server { listen 127.0.0.1:${own}${secure}; location / { return 200 well; } ${locked} ${limited} }`;
      const nginx = await startAsked({ url }, () => startNginx(directory, servers, own));
      const { port } = nginx;
      // A piece of a handshake that comes a thousand times is no TLS any more.
      await livesThroughFaults({ url, port, ...(scheme === 'tls' && { provenAfter: Infinity }) });
      if (scheme !== 'tls') {
        await aliveIn('wrong login', { url: `${scheme}://probe:$WRONG@:PORT/locked`, port, env });
        await aliveIn('no login', { url: `${scheme}://:PORT/locked`, port });
        const client = await clientThatReadsNothing(scheme, port);
        await aliveIn('full', { url: `${scheme}://:PORT/large`, port });
        client.destroy();
      }
      await endAsked(nginx, { url, port });
    });
  }

  it('https and tls, in each manner of TLS', async () => {
    const own = await freePort();
    const nginx = await startNginx(
      directory,
      `server { listen 127.0.0.1:${own}; location / { return 200 well; } }`,
      own,
    );
    await livesThroughTls(directory, { url: 'https://:PORT/?body=well', port: own });
    await livesThroughTls(directory, { url: 'tls://:PORT', port: own });
    await nginx.kill();
  });

  it('grpc', async () => {
    const url = 'grpc://:PORT';
    const server = await startAsked({ url }, startGrpcProcess);
    const { port } = server;
    await livesThroughFaults({ url, port });
    await livesThroughTls(directory, { url: 'grpc://:PORT?tls', port }, 'h2');
    await endAsked(server, { url, port });
  });

  it('etcd', async () => {
    const url = 'etcd://:PORT';
    const member = await startAsked({ url }, async () => (await startEtcd(directory))[0] as Member);
    const { port } = member;
    // A head and a body that say the member is well.
    await livesThroughFaults({ url, port, provenAfter: 2 });
    await livesThroughTls(directory, { url: 'etcd://:PORT?tls', port });
    await endAsked(member, { url, port });
  });

  it('ldap', async () => {
    const url = 'ldap://:$PASSWORD@:PORT?bind-dn=DN';
    const slapd = await startAsked({ url, env }, () => startSlapd(directory, password, undefined));
    const { port, dn } = slapd;
    const named = url.replace('DN', dn);
    await livesThroughFaults({ url: named, port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'ldap://:PORT?tls', port });
    await aliveIn('wrong login', { url: named.replace('PASSWORD', 'WRONG'), port, env });
    await aliveIn('no login', { url: 'ldap://:PORT', port });
    await endAsked(slapd, { url: named, port, env });
  });

  it('smtp', async () => {
    const url = 'smtp://:PORT';
    const exim = await startAsked({ url }, () => startExim(directory, files()));
    const { port } = exim;
    await livesThroughFaults({ url, port, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'smtp://:PORT?tls', port });
    await endAsked(exim, { url, port });
  });

  it('expect, of an IMAP server', async () => {
    const steps = 'banner=^%5C*%20OK&send=a%20NOOP%5Cr%5Cn&expect=^a%20OK&send2=b%20LOGOUT%5Cr%5Cn&expect2=b%20OK';
    const url = `expect://:PORT?${steps}`;
    const dovecot = await startAsked({ url }, async () => {
      const { imap, ...daemon } = await startDovecot(directory, files());
      return { ...daemon, port: imap };
    });
    const { port } = dovecot;
    await livesThroughFaults({ url, port, provenAfter: 1 });
    await livesThroughTls(directory, { url: `expect://:PORT?tls&${steps}`, port });
    await endAsked(dovecot, { url, port });
  });

  it('mysql', async () => {
    const url = 'mysql://probe:$PASSWORD@:PORT?role=primary';
    const mariadb = await startAsked({ url: 'mysql://:PORT' }, () => startMariadb(directory));
    const { port, sql } = mariadb;
    await sql(`CREATE USER probe@127.0.0.1 IDENTIFIED BY '${password}'`);
    await livesThroughFaults({ url, port, env, provenAfter: 1 });
    await aliveIn('wrong login', { url: 'mysql://probe:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: 'mysql://:PORT', port });
    await endAsked(mariadb, { url, port, env });
  });

  it('postgres', async () => {
    const url = 'postgres://postgres:$PASSWORD@:PORT?role=primary';
    const data = await makeData(directory, 'data', ['host all all 127.0.0.1/32 scram-sha-256']);
    const postgres = await startAsked({ url: 'postgres://:PORT' }, () => startPostgres(data));
    const { port, sql } = postgres;
    await sql(`ALTER USER postgres PASSWORD '${password}'`);
    await livesThroughFaults({ url, port, env, provenAfter: 1 });
    await aliveIn('wrong login', { url: 'postgres://postgres:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: 'postgres://:PORT', port });
    await endAsked(postgres, { url, port, env });
  });
});
