import { certificateFor, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { startEtcd } from './support/etcd.ts';
import { livesThroughFaults } from './support/faults.ts';
import { startGrpcProcess } from './support/grpc-server.ts';
import { startSlapd } from './support/ldap-server.ts';
import { startDovecot } from './support/line-servers.ts';
import { startExim } from './support/mail-servers.ts';
import { startMariadb } from './support/mariadb.ts';
import { startMemcached } from './support/memcached.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { startNats } from './support/nats.ts';
import { makeData, startPostgres } from './support/postgres.ts';
import { startDnsmasq, startNginx, startRedis } from './support/servers.ts';
import { livesThroughTls } from './support/terminator.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password };

/** Brokers and stores that take long to start are asked in the same way in the tests of their own. */
describe('the agent reaches a real server through a network that fails after each answer, and through each manner of TLS:', () => {
  const small = ['nats-server', 'redis-server', 'memcached', 'mosquitto', 'dnsmasq-base', 'nginx-light', 'etcd-server'];
  const large = ['slapd', 'exim4-daemon-light', 'dovecot-imapd', 'dovecot-pop3d', 'mariadb-server', 'postgresql-15'];
  const directory = useDaemons([...small, ...large, 'haproxy']);
  const files = () => writeCertificate(directory, 'server', certificateFor(['localhost']));

  it('nats', async () => {
    const { port, kill } = await startNats(directory, [`authorization { user: probe, password: "${password}" }`]);
    await livesThroughFaults({ url: 'nats://probe:$PASSWORD@:PORT', port, env, provenAfter: 1 });
    await kill();
  });

  it('redis', async () => {
    const { port, kill } = await startRedis(directory, [`requirepass ${password}`]);
    await livesThroughFaults({ url: 'redis://:$PASSWORD@:PORT?role=primary', port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'redis://:$PASSWORD@:PORT?tls', port, env });
    await kill();
  });

  it('memcached', async () => {
    const { port, kill } = await startMemcached();
    await livesThroughFaults({ url: 'memcached://:PORT', port, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'memcached://:PORT?tls', port });
    await kill();
  });

  it('mqtt', async () => {
    const { port, kill } = await startMosquitto(directory, ['allow_anonymous true']);
    await livesThroughFaults({ url: 'mqtt://:PORT', port, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'mqtt://:PORT?tls', port });
    await kill();
  });

  it('dns', async () => {
    const { port, kill } = await startDnsmasq(['host-record=one.test,192.0.2.1']);
    await livesThroughFaults({ url: 'dns://:PORT/one.test?transport=tcp', port, provenAfter: 1 });
    await kill();
  });

  it('http and https', async () => {
    const port = await freePort();
    const nginx = await startNginx(directory, `server { listen 127.0.0.1:${port}; return 200 well; }`, port);
    await livesThroughFaults({ url: 'http://:PORT/?body=well', port });
    await livesThroughTls(directory, { url: 'https://:PORT/?body=well', port });
    await livesThroughTls(directory, { url: 'tls://:PORT', port });
    await nginx.kill();
  });

  it('grpc', async () => {
    const { port, kill } = await startGrpcProcess();
    await livesThroughFaults({ url: 'grpc://:PORT', port });
    await livesThroughTls(directory, { url: 'grpc://:PORT?tls', port }, 'h2');
    await kill();
  });

  it('etcd', async () => {
    const [member] = await startEtcd(directory);
    const { port, kill } = member as NonNullable<typeof member>;
    // A head and a body that say the member is well.
    await livesThroughFaults({ url: 'etcd://:PORT', port, provenAfter: 2 });
    await livesThroughTls(directory, { url: 'etcd://:PORT?tls', port });
    await kill();
  });

  it('ldap', async () => {
    const { port, dn, kill } = await startSlapd(directory, password, undefined);
    await livesThroughFaults({ url: `ldap://:$PASSWORD@:PORT?bind-dn=${dn}`, port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'ldap://:PORT?tls', port });
    await kill();
  });

  it('smtp', async () => {
    const { port, kill } = await startExim(directory, files());
    await livesThroughFaults({ url: 'smtp://:PORT', port, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'smtp://:PORT?tls', port });
    await kill();
  });

  it('expect, of an IMAP server', async () => {
    const { imap: port, kill } = await startDovecot(directory, files());
    const steps = 'banner=^%5C*%20OK&send=a%20NOOP%5Cr%5Cn&expect=^a%20OK&send2=b%20LOGOUT%5Cr%5Cn&expect2=b%20OK';
    await livesThroughFaults({ url: `expect://:PORT?${steps}`, port, provenAfter: 1 });
    await livesThroughTls(directory, { url: `expect://:PORT?tls&${steps}`, port });
    await kill();
  });

  it('mysql', async () => {
    const { port, sql, kill } = await startMariadb(directory);
    await sql(`CREATE USER probe@127.0.0.1 IDENTIFIED BY '${password}'`);
    await livesThroughFaults({ url: 'mysql://probe:$PASSWORD@:PORT?role=primary', port, env, provenAfter: 1 });
    await kill();
  });

  it('postgres', async () => {
    const data = await makeData(directory, 'data', ['host all all 127.0.0.1/32 scram-sha-256']);
    const { port, sql, kill } = await startPostgres(data);
    await sql(`ALTER USER postgres PASSWORD '${password}'`);
    await livesThroughFaults({ url: 'postgres://postgres:$PASSWORD@:PORT?role=primary', port, env, provenAfter: 1 });
    await kill();
  });
});
