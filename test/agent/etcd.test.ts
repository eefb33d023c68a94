import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { check } from './support/agent.ts';
import { asking } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type Member, startAlone, startEtcd } from './support/etcd.ts';
import { inTimeWait } from './support/sockets.ts';

const { codesOf, refusesStranger } = asking({}, []);

const passes = (url: string, what = 'a leader') =>
  eventually(what, 10_000, async () => (await check([url])).code === 0);

describe('the agent asks a real etcd', function () {
  const directory = useDaemons(['etcd-server']);
  let etcd: Member;
  before(async () => {
    [etcd] = (await startEtcd(directory)) as [Member];
    await passes(`etcd://:${etcd.port}`);
  });

  it('a healthy member passes, on its client port and on its metrics port', async () => {
    for (const port of [etcd.port, etcd.metricsPort]) {
      const { code, line } = await check([`etcd://:${port}`]);
      assert.equal(code, 0);
      assert.match(line, new RegExp(`^healthy \\(etcd 127\\.0\\.0\\.1:${port}, \\d+\\.\\d ms\\)$`));
    }
  });

  it('nobody there is 2', async () => {
    assert.equal((await check([`etcd://:${await freePort()}`])).code, 2);
  });

  it('two hundred checks leave nothing in its log', async () => {
    const logged = etcd.log().length;
    for (let count = 0; count < 200; count++) assert.equal((await check([`etcd://:${etcd.port}`])).code, 0);
    assert.equal(etcd.log().slice(logged), '');
    const waiting = inTimeWait(etcd.port);
    assert(waiting < 20, `${waiting} in TIME_WAIT`);
  });

  it('a member whose cluster has lost its quorum is alive, not ready', async () => {
    const [member, ...others] = (await startEtcd(directory, { members: 3 })) as [Member, Member, Member];
    const url = `etcd://:${member.port}`;
    await passes(url);
    for (const other of others) await other.kill();
    await eventually('a lost quorum', 10_000, async () => (await check([url])).code === 1);
    for (const port of [member.port, member.metricsPort]) {
      assert.deepEqual(await codesOf(`etcd://:${port}`), { liveness: 0, readiness: 1, startup: 0 });
    }
    assert.match((await check([url])).line, /^not healthy: no quorum, no leader, or an alarm /);
    await member.kill();
  });

  it('a member that waits for its first quorum answers on its metrics port only: alive, not ready', async () => {
    const alone = await startAlone(directory);
    const { code } = await check(['--timeout', '300ms', `etcd://:${alone.port}`]);
    assert.equal(code, 3);
    const url = `etcd://:${alone.metricsPort}`;
    assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 1, startup: 0 });
    await alone.kill();
  });

  it('a member that has no space left is alive, not ready', async () => {
    const options = [`--quota-backend-bytes=${1_000_000}`];
    const [full] = (await startEtcd(directory, { options })) as [Member];
    const url = `etcd://:${full.port}`;
    await passes(url);
    const put = { key: 'YQ==', value: Buffer.alloc(300_000, 'a').toString('base64') };
    await eventually('an alarm', 10_000, async () => {
      await fetch(`http://127.0.0.1:${full.port}/v3/kv/put`, { method: 'POST', body: JSON.stringify(put) });
      return (await check([url])).code === 1;
    });
    assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 1, startup: 0 });
    assert.match((await check([url])).line, /^not healthy: no quorum, no leader, or an alarm /);
    assert.match(full.log(), /alarm raised.*NOSPACE/);
    await full.kill();
  });

  it('when it is stopped it is 3, in time, and killed it is 2', async () => {
    const [other] = (await startEtcd(directory)) as [Member];
    await passes(`etcd://:${other.port}`);
    other.signal('SIGSTOP');
    for (const probe of ['liveness', 'readiness']) {
      const { code } = await check(['--probe', probe, '--timeout', '300ms', `etcd://:${other.port}`]);
      assert.equal(code, 3);
    }
    other.signal('SIGCONT');
    await other.kill();
    assert.equal((await check([`etcd://:${other.port}`])).code, 2);
  });

  describe('over TLS, with client certificates', () => {
    const { cert, key, ca, otherCa } = writeCertificate(directory, 'etcd', certificateFor(['localhost', 'etcd.test']));
    const client = writeCertificate(directory, 'client', clientCertificate('probe'));
    let url: string;
    let secure: Member;
    before(async () => {
      const options = [
        `--cert-file=${cert}`,
        `--key-file=${key}`,
        `--trusted-ca-file=${client.ca}`,
        '--client-cert-auth',
      ];
      [secure] = (await startEtcd(directory, { scheme: 'https', options })) as [Member];
      url = `etcd://:${secure.port}?tls`;
      await passes(`${url}&cert=${client.cert}&key=${client.key}`);
    });

    it('passes with a client certificate and the right authority', async () => {
      for (const trust of [`&ca=${ca}`, `&ca=${ca}&server-name=etcd.test`]) {
        const { code, line } = await check([`${url}&cert=${client.cert}&key=${client.key}${trust}`]);
        assert.equal(code, 0, line);
      }
    });

    it('is alive, not ready, without a client certificate', async () => {
      assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 4, startup: 0 });
      const { line } = await check([url]);
      assert.match(line, /client certificate/);
      await refusesStranger(url, directory);
    });

    it('refuses an authority that did not sign, and another name', async () => {
      for (const [trust, reason] of [
        [`&ca=${otherCa}`, /^certificate not trusted: unknown issuer /],
        [`&ca=${ca}&server-name=no.test`, /^certificate is not valid for name no\.test /],
      ] as const) {
        const { code, line } = await check([`${url}&cert=${client.cert}&key=${client.key}${trust}`]);
        assert.equal(code, 4);
        assert.match(line, reason);
      }
    });

    it('is 4 when asked in the clear, with a hint', async () => {
      const { code, line } = await check([`etcd://:${secure.port}`]);
      assert.equal(code, 4);
      assert.match(line, /^connection (closed|reset) before the answer: if the server expects TLS, add tls /);
    });

    it('is 4 when asked over TLS where there is none', async () => {
      const { code, line } = await check([`etcd://:${etcd.port}?tls`]);
      assert.equal(code, 4);
      assert.match(line, /^peer does not speak TLS |^connection (closed|reset) in the TLS handshake /);
    });
  });
});
