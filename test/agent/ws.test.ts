import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../support/eventually.ts';
import { otherAddress } from './support/addresses.ts';
import { asking, crowd, limitDescriptors, refused, unhealthy } from './support/asking.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { type Daemon, freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { startNginx } from './support/servers.ts';
import { livesThroughFaults } from './support/faults.ts';
import { aliveIn, endAsked, startAsked } from './support/life.ts';
import { livesThroughTls } from './support/terminator.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };
const { ask, codesOf, timesOut } = asking(env, [env.PASSWORD, env.WRONG]);
const failed = (code: number) => ({ liveness: code, readiness: code, startup: code });

describe('the agent asks a real WebSocket server', () => {
  const directory = useDaemons(['nginx-light', 'haproxy', 'python3-websockets']);

  describe('of Node', () => {
    const files = writeCertificate(directory, 'ws', certificateFor(['localhost']));
    const servers: Server[] = [];
    let port = 0;
    let securePort = 0;
    let request: IncomingMessage | undefined;
    /** The codes with which clients left. */
    const left: number[] = [];

    /** It greets, answers a ping late, and repeats all else. */
    const serve = (socket: WebSocket, asked: IncomingMessage): void => {
      request = asked;
      socket.on('close', (code) => left.push(code));
      if (asked.url === '/closes') socket.close(1013, 'try later');
      else socket.ping('are you there?');
      socket.on('pong', () => socket.send(asked.headers.cookie ?? 'welcome'));
      socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
    };

    before(async () => {
      const secrets = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
      for (const server of [createServer(), createSecureServer(secrets)]) {
        const sockets = new WebSocketServer({ noServer: true });
        server.on('request', (_, response) => response.writeHead(426).end('Upgrade Required'));
        server.on('upgrade', (asked: IncomingMessage, socket, head) => {
          const answer = /^\/status\/(\d+)/.exec(asked.url ?? '')?.[1];
          if (answer !== undefined) socket.end(`HTTP/1.1 ${answer} Words\r\nContent-Length: 0\r\n\r\n`);
          else sockets.handleUpgrade(asked, socket, head, (opened) => serve(opened, asked));
        });
        servers.push(server.listen(0));
        await once(server, 'listening');
      }
      [port = 0, securePort = 0] = servers.map((server) => (server.address() as AddressInfo).port);
    });

    it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
      await livesThroughFaults({ url: 'ws://:PORT/?send=hello', port, provenAfter: 1 });
      await livesThroughTls(directory, { url: 'wss://:PORT/?send=hello', port });
    });

    it('one that opens passes, and is left in order', async () => {
      const { code, line } = await ask(`ws://:${port}/chat%3Froom=1?header.Sec-WebSocket-Protocol=chat`);
      assert.equal(code, 0, line);
      assert.match(line, /^status 101 Switching Protocols \(ws /);
      assert.equal(request?.url, '/chat?room=1');
      assert.equal(request?.headers['sec-websocket-protocol'], 'chat');
      assert.equal(request?.headers.host, `localhost:${port}`);
      assert.equal(left.at(-1), 1000);
    });

    it('a message is answered, after the greeting and a ping that the agent answers', async () => {
      for (const options of [
        '?send=echo%207&expect=^echo%20\\d$',
        '?send=\\xff\\0&expect=^\\xff\\x00$',
        '?expect=^welcome$',
      ]) {
        const { code, line } = await ask(`ws://:${port}/${options}`);
        assert.equal(code, 0, line);
      }
      assert.equal(left.at(-1), 1000);
      const { code, line } = await ask('--timeout', '300ms', `ws://:${port}/?send=a&expect=^b`);
      assert.equal(code, 3, line);
      assert.match(line, /^timed out, no message matches so far: "(a|welcome)" /);
      assert.deepEqual(await codesOf(`ws://:${port}/closes?expect=a`), unhealthy);
      assert.match(
        (await ask(`ws://:${port}/closes?expect=a`)).line,
        /^the server closes the WebSocket with code 1013 /,
      );
    });

    it('what is said in the place of an opening is judged as of http', async () => {
      for (const [status, codes] of [
        [401, refused],
        [403, refused],
        [429, unhealthy],
        [302, refused],
        [200, refused],
        [426, refused],
        [404, failed(1)],
        [503, failed(1)],
      ] as const) {
        const url = `ws://:${port}/status/${status}`;
        assert.deepEqual(await codesOf(url), codes, `${status}: ${(await ask(url)).line}`);
      }
      assert.deepEqual(await codesOf(`ws://:${port}/status/503?alive=503`), unhealthy);
    });

    it('over TLS it is verified', async () => {
      for (const [options, code, reason] of [
        ['', 0, /^status 101 /],
        [`ca=${files.ca}`, 0, /^status 101 /],
        [`ca=${files.otherCa}`, 4, /^certificate not trusted: unknown issuer /],
        [`ca=${files.ca}&server-name=other.test`, 4, /^certificate is not valid for name other\.test /],
      ] as const) {
        const { code: actual, line } = await ask('--probe', 'liveness', `wss://:${securePort}/?${options}`);
        assert.equal(actual, code, line);
        assert.match(line, reason);
      }
    });

    it('a login, a token and a secret header go where a password goes, and are not repeated', async () => {
      for (const url of [
        `ws://me:$PASSWORD@:${port}/`,
        `ws://:${port}/?token=$PASSWORD`,
        `ws://:${port}/?header.Cookie=$PASSWORD&expect=horse`,
      ]) {
        const { code, line } = await ask(url);
        assert.equal(code, 0, line);
      }
      assert.equal(request?.headers.cookie, password);
      const host = otherAddress();
      if (host === undefined) return;
      const url = `ws://${host}:${port}/?token=$PASSWORD`;
      assert.deepEqual(await codesOf(url), refused);
      assert.match(
        (await ask(url)).line,
        /^the token was not sent, since the peer is not verified: expected tls with ca/,
      );
      assert.equal(request?.headers.authorization, undefined);
      assert.equal((await ask(`${url}&allow-cleartext`)).code, 0);
      assert.equal(request?.headers.authorization, `Bearer ${password}`);
    });

    it('behind a real nginx it opens where that passes the upgrade on, and is alive where that does not', async () => {
      const at = await freePort();
      const pass = `proxy_pass http://127.0.0.1:${port}`;
      const upgrade =
        'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade';
      const users = join(directory, 'users');
      writeFileSync(users, 'me:{PLAIN}horse\n');
      const login = `auth_basic closed; auth_basic_user_file ${users}`;
      const nginx = await startNginx(
        directory,
        `server { listen 127.0.0.1:${at}; location /open { ${pass}; ${upgrade}; } location /plain { ${pass}; }
         location /login { ${pass}; ${upgrade}; ${login}; } location /away { proxy_pass http://127.0.0.1:1; ${upgrade}; } }`,
        at,
      );
      assert.equal((await ask(`ws://:${at}/open?send=a&expect=^a$`)).code, 0);
      assert.deepEqual(await codesOf(`ws://:${at}/plain`), refused);
      assert.match(
        (await ask(`ws://:${at}/plain`)).line,
        /^status 426 Upgrade Required, expected 101 Switching Protocols /,
      );
      assert.deepEqual(await codesOf(`ws://:${at}/login`), refused);
      await aliveIn('no login', { url: 'ws://:PORT/login', port: at });
      await aliveIn('wrong login', { url: 'ws://me:$WRONG@:PORT/login', port: at, env });
      assert.deepEqual(await codesOf(`ws://:${at}/away`), failed(1));
      await nginx.kill();
    });

    after(() => servers.forEach((server) => server.close()));
  });

  describe('of Python', () => {
    const script = `
import asyncio, websockets
async def serve(socket, path):
    async for message in socket:
        await socket.send([message[:1], message[1:]])
async def main(port):
    async with websockets.serve(serve, "127.0.0.1", port):
        await asyncio.Future()
asyncio.run(main(PORT))
`;
    let python: Daemon & { port: number };

    before(async () => {
      const port = await freePort();
      const args = ['-c', script.replace('PORT', `${port}`)];
      python = await startAsked({ url: 'ws://:PORT' }, async () => ({
        // The one whose packages apt installs.
        ...(await startDaemon('/usr/bin/python3', args, port, 15_000)),
        port,
      }));
    });

    it('one that opens passes, and answers in pieces', async () => {
      assert.equal((await ask(`ws://:${python.port}`)).code, 0);
      const { code, line } = await ask(`ws://:${python.port}/?send=in%20pieces&expect=^in%20pieces$`);
      assert.equal(code, 0, line);
      assert.match(line, /^in pieces \(ws /);
      // Nor is a client that leaves an error to it.
      assert.doesNotMatch(python.log(), /Error|Traceback/);
    });

    it('once it has no more descriptors it has no word for one more client', async () => {
      const url = `ws://:${python.port}`;
      await limitDescriptors(python, 3);
      const leave = await crowd(python.port);
      await aliveIn('full', { url: 'ws://:PORT', port: python.port }, 'closes or waits');
      leave();
      await eventually('room', 10_000, async () => (await ask(url)).code === 0);
    });

    it('when it is stopped it is 3, in time, and when it is killed it is 2', async () => {
      await timesOut(python, `ws://:${python.port}`);
      await endAsked(python, { url: 'ws://:PORT', port: python.port });
      assert.deepEqual(await codesOf(`ws://:${python.port}`), failed(2));
    });
  });
});
