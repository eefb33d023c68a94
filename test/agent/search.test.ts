import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { check } from './support/agent.ts';
import { asking, crowd, limitDescriptors, refused, unhealthy } from './support/asking.ts';
import { bring } from './support/bring.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { installSearch, startSearch, withoutMaster } from './support/search.ts';
import { type Server, startNginx } from './support/servers.ts';
import { inTimeWait } from './support/sockets.ts';
import { livesThroughFaults } from './support/faults.ts';
import { livesThroughTls } from './support/terminator.ts';
import { aliveIn, endAsked, startAsked } from './support/life.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };
const { ask, codesOf } = asking(env, [env.PASSWORD, env.WRONG]);

for (const product of ['elasticsearch', 'opensearch'] as const) {
  describe(`the agent asks a real ${product}`, function () {
    this.timeout(120_000);
    const directory = useDaemons(['nginx-light', 'haproxy']);
    bring(product, () => installSearch(product));
    let node: Server;
    let url: string;
    before(async () => {
      node = await startAsked({ url: `${product}://:PORT` }, () => startSearch(directory, product));
      url = `${product}://:${node.port}`;
      await eventually('a node', 20_000, async () => (await ask(url)).code === 0);
    });

    it('a node passes, and says its version', async () => {
      const { code, line } = await ask(url);
      assert.equal(code, 0);
      assert.match(line, new RegExp(`^version \\d+\\.\\d+\\.\\d+ \\(${product} 127\\.0\\.0\\.1:${node.port}, `));
    });

    it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
      const { port } = node;
      await livesThroughFaults({ url: `${product}://:PORT`, port });
      await livesThroughTls(directory, { url: `${product}://:PORT?tls`, port });
    });

    it('nobody there is 2', async () => {
      assert.equal((await ask(`${product}://:${await freePort()}`)).code, 2);
    });

    it('the status of the cluster is judged where it is asked for', async () => {
      assert.match((await ask(`${url}?cluster-status=green`)).line, /^version [\d.]+, cluster green /);
      const index = await fetch(`http://127.0.0.1:${node.port}/lonely`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ settings: { number_of_shards: 1, number_of_replicas: 1 } }),
      });
      assert.equal(index.status, 200);
      await eventually('yellow', 10_000, async () => (await ask(`${url}?cluster-status=yellow`)).code === 0);
      assert.match((await ask(`${url}?cluster-status=yellow`)).line, /^version [\d.]+, cluster yellow /);
      assert.deepEqual(await codesOf(`${url}?cluster-status=green`), unhealthy);
      assert.match((await ask(`${url}?cluster-status=green`)).line, /^cluster is yellow, expected green /);
      assert.equal((await ask(url)).code, 0);
    });

    it('two hundred checks leave nothing in its log', async () => {
      const logged = node.log().length;
      for (let count = 0; count < 100; count++) {
        assert.equal((await ask(url)).code, 0);
        assert.equal((await ask(`${url}?cluster-status=yellow`)).code, 0);
      }
      assert.doesNotMatch(node.log().slice(logged), /WARN|ERROR|xception/);
      const waiting = inTimeWait(node.port);
      assert(waiting < 20, `${waiting} in TIME_WAIT`);
    });

    it('a node without a master answers for itself, and is not ready where the cluster is asked for', async () => {
      const alone = await startSearch(directory, product, withoutMaster);
      const at = `${product}://:${alone.port}`;
      await eventually('an answer', 20_000, async () => (await ask(at)).code === 0);
      assert.deepEqual(await codesOf(`${at}?cluster-status=yellow`), unhealthy);
      assert.match((await ask(`${at}?cluster-status=yellow`)).line, /^cluster is red, expected yellow /);
      await alone.kill();
    });

    // The proxy is the same before either.
    if (product === 'elasticsearch') behindProxy(() => node.port, directory);

    describe('in the end', () => {
      it('once it has no more descriptors it has no word for one more client', async () => {
        await limitDescriptors(node, 3);
        const leave = await crowd(node.port);
        await aliveIn('full', { url: `${product}://:PORT`, port: node.port }, 'closes or waits');
        leave();
        await eventually('room', 10_000, async () => (await ask(url)).code === 0);
      });

      it('when it is stopped it is 3, in time, and killed it is 2', async () => {
        node.signal('SIGSTOP');
        for (const probe of ['liveness', 'readiness']) {
          const { code } = await check(['--probe', probe, '--timeout', '300ms', url]);
          assert.equal(code, 3);
        }
        node.signal('SIGCONT');
        await endAsked(node, { url: `${product}://:PORT`, port: node.port });
        assert.equal((await ask(url)).code, 2);
      });
    });
  });
}

