import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { eventually } from '../support/eventually.ts';
import { check } from './support/agent.ts';
import { asking } from './support/asking.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type Exim, startAiosmtpd, startExim } from './support/mail-servers.ts';
import { aliveIn } from './support/life.ts';

const { refusesStranger } = asking({}, []);

/** The exit codes of the two probes, and the line of the second. */
async function codesOf(url: string) {
  const { code: liveness } = await check(['--probe', 'liveness', url]);
  const { code: readiness, line } = await check([url]);
  return { liveness, readiness, line };
}

/** Checks that pass, as many as exim makes processes for in a few seconds. */
async function pass(url: string): Promise<void> {
  for (let count = 0; count < 33; count++) assert.equal((await check([url])).code, 0);
}

describe('the agent asks a real exim', () => {
  const directory = useDaemons(['exim4-daemon-light', 'python3-aiosmtpd']);
  const files = writeCertificate(directory, 'mail', certificateFor(['localhost', 'mail.test']));
  const client = writeCertificate(directory, 'client', certificateFor(['client.test']));
  const { ca, otherCa } = files;
  let exim: Exim;
  before(async () => {
    exim = await startExim(directory, files);
  });

  it('a greeting and an answer to EHLO pass', async () => {
    const { code, line } = await check([`smtp://:${exim.port}`]);
    assert.equal(code, 0, line);
    assert.match(line, /^220 mail\.test ESMTP Exim .* \(smtp 127\.0\.0\.1:\d+, \d+\.\d ms\)$/);
  });

  it('over TLS, at once or by an upgrade, with the authority and the name verified', async () => {
    for (const url of [`smtp://:${exim.port}?starttls`, `smtp://:${exim.secure}?tls`]) {
      for (const [trust, code, reason] of [
        ['', 0, /^220 mail\.test /],
        [`&ca=${ca}`, 0, /^220 mail\.test /],
        [`&ca=${ca}&server-name=mail.test`, 0, /^220 mail\.test /],
        [`&ca=${otherCa}`, 4, /^certificate not trusted: unknown issuer /],
        [`&ca=${ca}&server-name=other.test`, 4, /^certificate is not valid for name other\.test /],
      ] as const) {
        const checked = await check([url + trust]);
        assert.match(checked.line, reason);
        assert.equal(checked.code, code);
      }
    }
  });

  it('never passes where the other side speaks TLS, or does not', async () => {
    const plain = await check(['--timeout', '300ms', `smtp://:${exim.secure}`]);
    assert.equal(plain.code, 3, plain.line);
    const secure = await check([`smtp://:${exim.port}?tls`]);
    assert.match(secure.line, /^peer does not speak TLS /);
    assert.equal(secure.code, 4);
  });

  it('is left with QUIT a hundred times', async function () {
    const server = await startExim(directory, files);
    const urls = [`smtp://:${server.port}`, `smtp://:${server.port}?starttls&ca=${ca}`, `smtp://:${server.secure}?tls`];
    await Promise.all(urls.map(pass));
    await eventually('an exim at rest', 8_000, async () => server.mainLog().endsWith(' closed by QUIT\n'));
    const lines = server.mainLog().trimEnd().split('\n');
    const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
    assert.equal(count(/ SMTP connection from \(localhost\) \[127\.0\.0\.1\] closed by QUIT$/), 99);
    assert.equal(count(/ SMTP connection from \[127\.0\.0\.1\] \(TCP\/IP connection count = \d+\)$/), 99);
    assert.equal(lines.length, 198, lines.join('\n'));
    await server.kill();
  });

  it('with a client certificate where it wants one', async () => {
    const strict = await startExim(directory, files, ['tls_verify_hosts = *', `tls_verify_certificates = ${ca}`]);
    for (const url of [`smtp://:${strict.port}?starttls`, `smtp://:${strict.secure}?tls`]) {
      const login = `&ca=${ca}&cert=${client.cert}&key=${client.key}`;
      const { code, line } = await check([url + login]);
      assert.equal(code, 0, line);
      const without = await codesOf(`${url}&ca=${ca}`);
      assert.deepEqual([without.liveness, without.readiness], [0, 4], without.line);
      await refusesStranger(`${url}&ca=${ca}`, directory);
    }
    await strict.kill();
  });

  it('once it is full it is alive, not ready', async () => {
    const full = await startExim(directory, files, ['smtp_accept_max = 1']);
    const guest = connect(full.port, '127.0.0.1');
    await eventually('a guest', 8_000, async () => / \[127\.0\.0\.1\] \(/.test(full.mainLog()));
    await new Promise((resolve) => guest.once('data', resolve));
    const { liveness, readiness, line } = await eventually('a full exim', 8_000, async () => {
      const codes = await codesOf(`smtp://:${full.port}`);
      return codes.readiness !== 0 && codes;
    });
    assert.deepEqual([liveness, readiness], [0, 1], line);
    assert.match(line, /^421 /);
    await aliveIn('full', { url: 'smtp://:PORT', port: full.port });
    guest.destroy();
    await full.kill();
  });

  for (const [what, options, readiness, reason] of [
    ['that serves nobody', ['acl_smtp_connect = deny'], 4, /^550 /],
    ['that puts everybody off', ['acl_smtp_connect = defer'], 1, /^451 /],
    ['that likes no name', ['acl_smtp_helo = deny'], 4, /^550 /],
    ['that defers every name', ['acl_smtp_helo = defer'], 1, /^451 /],
  ] as const) {
    it(`${what} is alive, not ready`, async () => {
      const closed = await startExim(directory, files, options);
      const codes = await codesOf(`smtp://:${closed.port}`);
      assert.match(codes.line, reason);
      assert.deepEqual([codes.liveness, codes.readiness], [0, readiness]);
      assert.doesNotMatch(closed.mainLog(), /lost/);
      await closed.kill();
    });
  }

  it('that offers no STARTTLS is alive, not ready for it', async () => {
    const server = await startAiosmtpd(directory);
    const codes = await codesOf(`smtp://:${server.port}?starttls`);
    assert.match(codes.line, /^STARTTLS is not offered /);
    assert.deepEqual([codes.liveness, codes.readiness], [0, 4]);
    const { code, line } = await check([`smtp://${server.socket}`]);
    assert.match(line, /^220 .* Python SMTP /);
    assert.equal(code, 0);
    await server.kill();
  });

  it('when it is stopped it is 3, in time, and 2 when it is gone', async () => {
    const stopped = await startExim(directory, files);
    stopped.signal('SIGSTOP');
    const { code, line } = await check(['--timeout', '300ms', `smtp://:${stopped.port}`]);
    assert.equal(code, 3);
    assert.match(line, /^timed out after 300ms /);
    await stopped.kill();
    assert.equal((await check([`smtp://:${stopped.port}`])).code, 2);
    assert.equal((await check([`smtp://:${await freePort()}`])).code, 2);
  });
});
