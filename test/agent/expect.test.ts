import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { check } from './support/agent.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type Dovecot, startDovecot, startNgircd, startVsftpd } from './support/line-servers.ts';
import { type RedisServer, startRedis } from './support/servers.ts';

/** The checks of `docs/checks/expect.md`, by protocol; in its table a backslash keeps a bar from being the end of a cell. */
const page = readFileSync(new URL('../../docs/checks/expect.md', import.meta.url), 'utf8');
const recipes = new Map(
  [...page.matchAll(/^\| ([\w ]+) \| `(expect:[^`]+)` /gm)].map(([, protocol, url = '']) => [
    protocol,
    url.replaceAll('\\|', '|'),
  ]),
);
type Protocol = 'IMAP' | 'POP3' | 'IRC' | 'FTP' | 'IMAP with TLS' | 'POP3 with TLS' | 'FTP with TLS';
const at = (protocol: Protocol, port: number): string =>
  recipes.get(protocol)!.replace(/(?<=^expect:\/\/:)\d+/, `${port}`);

describe('the agent sends and expects', () => {
  const directory = useDaemons(['dovecot-imapd', 'dovecot-pop3d', 'ngircd', 'vsftpd', 'redis-server']);
  const files = writeCertificate(directory, 'imap', certificateFor(['localhost', 'imap.test']));
  const { ca, otherCa } = files;
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot(directory, files);
  });

  it('to and of a real dovecot, in IMAP and POP3', async () => {
    const imap = await check([at('IMAP', dovecot.imap)]);
    assert.equal(imap.code, 0, imap.line);
    assert.match(imap.line, /^a OK NOOP completed\. \(expect /);
    const pop3 = await check([at('POP3', dovecot.pop3)]);
    assert.match(pop3.line, /^\+OK Dovecot /);
    assert.equal(pop3.code, 0);
  });

  it('over a Unix socket', async () => {
    const url = at('IMAP', 1).replace('//:1', `//${dovecot.socket}`);
    const { code, line } = await check([url]);
    assert.equal(code, 0, line);
  });

  it('over TLS, with the authority and the name verified', async () => {
    const url = `${at('IMAP', dovecot.imaps)}&tls`;
    for (const [trust, code, reason] of [
      ['', 0, /^a OK /],
      [`&ca=${ca}`, 0, /^a OK /],
      [`&ca=${ca}&server-name=imap.test`, 0, /^a OK /],
      [`&ca=${otherCa}`, 4, /^certificate not trusted/],
      [`&ca=${ca}&server-name=other.test`, 4, /^certificate is not valid for name other\.test/],
    ] as const) {
      const checked = await check([url + trust]);
      assert.match(checked.line, reason);
      assert.equal(checked.code, code);
    }
    assert.equal((await check([`${at('IMAP', dovecot.imap)}&tls`])).code, 4);
  });

  for (const [protocol, portOf, reason] of [
    ['IMAP with TLS', ({ imap }) => imap, /^b OK NOOP completed/],
    ['POP3 with TLS', ({ pop3 }) => pop3, /^\+OK/],
  ] as const satisfies readonly [Protocol, (server: Dovecot) => number, RegExp][]) {
    it(`and upgrades, in ${protocol}, with the authority and the name verified`, async () => {
      const url = at(protocol, portOf(dovecot));
      await isUpgraded(url, reason);
      // Who has agreed to TLS is alive, whatever its answers are.
      for (const probe of ['readiness', 'liveness']) {
        const odd = url.replace(/&expect2=[^&]*/, '&expect2=^never');
        const { code, line } = await check(['--timeout', '400ms', '--probe', probe, odd]);
        assert.equal(code, probe === 'readiness' ? 3 : 0, line);
        assert.match(line, /^expect matched, but timed out, no match so far: /);
      }
    });
  }

  /** It passes, unless it may not trust the server. */
  async function isUpgraded(url: string, reason: RegExp): Promise<void> {
    for (const [trust, code, said] of [
      ['', 0, reason],
      [`&ca=${ca}&server-name=imap.test`, 0, reason],
      [`&ca=${otherCa}`, 4, /^certificate not trusted/],
      [`&ca=${ca}&server-name=other.test`, 4, /^certificate is not valid for name other\.test/],
    ] as const) {
      const checked = await check(['--probe', 'liveness', url + trust]);
      assert.match(checked.line, said);
      assert.equal(checked.code, code);
    }
  }

  it('where a server has no TLS to offer, it is alive', async () => {
    const plain = await startDovecot(mkdtempSync(join(directory, 'plain-')), files, { ssl: 'no' });
    for (const [probe, expected] of [
      ['readiness', 3],
      ['liveness', 0],
    ] as const) {
      const { code, line } = await check(['--timeout', '400ms', '--probe', probe, at('IMAP with TLS', plain.imap)]);
      assert.equal(code, expected, line);
      assert.match(line, /^the banner came, but timed out, no match so far: "a BAD /);
    }
    await plain.kill();
  });

  it('is no news to dovecot', async function () {
    // It writes of those who came before when it gets round to it.
    let logged = -1;
    await eventually('a dovecot that has nothing left to say', 8_000, async () => {
      const before = logged;
      logged = dovecot.log().length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before === dovecot.log().length;
    });
    for (let count = 0; count < 100; count++) {
      assert.equal((await check([at('IMAP', dovecot.imap)])).code, 0);
      assert.equal((await check([at('POP3', dovecot.pop3)])).code, 0);
    }
    assert.equal((await check([at('IMAP with TLS', dovecot.imap)])).code, 0);
    assert.equal((await check([at('POP3 with TLS', dovecot.pop3)])).code, 0);
    const lines = dovecot.log().slice(logged).trimEnd().split('\n');
    const odd = lines.filter((line) => !/-login: Info: Disconnected: Aborted login by logging out /.test(line));
    assert.deepEqual(odd, []);
  });

  it('to and of a real ngircd', async () => {
    const ngircd = await startNgircd(directory);
    const { code, line } = await check([at('IRC', ngircd.port)]);
    assert.equal(code, 0, line);
    assert.match(line, /001 probe :Welcome/);
    assert.doesNotMatch(ngircd.log(), /error/i);
    await ngircd.kill();
  });

  it('to and of a real vsftpd', async () => {
    const vsftpd = await startVsftpd(directory, files);
    const { code, line } = await check([at('FTP', vsftpd.port)]);
    assert.equal(code, 0, line);
    assert.match(line, /^530 /);
    await isUpgraded(at('FTP with TLS', vsftpd.port), /^530 /);
    await vsftpd.kill();
  });

  describe('as one may with redis', () => {
    let redis: RedisServer;
    const ping = (): string => `expect://:${redis.port}?send=PING\\r\\n&expect=^\\%2BPONG&quit=QUIT\\r\\n`;
    beforeEach(async () => {
      redis = await startRedis(directory);
    });
    afterEach(() => redis.kill());

    it('an answer passes, and is quoted', async () => {
      const { code, line } = await check([ping()]);
      assert.equal(code, 0);
      assert.match(line, new RegExp(`^\\+PONG \\(expect 127\\.0\\.0\\.1:${redis.port}, \\d+\\.\\d ms\\)$`));
    });

    it('another answer is 1, and is quoted', async () => {
      await redis.cli('config', 'set', 'requirepass', 'a');
      for (const probe of ['readiness', 'liveness']) {
        // The answer has no end until the peer ends the conversation.
        const { code, line } = await check(['--probe', probe, ping().replace('PING', 'QUIT')]);
        assert.equal(code, 1, line);
        assert.match(line, /^answer does not match: "\+OK" /);
      }
    });

    it('is 3 while an answer that matches may still come', async () => {
      const { code, line } = await check(['--timeout', '300ms', ping().replace('PONG', 'PANG')]);
      assert.equal(code, 3);
      assert.match(line, /^timed out, no match so far: "\+PONG" /);
    });

    it('is 3 when it is stopped, in time, and 2 when it is gone', async () => {
      redis.signal('SIGSTOP');
      const { code } = await check(['--timeout', '300ms', ping()]);
      assert.equal(code, 3);
      await redis.kill();
      assert.equal((await check([ping()])).code, 2);
    });
  });

  it('nobody there is 2', async () => {
    assert.equal((await check([`expect://:${await freePort()}?banner=a`])).code, 2);
  });
});