/** The situations that a node of Maven Central cannot be brought into: its security is no part of it. */
function behindProxy(nodePort: () => number, directory: string): void {
  describe('behind a proxy with TLS and a login', () => {
    const { cert, key, ca, otherCa } = writeCertificate(directory, 'search', certificateFor(['localhost', 'es.test']));
    const client = writeCertificate(directory, 'client', clientCertificate('probe'));
    const socket = join(directory, 'search.sock');
    let [port, mutual, strict, plain] = [0, 0, 0, 0];
    let nginx: Server;
    before(async () => {
      [port, mutual, strict, plain] = [await freePort(), await freePort(), await freePort(), await freePort()];
      writeFileSync(join(directory, 'users'), `probe:{PLAIN}${password}\n`);
      const tls = `ssl_certificate ${cert}; ssl_certificate_key ${key};`;
      const login = `auth_basic search; auth_basic_user_file ${directory}/users;`;
      const on = `location / { proxy_pass http://127.0.0.1:${nodePort()}; }`;
      nginx = await startNginx(
        directory,
        `server { listen 127.0.0.1:${port} ssl; ${tls} ${login} ${on} }
          server { listen 127.0.0.1:${mutual} ssl; ${tls} ssl_client_certificate ${client.ca}; ssl_verify_client on; ${on} }
          server { listen 127.0.0.1:${strict} ssl; ${tls} ssl_client_certificate ${otherCa}; ssl_verify_client on; ${on} }
          server { listen 127.0.0.1:${plain}; listen unix:${socket}; ${login} ${on} }`,
        plain,
      );
    });
    after(() => nginx.kill());

    it('logs in by HTTP Basic', async () => {
      const file = join(directory, 'password');
      writeFileSync(file, `${password}\n`);
      for (const at of [
        `probe:$PASSWORD@:${port}?tls&ca=${ca}`,
        `probe:$PASSWORD@:${port}?tls&ca=${ca}&server-name=es.test`,
        `probe@:${port}?tls&password-file=${file}`,
        `probe:$PASSWORD@:${plain}`,
        `probe:$PASSWORD@:${plain}?cluster-status=yellow`,
        `probe:$PASSWORD@${socket}`,
      ]) {
        const { code, line } = await ask(`elasticsearch://${at}`);
        assert.equal(code, 0, line);
      }
    });

    for (const [what, login, reason] of [
      ['no login', '', /^status 401: no login, or a refused one /],
      ['a wrong password', 'probe:$WRONG@', /^status 401: /],
      ['an unknown user', 'nobody:$PASSWORD@', /^status 401: /],
      ['a variable that is not set', 'probe:$UNSET@', /^environment variable UNSET is not set /],
    ] as const) {
      it(`is alive, not ready, with ${what}`, async () => {
        assert.deepEqual(await codesOf(`elasticsearch://${login}:${port}?tls`), refused);
        assert.match((await ask(`elasticsearch://${login}:${port}?tls`)).line, reason);
      });
    }

    it('is alive to a stranger as other servers are', async () => {
      await aliveIn('wrong login', { url: 'elasticsearch://probe:$WRONG@:PORT?tls', port, env });
      await aliveIn('no login', { url: 'elasticsearch://:PORT?tls', port });
    });

    it('refuses an authority that did not sign, and another name', async () => {
      for (const trust of [`ca=${otherCa}`, `ca=${ca}&server-name=no.test`]) {
        const { code, line } = await ask(`elasticsearch://:${port}?tls&${trust}`);
        assert.equal(code, 4);
        assert.match(line, /^certificate not trusted: unknown issuer |^certificate is not valid for name no\.test /);
      }
    });

    it('shows a client certificate, and is alive, not ready, without the one that is wanted', async () => {
      const at = `elasticsearch://:${mutual}?tls&cert=${client.cert}&key=${client.key}`;
      const { code, line } = await ask(at);
      assert.equal(code, 0, line);
      for (const [url, reason] of [
        [`elasticsearch://:${mutual}?tls`, /^peer asks for a client certificate /],
        [at.replace(`${mutual}`, `${strict}`), /^peer refused the client certificate /],
      ] as const) {
        assert.deepEqual(await codesOf(url), refused);
        assert.match((await ask(url)).line, reason);
      }
    });

    it('asked in the clear it says that it expects TLS', async () => {
      assert.deepEqual(await codesOf(`elasticsearch://:${port}`), refused);
      assert.match((await ask(`elasticsearch://:${port}`)).line, /^the server expects TLS: add tls /);
    });
  });
}
