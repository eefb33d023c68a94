import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type RequestListener, createServer } from 'node:http';
import * as http2 from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { otherAddress } from './support/addresses.ts';
import { asking } from './support/asking.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';

const password = 'correct-horse';
const { ask, codesOf } = asking({ API_KEY: password }, [password]);

/** What a server heard last. */
type Heard = {
  method: string;
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
};

describe('the agent sends what the check says', () => {
  const directory = useDaemons([]);
  const { cert, key, ca } = writeCertificate(directory, 'http', certificateFor(['localhost']));
  const secret = join(directory, 'secret');
  writeFileSync(secret, `${password}\n`);
  let heard: Heard | undefined;
  const servers: Server[] = [];
  /** Where each of them listens, as the beginning of a check. */
  const schemes = { http: '', https: '', http2: '', 'http2 over TLS': '' };

  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const place = new URL(url, 'http://localhost').searchParams.get('to');
      if (place !== null) return response.writeHead(302, { location: place }).end();
      heard = { method, url, headers, body };
      // It says whatever it hears, as a peer may.
      const answer = JSON.stringify(heard);
      return url === '/slow' ? setTimeout(() => response.end(answer), 300) : response.end(answer);
    });
  };

  before(async () => {
    const files = { cert: readFileSync(cert), key: readFileSync(key) };
    const started: Readonly<Record<keyof typeof schemes, Server>> = {
      http: createServer(listener),
      https: createSecureServer(files, listener),
      http2: http2.createServer(listener as never),
      'http2 over TLS': http2.createSecureServer(files, listener as never),
    };
    for (const [name, server] of Object.entries(started)) {
      servers.push(server.listen(0));
      await once(server, 'listening');
      schemes[name as 'http'] = `${name.split(' ')[0]}://HOST:${(server.address() as AddressInfo).port}/`;
    }
  });
  after(() => servers.forEach((server) => server.close()));

  /** A check of one of them; `host` may have a login in front. */
  const url = (name: string, options: string, host = ''): string => {
    const query = [name.endsWith('TLS') ? 'tls' : '', options].filter((option) => option !== '').join('&');
    return `${schemes[name as 'http'].replace('HOST', host)}?${query}`;
  };

  /** As a URL of a browser has it, behind its scheme. */
  const place = (name: keyof typeof schemes): string =>
    schemes[name].replace(/^[a-z0-9]+:/, '').replace('HOST', 'localhost');

  for (const name of Object.keys(schemes)) {
    it(`${name}: headers, written out, from the environment and from a file`, async () => {
      const options = `header.X-Tenant=blue%20sky&header.X-Key=$API_KEY&header-file.X-Token=${secret}&header.Accept=text/plain`;
      const { code, line } = await ask(url(name, options));
      assert.equal(code, 0, line);
      assert(heard);
      assert.equal(heard.headers['x-tenant'], 'blue sky');
      assert.equal(heard.headers['x-key'], password);
      assert.equal(heard.headers['x-token'], password);
      assert.equal(heard.headers['accept'], 'text/plain');
    });

    it(`${name}: a login and a token`, async () => {
      const basic = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
      for (const [asked, authorization] of [
        [url(name, '', 'me:$API_KEY@'), basic],
        [url(name, `password-file=${secret}`, 'me@'), basic],
        [url(name, 'token=$API_KEY'), `Bearer ${password}`],
        [url(name, `token-file=${secret}`), `Bearer ${password}`],
      ] as const) {
        const { code, line } = await ask(asked);
        assert.equal(code, 0, line);
        assert.equal(heard?.headers.authorization, authorization);
      }
    });

    it(`${name}: a body, and no body`, async () => {
      for (const [options, method, body, length] of [
        ['send=%7B%22a%22:%22%C3%A9%22%7D&header.Content-Type=application/json', 'POST', '{"a":"é"}', '10'],
        ['send=a&method=PUT', 'PUT', 'a', '1'],
        ['method=POST', 'POST', '', '0'],
        ['body=GET', 'GET', '', undefined],
      ] as const) {
        const { code, line } = await ask(url(name, options));
        assert.equal(code, 0, line);
        assert.deepEqual([heard?.method, heard?.body], [method, body]);
        assert.equal(heard?.headers['content-length'], length);
        assert.equal(heard?.headers['content-type'], options.includes('json') ? 'application/json' : undefined);
      }
    });

    it(`${name}: the answer is judged by patterns and by values of JSON`, async () => {
      for (const [options, expected, reason] of [
        [
          'json.method=GET&json.headers.accept=*/*&not-json.method=PUT&body-pattern=^.%22method&not-body=lost',
          0,
          /^status 200/,
        ],
        ['json.method=PUT', 1, /json\.method is "GET", expected "PUT" /],
        ['json.headers.x=a', 1, /body has no json\.headers\.x /],
        ['not-json.method=GET', 1, /json\.method is "GET" /],
        ['not-body-pattern=GET|PUT', 1, /body matches "GET\|PUT" /],
      ] as const) {
        const { code, line } = await ask(url(name, options));
        assert.equal(code, expected, line);
        assert.match(line, reason);
      }
    });

    it(`${name}: redirects are followed on wish, and no other port hears the secret`, async () => {
      const isSecure = name === 'https' || name.endsWith('TLS');
      const protocol = name.startsWith('http2') ? 'http2 over TLS' : 'https';
      const follow = 'follow=same-host&header.X-Key=$API_KEY';
      const cases: readonly (readonly [string, string, number, RegExp, string?])[] = [
        ['/there', 'status=302', 0, /^status 302/],
        ['/there', follow, 0, /^status 200/, password],
        isSecure
          ? [`http:${place('http')}`, follow, 1, /^the server redirects from https to http, /]
          : [`https:${place(protocol)}there`, follow, 0, /^status 200/],
        [`${isSecure ? 'https' : 'http'}://other.test/`, follow, 1, /^the server redirects to another host, /],
        ['ftp://other.test/', 'follow=any-host', 1, /^the server redirects to what HTTP cannot ask for /],
        ['?to=/there', 'follow=any-host', 0, /^status 200/],
      ];
      for (const [to, options, expected, reason, hears] of cases) {
        heard = undefined;
        const asked = url(name, options).replace('/?', `/%3Fto=${encodeURIComponent(to)}?`);
        const { code, line } = await ask(asked);
        assert.equal(code, expected, `${asked}: ${line}`);
        assert.match(line, reason);
        assert.equal((heard as Heard | undefined)?.headers['x-key'], hears);
        if (expected === 1) assert.equal((await ask('--probe', 'liveness', asked)).code, 0);
      }
    });

    it(`${name}: what is answered later than max-time is alive`, async () => {
      const slow = url(name, 'max-time=200ms').replace('/?', '/slow?');
      const { line } = await ask(slow);
      assert.deepEqual(await codesOf(slow), { liveness: 0, readiness: 3, startup: 0 }, line);
      assert.match(line, /^answered after \d{3,}\.\d ms, expected within 200ms: status 200/);
      assert.equal((await ask(url(name, 'max-time=10s'))).code, 0);
    });

    it(`${name}: no secret to another host, unless it is verified or allowed`, async function () {
      const host = otherAddress();
      if (host === undefined) return this.skip();
      const withheld = url(name, 'header.X-Key=$API_KEY&status=404', host);
      const { line } = await ask(withheld);
      assert.deepEqual(await codesOf(withheld), { liveness: 0, readiness: 4, startup: 0 }, line);
      assert.match(line, /^a secret header was not sent, since the peer is not verified: /);
      assert(heard && !('x-key' in heard.headers));
      assert.equal((await ask(url(name, 'header.X-Key=$API_KEY&allow-cleartext', host))).code, 0);
      assert.equal(heard.headers['x-key'], password);
      if (name === 'http' || name === 'http2') return;
      assert.equal((await ask(url(name, `header.X-Key=$API_KEY&ca=${ca}&server-name=localhost`, host))).code, 0);
      assert.equal(heard.headers['x-key'], password);
    });
  }
});
