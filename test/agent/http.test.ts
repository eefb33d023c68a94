import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { asking, refused } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type Server, startNginx } from './support/servers.ts';

const names = ['plain', 'good', 'expired', 'foreign', 'mutual', 'strict'] as const;

const { codesOf } = asking({}, []);

describe('the agent asks a real nginx', () => {
  const directory = useDaemons(['nginx-light']);
  const good = writeCertificate(directory, 'good', certificateFor(['localhost', '127.0.0.1', 'api.test']));
  const expired = writeCertificate(directory, 'expired', certificateFor(['localhost', '127.0.0.1'], new Date(2020, 1)));
  const foreign = writeCertificate(directory, 'foreign', certificateFor(['other.test']));
  const client = writeCertificate(directory, 'client', clientCertificate('probe'));
  const ports = {} as Record<(typeof names)[number], number>;
  let nginx: Server;

  before(async () => {
    for (const name of names) ports[name] = await freePort();
    mkdirSync(join(directory, 'html'));
    writeFileSync(join(directory, 'html/long'), `${'.'.repeat(40_000)}needle${'.'.repeat(1_000_000)}end`);
    const secure = Object.entries({ good, expired, foreign }).map(
      ([name, { cert, key }]) => `
  server { listen 127.0.0.1:${ports[name as 'good']} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3; return 200 $ssl_server_name; }`,
    );
    const plain = `
  server {
    listen 127.0.0.1:${ports.plain};
    location = / { return 200 "all is well\\n"; }
    location = /empty { return 204; }
    location = /moved { return 301 /; }
    location = /missing { return 404; }
    location = /closed { return 403; }
    location = /limited { return 429; }
    location = /login { auth_basic "who"; auth_basic_user_file /dev/null; }
    location = /sick { return 503 "all is well"; }
    location = /query { if ($args = "a=b&c") { return 200; } return 404; }
    location = /head { if ($request_method = HEAD) { return 200; } return 405; }
    location = "/a b" { return 200; }
    location = /long { }
  }
  server { listen 127.0.0.1:${ports.plain}; server_name named.test; return 200 "named"; }`;
    const verified = [client.ca, client.otherCa].map(
      (ca, at) => `
  server { listen 127.0.0.1:${[ports.mutual, ports.strict][at]} ssl; ssl_certificate ${good.cert}; ssl_certificate_key ${good.key}; ssl_client_certificate ${ca}; ssl_verify_client on; return 200; }`,
    );
    nginx = await startNginx(directory, [plain, ...secure, ...verified].join(''), ports.plain);
  });
  const ask = (path: string, ...options: string[]) => check([...options, `http://:${ports.plain}${path}`]);

  for (const path of [
    '',
    '/',
    '/empty',
    '/empty?status=204',
    '/moved',
    '/missing?status=404',
    '/sick?status=200,500-503',
    '/?body=is%20well',
    '/long?body=needle',
    '/long',
    '/head?method=HEAD',
    '/long?method=HEAD',
    '/?host-header=named.test&body=named',
    '/query%3Fa=b&c',
    '/query%3Fa=b&c?status=200',
    '/a%20b',
  ]) {
    it(`http://${path} passes`, async () => {
      const { code, line } = await ask(path);
      assert.equal(code, 0, line);
      assert.match(line, new RegExp(` \\(http 127\\.0\\.0\\.1:${ports.plain}, \\d+\\.\\d ms\\)$`));
    });
  }

  for (const [path, reason] of [
    ['/missing', /^status 404 Not Found /],
    ['/sick', /^status 503 Service Temporarily Unavailable /],
    ['/moved?status=200', /^status 301 Moved Permanently /],
    ['/head', /^status 405 Not Allowed /],
    ['/query', /^status 404 /],
    ['/?body=all%20is%20lost', /^status 200 OK, body does not hold "all is lost" /],
    ['/empty?body=well', /^status 204 No Content, body does not hold "well" /],
    ['/sick?body=well', /^status 503 /],
  ] as const) {
    it(`http://${path} is 1`, async () => {
      const { code, line } = await ask(path);
      assert.equal(code, 1, line);
      assert.match(line, reason);
      assert.equal((await ask(path, '--probe', 'liveness')).code, 1);
    });
  }

  it('what is said in the place of the application is alive, and what the check calls so', async () => {
    for (const [path, code] of [
      ['/closed', 4],
      ['/login', 4],
      ['/limited', 1],
      ['/sick?alive=503', 1],
    ] as const) {
      const { line } = await ask(path);
      assert.deepEqual(await codesOf(`http://:${ports.plain}${path}`), { ...refused, readiness: code }, line);
    }
  });

  it('a body is searched in its first 64 KiB and no further', async () => {
    const { code, line } = await ask('/long?body=end');
    assert.notEqual(code, 0, line);
    assert.match(line, /64 KiB|65536|does not hold/);
  });

  it('nothing of all that is an error to nginx', () => {
    assert.doesNotMatch(nginx.log(), /\[(warn|error|crit|alert|emerg)\]|reset|prematurely/);
  });

  const secure = (name: (typeof names)[number], path = '/', ...options: string[]) =>
    check([...options, `https://:${ports[name]}${path}`]);

  it('https passes without an authority whatever the certificate is, as the kubelet has it', async () => {
    for (const name of ['good', 'expired', 'foreign'] as const) {
      const { code, line } = await secure(name);
      assert.equal(code, 0, line);
      assert.match(line, /^status 200 OK /);
    }
  });

  it('https passes with the authority that signed', async () => {
    assert.equal((await secure('good', `/?ca=${good.ca}`)).code, 0);
    assert.equal((await secure('good', `/?ca=${good.ca}&server-name=api.test&body=api.test`)).code, 0);
    assert.equal((await secure('foreign', `/?ca=${good.ca}&server-name=other.test`)).code, 0);
  });

  for (const [what, name, path, reason] of [
    ['an authority that did not sign', 'good', `/?ca=${good.otherCa}`, /^certificate not trusted: unknown issuer /],
    ['an expired certificate', 'expired', `/?ca=${good.ca}`, /^certificate expired /],
    ['a certificate of another name', 'foreign', `/?ca=${good.ca}`, /^certificate is not valid for name localhost /],
    [
      'a name asked for that is not in it',
      'good',
      `/?ca=${good.ca}&server-name=no.test`,
      /^certificate is not valid for name no\.test /,
    ],
    ['a port without TLS', 'plain', '/', /^peer does not speak TLS /],
  ] as const) {
    it(`https is 4 with ${what}`, async () => {
      const { code, line } = await secure(name, path);
      assert.equal(code, 4, line);
      assert.match(line, reason);
      assert.equal((await check(['--probe', 'liveness', `https://:${ports[name]}${path}`])).code, 4);
    });
  }

  it('https is alive, not ready, without the client certificate that is wanted', async () => {
    const pair = `cert=${client.cert}&key=${client.key}`;
    assert.equal((await secure('mutual', `/?${pair}`)).code, 0);
    for (const [url, reason] of [
      [`https://:${ports.mutual}`, /^peer asks for a client certificate /],
      [`https://:${ports.strict}/?${pair}`, /^peer refused the client certificate /],
    ] as const) {
      assert.deepEqual(await codesOf(url), refused);
      assert.match((await check([url])).line, reason);
    }
  });

  it('http on a port with TLS is told that it is one', async () => {
    const { code, line } = await check([`http://:${ports.good}`]);
    assert.equal(code, 1);
    assert.match(line, /^status 400 Bad Request /);
  });

  it('tls tells how long the certificate lasts, and judges it where there is an authority', async () => {
    const { code, line } = await check([`tls://:${ports.good}?ca=${good.ca}`]);
    assert.equal(code, 0, line);
    assert.match(line, /^TLS 1\.3, certificate expires in \d+ days /);
    assert.match((await check([`tls://:${ports.expired}`])).line, /^TLS 1\.3, certificate expired \d+ days ago /);
    assert.equal((await check([`tls://:${ports.expired}?ca=${good.ca}`])).code, 4);
    assert.equal((await check([`tls://:${ports.plain}`])).code, 4);
  });

  it('a certificate that lasts for less than min-days is alive, whoever is asked', async () => {
    for (const url of [`tls://:${ports.good}`, `https://:${ports.good}/`, `https://:${ports.good}/?ca=${good.ca}`]) {
      const and = url.includes('?') ? '&' : '?';
      assert.equal((await check([`${url}${and}min-days=0`])).code, 0);
      const asked = `${url}${and}min-days=30`;
      assert.deepEqual(await codesOf(asked), { liveness: 0, readiness: 1, startup: 0 });
      assert.match(
        (await check([asked])).line,
        /^certificate expires in [01] days, expected at least 30: (status 200|TLS 1\.3)/,
      );
    }
    const past = `https://:${ports.expired}/?min-days=0`;
    assert.match((await check([past])).line, /^certificate expired \d+ days ago, expected at least 0: status 200/);
    assert.equal((await check([`${past}&status=500`, '--probe', 'liveness'])).code, 1);
  });

  for (const scheme of ['http', 'https', 'tls']) {
    it(`when it is stopped it is 3, in time, by ${scheme}`, async () => {
      nginx.signal('SIGSTOP');
      const url = `${scheme}://:${scheme === 'http' ? ports.plain : ports.good}`;
      const { code, line } = await check(['--timeout', '300ms', url]);
      nginx.signal('SIGCONT');
      assert.equal(code, 3, line);
      assert.match(line, /^timed out after 300ms /);
    });
  }
});
