import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { otherAddress } from './support/addresses.ts';
import { check } from './support/agent.ts';
import { asking, refused } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { type RedisServer, startRedis } from './support/servers.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', LOGIN: 'probe' };
const { ask, codesOf, refusesStranger } = asking(env, [env.PASSWORD, env.WRONG]);

describe('the agent asks a real redis', () => {
  const directory = useDaemons(['redis-server']);
  const file = join(directory, 'password');

  it('PONG passes', async () => {
    const { port } = await startRedis(directory);
    const { code, line } = await ask(`redis://:${port}`);
    assert.equal(code, 0);
    assert.match(line, new RegExp(`^PONG \\(redis 127\\.0\\.0\\.1:${port}, \\d+\\.\\d ms\\)$`));
  });

  it('answers on a Unix socket', async () => {
    const socket = join(directory, 'redis.sock');
    const redis = await startRedis(directory, [`unixsocket ${socket}`, 'unixsocketperm 777']);
    const { code, line } = await ask(`redis://${socket}`);
    assert.equal(code, 0);
    assert.match(line, new RegExp(`^PONG \\(redis ${socket}, `));
    redis.signal('SIGSTOP');
    assert.equal((await check(['--timeout', '300ms', `redis://${socket}`])).code, 3);
    await redis.kill();
    assert.match((await ask(`redis://${socket}`)).line, /^connection refused /);
    assert.match((await ask(`redis://${directory}/other.sock`)).line, /^no such socket /);
  });

  it('tells the role and the lag', async () => {
    const primary = await startRedis(directory, ['repl-diskless-sync-delay 0']);
    const replica = await startRedis(directory, [`replicaof 127.0.0.1 ${primary.port}`]);
    await eventually('a replica in sync', 8_000, async () => (await ask(at(replica.port, 'max-lag=30s'))).code === 0);
    assert.match((await ask(at(replica.port, 'role=replica&max-lag=30s'))).line, /^PONG, replica, \d+ s behind /);
    assert.match((await ask(at(primary.port, 'role=primary&max-lag=30s'))).line, /^PONG, primary /);
    const misplaced = at(replica.port, 'role=primary');
    assert.deepEqual(await codesOf(misplaced), { liveness: 0, readiness: 1, startup: 0 });
    assert.match((await ask(misplaced)).line, /^is a replica, expected a primary /);
    await primary.kill();
    const cut = await eventually('a cut-off replica', 8_000, async () => {
      const checked = await ask(at(replica.port, 'max-lag=30s'));
      return checked.code === 1 && checked;
    });
    assert.match(cut.line, /^the link to the primary is down for \d+ s /);
    await replica.kill();
  });

  it('runs a command, and compares its answer', async () => {
    const redis = await startRedis(directory);
    await redis.cli('set', 'warmed up', 'yes');
    const url = `redis://:${redis.port}?command=GET%20'warmed%20up'`;
    assert.match((await ask(url)).line, /^PONG, GET is answered with "yes" /);
    assert.equal((await ask(`${url}&expect=yes`)).code, 0);
    assert.deepEqual(await codesOf(`${url}&expect=no`), { liveness: 0, readiness: 1, startup: 0 });
    assert.match((await ask(`${url}&expect=no`)).line, /^GET is answered with "yes", expected "no" /);
    for (const [command, reason] of [
      ['NOSUCH', /^NOSUCH is answered with ERR unknown command /],
      ["LLEN%20'warmed%20up'", /^LLEN is answered with WRONGTYPE /],
      ['GET', /^GET is answered with ERR wrong number of arguments /],
      ['CLUSTER%20INFO', /^CLUSTER is answered with ERR This instance has cluster support disabled /],
    ] as const) {
      assert.deepEqual(await codesOf(`redis://:${redis.port}?command=${command}`), refused);
      assert.match((await ask(`redis://:${redis.port}?command=${command}`)).line, reason);
    }
    await redis.kill();
  });

  it('is alive, not ready, where INFO was renamed', async () => {
    const renamed = await startRedis(directory, ['rename-command INFO ""', `requirepass ${password}`]);
    const primary = `redis://:$PASSWORD@:${renamed.port}?role=primary`;
    assert.deepEqual(await codesOf(primary), refused);
    assert.match((await ask(primary)).line, /^INFO is answered with ERR /);
    await renamed.kill();
  });

  it('tells no password to another host that nobody verified, and whether that is there', async function () {
    const host = otherAddress();
    if (host === undefined) return this.skip();
    const far = await startRedis(directory, ['bind 0.0.0.0', `requirepass ${password}`]);
    const url = `redis://:$PASSWORD@${host}:${far.port}`;
    assert.deepEqual(await codesOf(url), refused);
    assert.match(
      (await ask(url)).line,
      /^the password was not sent, since the peer is not verified: expected tls with ca, /,
    );
    assert.equal((await ask(`${url}?allow-cleartext`)).code, 0);
    await far.kill();
    assert.deepEqual(await codesOf(url), { liveness: 2, readiness: 2, startup: 2 });
  });

  it('nobody there is 2', async () => {
    const { code, line } = await ask(`redis://:${await freePort()}`);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  describe('with a password', () => {
    let redis: RedisServer;
    before(async () => {
      redis = await startRedis(directory, [`requirepass ${password}`, 'loglevel verbose']);
      await redis.cli('acl', 'setuser', 'probe', 'on', `>${password}`, '+ping', '+quit');
      await redis.cli('acl', 'setuser', 'idle', 'on', `>${password}`);
    });
    after(() => redis.kill());

    it('takes it from the environment', async () => {
      assert.equal((await ask(`redis://:$PASSWORD@:${redis.port}`)).code, 0);
    });

    it('takes it from a file, with the line end of an editor', async () => {
      for (const end of ['', '\n', '\r\n']) {
        writeFileSync(file, password + end);
        assert.equal((await ask(`redis://:${redis.port}?password-file=${file}`)).code, 0);
      }
    });

    it('logs a user in, by name or by variable', async () => {
      writeFileSync(file, password);
      assert.equal((await ask(`redis://probe:$PASSWORD@:${redis.port}`)).code, 0);
      assert.equal((await ask(`redis://$LOGIN:$PASSWORD@:${redis.port}`)).code, 0);
      assert.equal((await ask(`redis://probe@:${redis.port}?password-file=${file}`)).code, 0);
    });

    for (const [what, url, reason] of [
      ['no password', 'redis://:PORT', /^NOAUTH /],
      ['a wrong password', 'redis://:$WRONG@:PORT', /^WRONGPASS /],
      ['an unknown user', 'redis://nobody:$PASSWORD@:PORT', /^WRONGPASS /],
      ['a user who may not ping', 'redis://idle:$PASSWORD@:PORT', /^NOPERM /],
      ['a variable that is not set', 'redis://:$UNSET@:PORT', /^environment variable UNSET is not set /],
      ['a file that is not there', 'redis://:PORT?password-file=/nowhere', /^cannot read \/nowhere: no such file /],
    ] as const) {
      it(`is alive, not ready, with ${what}`, async () => {
        const at = url.replace('PORT', `${redis.port}`);
        assert.deepEqual(await codesOf(at), refused);
        assert.match((await ask(at)).line, reason);
      });
    }

    it('is not troubled by a thousand checks', async function () {
      // Its own clients, those of this test, close in ways that are not under test.
      await eventually('the other clients to be gone', 8_000, async () =>
        /^connected_clients:1\r$/m.test(await redis.cli('info')),
      );
      const logged = redis.log().length;
      const before = statistics(await redis.cli('info'));
      const url = `redis://:$PASSWORD@:${redis.port}`;
      const worker = async () => {
        for (let count = 0; count < 250; count++) assert.equal((await ask(url)).code, 0);
      };
      await Promise.all([worker(), worker(), worker(), worker()]);
      const after = statistics(await redis.cli('info'));
      const lost = redis
        .log()
        .slice(logged)
        .split('\n')
        .filter((line) => line !== '' && !/ - Accepted 127\.0\.0\.1:| - Client closed connection /.test(line));
      assert.deepEqual(lost, []);
      assert.equal(after['connected_clients'], 1);
      assert.equal(after['total_connections_received']! - before['total_connections_received']!, 1_001);
      for (const key of [
        'rejected_connections',
        'total_error_replies',
        'unexpected_error_replies',
        'acl_access_denied_auth',
      ]) {
        assert.equal(after[key], before[key], key);
      }
      assert(waiting(redis.port) < 20, `${waiting(redis.port)} in TIME_WAIT`);
    });
  });

  describe('over TLS', () => {
    const { cert, key, ca, otherCa } = writeCertificate(
      directory,
      'redis',
      certificateFor(['localhost', 'redis.test']),
    );
    let redis: RedisServer;
    let port: number;
    before(async () => {
      port = await freePort();
      const files = [`tls-cert-file ${cert}`, `tls-key-file ${key}`, `tls-ca-cert-file ${ca}`];
      redis = await startRedis(directory, [
        `tls-port ${port}`,
        'tls-auth-clients no',
        `requirepass ${password}`,
        ...files,
      ]);
    });
    after(() => redis.kill());

    it('passes with the right authority, and without any', async () => {
      for (const trust of ['', `&ca=${ca}`, `&ca=${ca}&server-name=redis.test`]) {
        const { code, line } = await ask(`redis://:$PASSWORD@:${port}?tls${trust}`);
        assert.equal(code, 0, line);
      }
    });

    it('is alive without the certificate that redis wants, and passes with one', async () => {
      await redis.cli('config', 'set', 'tls-auth-clients', 'yes');
      const client = writeCertificate(directory, 'client', clientCertificate('probe'));
      const url = `redis://:$PASSWORD@:${port}?tls&ca=${ca}`;
      assert.deepEqual(await codesOf(url), refused);
      await refusesStranger(url, directory);
      assert.equal((await ask(`${url}&cert=${client.cert}&key=${client.key}`)).code, 0);
      await redis.cli('config', 'set', 'tls-auth-clients', 'no');
    });

    it('refuses an authority that did not sign', async () => {
      const { code, line } = await ask(`redis://:$PASSWORD@:${port}?tls&ca=${otherCa}`);
      assert.equal(code, 4);
      assert.match(line, /^certificate not trusted: unknown issuer /);
    });

    it('refuses another name', async () => {
      const { code, line } = await ask(`redis://:$PASSWORD@:${port}?tls&ca=${ca}&server-name=other.test`);
      assert.equal(code, 4);
      assert.match(line, /^certificate is not valid for name other\.test /);
    });

    it('is 4 for a check without TLS', async () => {
      const { code, line } = await ask(`redis://:$PASSWORD@:${port}`);
      assert.equal(code, 4, line);
      assert.match(line, /^connection (closed|reset) before the answer /);
    });

    it('never passes where redis speaks in the clear', async () => {
      // Redis waits for the end of a line, and whether the random bytes of a handshake hold one is chance.
      const { code, line } = await ask('--timeout', '300ms', `redis://:$PASSWORD@:${redis.port}?tls`);
      assert.match(`${code} ${line}`, /^(3 timed out|4 peer does not speak TLS)/);
    });

    it('has nothing to log about a check that passes', async () => {
      const logged = redis.log().length;
      for (let count = 0; count < 20; count++) await ask(`redis://:$PASSWORD@:${port}?tls&ca=${ca}`);
      assert.equal(redis.log().slice(logged), '');
    });
  });
});

const at = (port: number, options: string): string => `redis://:${port}?${options}`;

/** What INFO says in numbers. */
const statistics = (info: string): Readonly<Record<string, number>> =>
  Object.fromEntries([...info.matchAll(/^(\w+):(\d+)\r?$/gm)].map(([, key, value]) => [key, Number(value)]));

/** How many connections with this port are held in TIME_WAIT, on either side. */
const waiting = (port: number): number => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return rows.filter((row) =>
    new RegExp(`^ *\\d+: 0100007F:${hex} \\w+:\\w+ 06|^ *\\d+: \\w+:\\w+ 0100007F:${hex} 06`).test(row),
  ).length;
};
