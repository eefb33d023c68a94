import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { check } from './support/agent.ts';
import { asking } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { inTimeWait } from './support/sockets.ts';
import { startZooKeeper } from './support/zookeeper.ts';
import { livesThroughFaults } from './support/faults.ts';
import { livesThroughTls } from './support/terminator.ts';
import { aliveIn, endAsked, startAsked } from './support/life.ts';

type Running = Awaited<ReturnType<typeof startZooKeeper>>;

const { codesOf, refusesStranger } = asking({}, []);

describe('the agent asks a real zookeeper', function () {
  const directory = useDaemons(['haproxy', 'libzookeeper-java', 'default-jre-headless']);
  let zookeeper: Running;
  before(async () => {
    zookeeper = await startAsked({ url: 'zookeeper://:PORT' }, () => startZooKeeper(directory));
  });

  it('a standalone server passes, and says its version', async () => {
    const { line, code } = await eventually('a mode', 10_000, async () => {
      const checked = await check([`zookeeper://:${zookeeper.port}`]);
      return checked.code === 0 && checked;
    });
    assert.equal(code, 0);
    assert.match(
      line,
      new RegExp(`^standalone, version 3\\.\\d+\\.\\d+ \\(zookeeper 127\\.0\\.0\\.1:${zookeeper.port}, `),
    );
  });

  it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
    const { port } = zookeeper;
    await livesThroughFaults({ url: 'zookeeper://:PORT', port, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'zookeeper://:PORT?tls', port });
  });

  it('nobody there is 2', async () => {
    const { code, line } = await check([`zookeeper://:${await freePort()}`]);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  it('two hundred checks leave no connection and nothing in its log', async () => {
    const logged = zookeeper.log().length;
    for (let count = 0; count < 200; count++) assert.equal((await check([`zookeeper://:${zookeeper.port}`])).code, 0);
    const log = zookeeper.log().slice(logged);
    assert.doesNotMatch(log, /WARN|ERROR|Exception/);
    const answer = await ask(zookeeper.port);
    assert.match(answer, /^Connections: 1$/m);
    const waiting = inTimeWait(zookeeper.port);
    assert(waiting < 20, `${waiting} in TIME_WAIT`);
  });

  it('when it is stopped it is 3, in time, and killed it is 2', async () => {
    const other = await startZooKeeper(directory);
    other.signal('SIGSTOP');
    for (const probe of ['liveness', 'readiness']) {
      const { code } = await check(['--probe', probe, '--timeout', '300ms', `zookeeper://:${other.port}`]);
      assert.equal(code, 3);
    }
    other.signal('SIGCONT');
    await other.kill();
    assert.equal((await check([`zookeeper://:${other.port}`])).code, 2);
  });

  it('once it is full it closes without a word, which is 4', async () => {
    const full = await startZooKeeper(directory, ['maxClientCnxns=1']);
    const url = `zookeeper://:${full.port}`;
    // Until it serves it closes connections too, or answers that it does not.
    await eventually('a serving server', 10_000, async () => (await check([url])).code === 0);
    const guests: Socket[] = [];
    await eventually('a full server', 8_000, async () => {
      guests.push(connect(full.port, '127.0.0.1').on('error', () => {}));
      const { code, line } = await check([url]);
      return code === 4 && /^connection (closed|reset) before the answer/.test(line);
    });
    await aliveIn('full', { url: 'zookeeper://:PORT', port: full.port }, 'closes');
    for (const guest of guests) guest.destroy();
    await full.kill();
  });

  it('passes whatever the whitelist says: that command is in it always', async () => {
    const closed = await startZooKeeper(directory, ['4lw.commands.whitelist=ruok']);
    const url = `zookeeper://:${closed.port}`;
    await eventually('a mode', 10_000, async () => (await check([url])).code === 0);
    assert.match(await ask(closed.port, 'stat'), /^stat is not executed because it is not in the whitelist\./);
    assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 0, startup: 0 });
    await endAsked(closed, { url: 'zookeeper://:PORT', port: closed.port });
  });

  it('a server of an ensemble without a quorum is alive, not ready', async () => {
    const alone = await startZooKeeper(directory, [], 3);
    const url = `zookeeper://:${alone.port}`;
    await eventually('an answer', 10_000, async () =>
      (await check([url])).line.startsWith('This ZooKeeper instance is not currently serving requests '),
    );
    assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 1, startup: 0 });
    await alone.kill();
  });

  it('a server that only lets itself be read without a quorum is alive, not ready', async () => {
    const alone = await startZooKeeper(directory, [], 3);
    const url = `zookeeper://:${alone.port}`;
    await eventually('read-only', 15_000, async () => (await check([url])).line.startsWith('read-only: '));
    assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 1, startup: 0 });
    await alone.kill();
  });

  describe('over TLS', () => {
    const { cert, key, ca, otherCa } = writeCertificate(directory, 'zk', certificateFor(['localhost', 'zk.test']));
    const both = join(directory, 'zk.pem');
    writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'));
    const client = writeCertificate(directory, 'client', clientCertificate('probe'));
    const store = (auth: string) => [
      'secureClientPort=SECURE_PORT',
      'serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory',
      'ssl.keyStore.type=PEM',
      `ssl.keyStore.location=${both}`,
      'ssl.trustStore.type=PEM',
      `ssl.trustStore.location=${client.ca}`,
      `ssl.clientAuth=${auth}`,
    ];

    it('passes with the right authority, and refuses another one and another name', async () => {
      const secure = await startZooKeeper(directory, store('none'));
      const url = `zookeeper://:${secure.securePort}?tls`;
      await eventually('TLS', 10_000, async () => (await check([url])).code === 0);
      assert.equal((await check([`${url}&ca=${ca}`])).code, 0);
      assert.equal((await check([`${url}&ca=${ca}&server-name=zk.test`])).code, 0);
      for (const trust of [`&ca=${otherCa}`, `&ca=${ca}&server-name=no.test`]) {
        const { code, line } = await check([url + trust]);
        assert.equal(code, 4);
        assert.match(line, /^certificate is not valid for name no\.test |^certificate not trusted: unknown issuer /);
      }
      // Both sides wait for more: four letters are too few for a server to see that they are not TLS.
      for (const mixed of [`zookeeper://:${secure.securePort}`, `zookeeper://:${secure.port}?tls`]) {
        const { code, line } = await check(['--timeout', '300ms', mixed]);
        assert(code === 3 || code === 4, line);
      }
      await secure.kill();
    });

    it('asks for a client certificate, and passes with one', async () => {
      const secure = await startZooKeeper(directory, store('need'));
      const url = `zookeeper://:${secure.securePort}?tls`;
      const withCertificate = `${url}&cert=${client.cert}&key=${client.key}`;
      await eventually('TLS', 10_000, async () => (await check([withCertificate])).code === 0);
      assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 4, startup: 0 });
      assert.match((await check([url])).line, /client certificate/);
      await refusesStranger(url, directory);
      await secure.kill();
    });
  });
});

/** What it answers to a command. */
const ask = (port: number, command = 'srvr'): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(command));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
  });
