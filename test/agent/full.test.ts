import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { eventually } from '../support/eventually.ts';
import { check } from './support/agent.ts';
import { crowd, limitDescriptors } from './support/asking.ts';
import { bring } from './support/bring.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';
import { type Member, startEtcd } from './support/etcd.ts';
import { startGrpcProcess } from './support/grpc-server.ts';
import { startSlapd } from './support/ldap-server.ts';
import { aliveIn } from './support/life.ts';
import { startDovecot } from './support/line-servers.ts';
import { installMongo, startMongo } from './support/mongo.ts';
import { type Server, startDnsmasq } from './support/servers.ts';

const password = 'correct-horse-battery-staple';

/** Fills a server whose next client then gets no word, and asks it; once its clients have left it passes again. */
async function whileFull(url: string, { port }: Server, silence: 'closes' | 'closes or waits'): Promise<void> {
  const at = url.replace('PORT', `${port}`);
  await eventually('a server that is up', 10_000, async () => (await check([at])).code === 0);
  const leave = await crowd(port);
  await aliveIn('full', { url, port }, silence);
  leave();
  await eventually('room', 10_000, async () => (await check([at])).code === 0);
}

/** Others that have a limit of their own are asked in the tests of their own. */
describe('the agent asks a server that takes no more clients:', () => {
  const packages = ['etcd-server', 'slapd', 'dnsmasq-base', 'dovecot-imapd', 'dovecot-pop3d'];
  const directory = useDaemons(packages);
  bring('FerretDB', installMongo);

  it('etcd has no word for a client, once those that its descriptors allow are there', async () => {
    const [member] = (await startEtcd(directory, { descriptors: 155 })) as [Member];
    await whileFull('etcd://:PORT', member, 'closes or waits');
    await member.kill();
  });

  it('slapd has no word for a client, once it has no more descriptors', async () => {
    const slapd = await startSlapd(directory, password, undefined);
    await limitDescriptors(slapd, 3);
    await whileFull('ldap://:PORT', slapd, 'closes or waits');
    await slapd.kill();
  });

  it('a gRPC server of Node closes, once it has no more descriptors', async () => {
    const server = await startGrpcProcess();
    await limitDescriptors(server, 3);
    await whileFull('grpc://:PORT', server, 'closes');
    await server.kill();
  });

  it('a FerretDB has no word for a client, once it has no more descriptors', async () => {
    const mongo = await startMongo(directory);
    await limitDescriptors(mongo, 3);
    await whileFull('mongodb://:PORT', mongo, 'closes or waits');
    await mongo.kill();
  });

  it('dovecot gives a client the place of the one that is about to log in for longest', async () => {
    const files = writeCertificate(directory, 'full', certificateFor(['localhost']));
    const { imap, kill } = await startDovecot(directory, files, { clients: 2 });
    const banner = 'banner=^%5C*%20OK';
    const leave = await crowd(imap);
    await eventually('a place', 10_000, async () => (await check([`expect://:${imap}?${banner}`])).code === 0);
    await aliveIn('full', { url: `expect://:PORT?${banner}`, port: imap });
    leave();
    await kill();
  });

  it('dnsmasq refuses a question, once it waits for as many answers as it may', async () => {
    const upstream = createSocket('udp4').bind(0, '127.0.0.1');
    await once(upstream, 'listening');
    const busy = await startDnsmasq([`server=127.0.0.1#${upstream.address().port}`, 'dns-forward-max=1']);
    const url = `dns://:${busy.port}/one.test`;
    const { line } = await eventually('a refusal', 8_000, async () => {
      const checked = await check(['--timeout', '300ms', url]);
      return checked.code === 1 && checked;
    });
    assert.match(line, /^REFUSED /);
    await aliveIn('full', { url: 'dns://:PORT/one.test', port: busy.port });
    upstream.close();
    await busy.kill();
  });
});
