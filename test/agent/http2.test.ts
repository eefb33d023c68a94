import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { asking, refused } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type Server, startNginx } from './support/servers.ts';

describe('the agent asks in HTTP/2', () => {
  const directory = useDaemons(['nginx-light']);
  const issued = certificateFor(['localhost', 'h2.test']);
  const { cert, key, ca, otherCa } = writeCertificate(directory, 'h2', issued);
  const client = writeCertificate(directory, 'client', clientCertificate('probe'));
  const socket = join(directory, 'h2.sock');

  describe('a real nginx', () => {
    const ports = { clear: 0, secure: 0, mutual: 0, strict: 0, old: 0, oldSecure: 0 };
    let nginx: Server;
    before(async () => {
      for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort();
      mkdirSync(join(directory, 'html'), { recursive: true });
      writeFileSync(join(directory, 'html/long'), `${'.'.repeat(40_000)}needle${'.'.repeat(1_000_000)}end`);
      const tls = `ssl_certificate ${cert}; ssl_certificate_key ${key};`;
      const places = `
    location = / { return 200 "all is well\\n"; }
    location = /moved { return 301 /; }
    location = /sick { return 503; }
    location = /query { if ($args = "a=b&c") { return 200; } return 404; }
    location = /head { if ($request_method = HEAD) { return 200; } return 405; }
    location = /version { return 200 $server_protocol; }
    location = /long { }`;
      nginx = await startNginx(
        directory,
        `server { listen 127.0.0.1:${ports.clear} http2; listen unix:${socket} http2; ${places} }
  server { listen 127.0.0.1:${ports.clear} http2; server_name named.test; return 200 "named"; }
  server { listen 127.0.0.1:${ports.secure} ssl http2; ${tls} ${places} }
  server { listen 127.0.0.1:${ports.mutual} ssl http2; ${tls} ssl_client_certificate ${client.ca}; ssl_verify_client on; ${places} }
  server { listen 127.0.0.1:${ports.strict} ssl http2; ${tls} ssl_client_certificate ${otherCa}; ssl_verify_client on; ${places} }
  server { listen 127.0.0.1:${ports.old}; ${places} }
  server { listen 127.0.0.1:${ports.oldSecure} ssl; ${tls} ${places} }`,
        ports.old,
      );
    });
    after(() => nginx.kill());

    for (const path of [
      '',
      '/',
      '/moved',
      '/sick?status=503',
      '/?body=is%20well',
      '/version?body=HTTP/2.0',
      '/long?body=needle',
      '/long',
      '/head?method=HEAD',
      '/long?method=HEAD',
      '/?host-header=named.test&body=named',
      '/query%3Fa=b&c',
    ]) {
      it(`http2://${path} passes, in the clear and over TLS`, async () => {
        const { code, line } = await check([`http2://:${ports.clear}${path}`]);
        assert.equal(code, 0, line);
        assert.match(line, new RegExp(`^status \\d+ \\(http2 127\\.0\\.0\\.1:${ports.clear}, \\d+\\.\\d ms\\)$`));
        if (path.includes('named')) return;
        const secure = await check([`http2://:${ports.secure}${path}${path.includes('?') ? '&' : '?'}tls`]);
        assert.equal(secure.code, 0, secure.line);
      });
    }

    for (const [path, reason] of [
      ['/missing', /^status 404 /],
      ['/sick', /^status 503 /],
      ['/head', /^status 405 /],
      ['/?body=all%20is%20lost', /^status 200, body does not hold "all is lost" /],
    ] as const) {
      it(`http2://${path} is 1`, async () => {
        for (const probe of ['readiness', 'liveness']) {
          const { code, line } = await check(['--probe', probe, `http2://:${ports.clear}${path}`]);
          assert.equal(code, 1, line);
          assert.match(line, reason);
        }
      });
    }

    it('a body that is longer than what is searched may hold the text, so it is alive', async () => {
      const url = `http2://:${ports.clear}/long?body=end`;
      const { code, line } = await check([url]);
      assert.equal(code, 1, line);
      assert.match(line, /^status 200, the first 64 KiB of the longer body does not hold "end" /);
      assert.equal((await check(['--probe', 'liveness', url])).code, 0);
    });

    it('one that is only not ready is alive where the check says which status that is', async () => {
      for (const [options, liveness] of [
        ['', 1],
        ['?alive=503', 0],
        ['?alive=500-502', 1],
      ] as const) {
        assert.equal((await check(['--probe', 'liveness', `http2://:${ports.clear}/sick${options}`])).code, liveness);
        assert.equal((await check([`http2://:${ports.clear}/sick${options}`])).code, 1);
      }
    });

    it('reaches a Unix socket', async () => {
      const { code, line } = await check([`http2:///version?socket=${socket}&body=HTTP/2.0`]);
      assert.equal(code, 0, line);
    });

    it('verifies the certificate where there is an authority', async () => {
      for (const trust of [`ca=${ca}`, `ca=${ca}&server-name=h2.test`]) {
        assert.equal((await check([`http2://:${ports.secure}?tls&${trust}`])).code, 0);
      }
      for (const trust of [`ca=${otherCa}`, `ca=${ca}&server-name=no.test`]) {
        assert.equal((await check([`http2://:${ports.secure}?tls&${trust}`])).code, 4);
      }
    });

    it('shows a client certificate', async () => {
      const { code, line } = await check([`http2://:${ports.mutual}?tls&cert=${client.cert}&key=${client.key}`]);
      assert.equal(code, 0, line);
    });

    it('is alive, not ready, without the client certificate that is wanted', async () => {
      for (const [url, reason] of [
        [`http2://:${ports.mutual}?tls`, /^peer asks for a client certificate /],
        [`http2://:${ports.strict}?tls&cert=${client.cert}&key=${client.key}`, /^peer refused the client certificate /],
      ] as const) {
        assert.deepEqual(await asking({}, []).codesOf(url), refused);
        assert.match((await check([url])).line, reason);
      }
    });

    it('is 4 where only HTTP/1.1 is spoken, with a clear line', async () => {
      const clear = await check([`http2://:${ports.old}`]);
      assert.equal(clear.code, 4);
      assert.match(clear.line, /^peer speaks HTTP\/1\.1, expected HTTP\/2 |^answer is not HTTP\/2/);
      const secure = await check([`http2://:${ports.oldSecure}?tls`]);
      assert.equal(secure.code, 4);
      assert.match(secure.line, /no application protocol|ALPN/);
    });

    it('is 4 with TLS on a port without it, and without TLS on a port with it', async () => {
      for (const url of [`http2://:${ports.clear}?tls`, `http2://:${ports.secure}`]) {
        const { code, line } = await check([url]);
        assert.equal(code, 4, line);
      }
    });

    it('two hundred checks leave nothing in its log', async () => {
      const logged = nginx.log().length;
      for (let count = 0; count < 100; count++) {
        assert.equal((await check([`http2://:${ports.clear}`])).code, 0);
        assert.equal((await check([`http2://:${ports.secure}/?tls&ca=${ca}`])).code, 0);
      }
      assert.doesNotMatch(nginx.log().slice(logged), /\[(warn|error|crit|alert|emerg)\]|reset|prematurely|cancel/);
    });

    it('when it is stopped it is 3, in time', async () => {
      nginx.signal('SIGSTOP');
      for (const url of [`http2://:${ports.clear}`, `http2://:${ports.secure}?tls`]) {
        const { code } = await check(['--timeout', '300ms', url]);
        assert.equal(code, 3);
      }
      nginx.signal('SIGCONT');
    });
  });

  describe('a server of Node', () => {
    const answer = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void => {
      stream.on('error', (error) => faults.push(error.message));
      if (headers[':path'] === '/endless') {
        stream.respond({ ':status': 200 });
        stream.write('begun');
      } else if (headers[':path'] === '/refused') stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      else {
        stream.respond({ ':status': 200 });
        stream.end(`${headers['user-agent']}`);
      }
    };
    const faults: string[] = [];
    const clear = http2.createServer();
    const secure = http2.createSecureServer({ cert: issued.cert, key: issued.key });
    const at: Record<string, string> = {};
    before(async () => {
      for (const [name, server] of Object.entries({ clear, secure })) {
        server.on('stream', answer);
        server.on('sessionError', (error: Error) => faults.push(error.message));
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        at[name] = `http2://:${(server.address() as AddressInfo).port}`;
      }
    });
    after(() => {
      for (const server of [clear, secure]) server.close();
    });

    it('passes, in the clear and over TLS, and sees no fault', async () => {
      for (let count = 0; count < 10; count++) {
        for (const url of [`${at['clear']}?body=health-probe`, `${at['secure']}?tls&ca=${ca}&body=health-probe`]) {
          const { code, line } = await check([url]);
          assert.equal(code, 0, line);
        }
      }
      assert.deepEqual(faults, []);
    });

    it('a body without an end is not waited for', async () => {
      assert.equal((await check([`${at['clear']}/endless`])).code, 0);
      assert.equal((await check([`${at['clear']}/endless?body=begun`])).code, 0);
    });

    it('a request that is refused is 1', async () => {
      const { code, line } = await check([`${at['clear']}/refused`]);
      assert.equal(code, 1, line);
      assert.match(line, /^peer broke the request off: REFUSED_STREAM /);
    });
  });

  it('nobody there is 2', async () => {
    assert.equal((await check([`http2://:${await freePort()}`])).code, 2);
  });
});
