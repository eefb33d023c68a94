import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { type Daemon, freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { startDovecot } from './support/line-servers.ts';
import { startNginx } from './support/servers.ts';

const versions = ['v1', 'v2'] as const;

/** The check passes with a header of each version. */
const isPassed = async (url: string): Promise<void> => {
  for (const version of versions) {
    const { code, line } = await check([`${url}${url.includes('?') ? '&' : '?'}proxy=${version}`]);
    assert.equal(code, 0, line);
  }
};

describe('the agent begins with a PROXY header', () => {
  const directory = useDaemons(['haproxy', 'nginx-light', 'dovecot-imapd', 'dovecot-pop3d']);
  const files = writeCertificate(directory, 'proxied', certificateFor(['localhost']));

  it('at a real haproxy, over TLS too, which refuses what has none', async () => {
    const [plain, secure, socket] = [await freePort(), await freePort(), join(directory, 'haproxy.sock')];
    const pem = join(directory, 'haproxy.pem');
    writeFileSync(pem, readFileSync(files.cert, 'utf8') + readFileSync(files.key, 'utf8'));
    const haproxy = await startHaproxy(plain, [
      `bind 127.0.0.1:${secure} ssl crt ${pem} alpn h2,http/1.1 accept-proxy`,
      `bind ${socket} accept-proxy`,
    ]);
    await isPassed(`tcp://:${plain}`);
    await isPassed(`http://:${plain}/`);
    await isPassed(`https://:${secure}/`);
    await isPassed(`http2://:${secure}/?tls`);
    await isPassed(`tls://:${secure}?ca=${files.ca}`);
    await isPassed(`http:///?socket=${socket}`);
    for (const url of [`http://:${plain}/`, `tls://:${secure}`]) {
      const { code, line } = await check([url]);
      assert.equal(code, 4, line);
    }
    await haproxy.kill();
  });

  /** A haproxy that answers each request itself. */
  const startHaproxy = (port: number, binds: readonly string[]): Promise<Daemon> => {
    const file = join(directory, 'haproxy.cfg');
    const times = ['client', 'server', 'connect'].map((what) => `  timeout ${what} 5s\n`).join('');
    const answer = '  http-request return status 200 content-type text/plain string ok\n';
    const bound = [`bind 127.0.0.1:${port} accept-proxy`, ...binds].map((bind) => `  ${bind}\n`).join('');
    writeFileSync(file, `defaults\n  mode http\n${times}frontend proxied\n${bound}${answer}`);
    return startDaemon('haproxy', ['-db', '-f', file], port);
  };

  it('at a real nginx, to which version 1 names the agent itself', async () => {
    const [plain, secure] = [await freePort(), await freePort()];
    const tls = `ssl_certificate ${files.cert}; ssl_certificate_key ${files.key};`;
    const body = 'location / { default_type text/plain; return 200 "from <$proxy_protocol_addr>"; }';
    const nginx = await startNginx(
      directory,
      `server { listen 127.0.0.1:${plain} proxy_protocol; listen [::1]:${plain} proxy_protocol; ${body} }
      server { listen 127.0.0.1:${secure} ssl proxy_protocol; ${tls} ${body} }`,
      plain,
    );
    for (const [version, from] of [
      ['v1', '127.0.0.1'],
      ['v2', ''],
    ] as const) {
      for (const url of [`http://:${plain}/`, `https://:${secure}/`]) {
        const { code, line } = await check([`${url}?proxy=${version}&body=from%20<${from}>`]);
        assert.equal(code, 0, line);
      }
    }
    const six = await check([`http://[::1]:${plain}/?proxy=v1&body=from%20<::1>`]);
    assert.equal(six.code, 0, six.line);
    assert.doesNotMatch(nginx.log(), /broken header/);
    const { code, line } = await check([`http://:${plain}/`]);
    assert.equal(code, 4, line);
    assert.match(nginx.log(), /broken header: "GET \/ HTTP/);
    await nginx.kill();
  });

  it('at a real dovecot, before the upgrade to TLS', async () => {
    const dovecot = await startDovecot(directory, files, { haproxy: true });
    const steps =
      'banner=^\\*%20OK&send=a%20STARTTLS\\r\\n&expect=^a%20OK&starttls&send2=b%20NOOP\\r\\n&expect2=^b%20OK';
    await isPassed(`expect://:${dovecot.imap}?${steps}`);
    await isPassed(`expect://:${dovecot.imaps}?tls&banner=^\\*%20OK`);
    const without = await check(['--timeout', '400ms', `expect://:${dovecot.imap}?${steps}`]);
    assert.notEqual(without.code, 0, without.line);
    await dovecot.kill();
  });

  it('that a server without the PROXY protocol takes for a broken request', async () => {
    const port = await freePort();
    const nginx = await startNginx(directory, `server { listen 127.0.0.1:${port}; }`, port);
    for (const version of versions) {
      const { code, line } = await check([`http://:${port}/?proxy=${version}`]);
      assert.notEqual(code, 0, line);
    }
    await nginx.kill();
  });
});
