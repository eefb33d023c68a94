import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { asking, refused } from './support/asking.ts';
import { type CertificateFiles, certificateFor, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';
import { makeData, ownFile, type PostgresServer, startPostgres, textOf } from './support/postgres.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password };
const { ask, codesOf } = asking(env, [password]);

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A peer between the check and the server, which speaks TLS with both: to the check with a certificate of its own. */
async function between(files: CertificateFiles, port: number): Promise<Server> {
  const context = createSecureContext({ cert: textOf(files.cert), key: textOf(files.key) });
  const relay = async (client: Socket): Promise<void> => {
    await once(client, 'data');
    const server = connect(port, '127.0.0.1');
    server.write(sslRequest);
    await once(server, 'data');
    const far = connectTls({ socket: server, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] });
    await once(far, 'secureConnect');
    client.write('S');
    const near = new TLSSocket(client, { isServer: true, secureContext: context, ALPNProtocols: ['postgresql'] });
    for (const socket of [near, far, client, server]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
  };
  const proxy = createServer((client) => void relay(client).catch(() => client.destroy()));
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return proxy;
}

describe('the agent binds its login to the certificate of a real postgresql', () => {
  const directory = useDaemons(['postgresql', 'openssl']);
  const own = writeCertificate(directory, 'pg', certificateFor(['localhost']));
  const foreign = writeCertificate(directory, 'between', certificateFor(['localhost']));
  let server: PostgresServer;
  let proxies: Record<'foreign' | 'same', Server>;

  before(async () => {
    const data = await makeData(directory, 'primary', ['host all all 127.0.0.1/32 scram-sha-256']);
    server = await startPostgres(data, [
      'ssl=on',
      `ssl_cert_file=${await ownFile(data, 'own.crt', textOf(own.cert))}`,
      `ssl_key_file=${await ownFile(data, 'own.key', textOf(own.key))}`,
    ]);
    await server.sql(`CREATE USER scram PASSWORD '${password}'`);
    proxies = { foreign: await between(foreign, server.port), same: await between(own, server.port) };
  });
  after(() => Object.values(proxies).forEach((proxy) => proxy.close()));

  const through = (name: 'foreign' | 'same'): string =>
    `postgres://scram:$PASSWORD@:${(proxies[name].address() as AddressInfo).port}?tls`;

  it('logs in where nobody is between', async () => {
    const { code, line } = await ask(`postgres://scram:$PASSWORD@:${server.port}?tls`);
    assert.equal(code, 0, line);
  });

  it('logs in through a peer that has the certificate and the key of the server', async () => {
    const { code, line } = await ask(through('same'));
    assert.equal(code, 0, line);
  });

  it('is refused by the server through a peer that nobody verified', async () => {
    assert.deepEqual(await codesOf(through('foreign')), refused);
    assert.match((await ask(through('foreign'))).line, /^SCRAM channel binding check failed \(28000\) /);
  });
});
