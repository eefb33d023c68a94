import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { asking } from './support/asking.ts';
import { bring } from './support/bring.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type MongoServer, installMongo, startMongo } from './support/mongo.ts';
import { livesThroughFaults } from './support/faults.ts';
import { livesThroughTls } from './support/terminator.ts';
import { aliveIn, endAsked, startAsked } from './support/life.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', LOGIN: 'probe' };
const { ask, codesOf, refusesStranger } = asking(env, [env.PASSWORD, env.WRONG]);

describe('the agent asks a FerretDB, which speaks the protocol of MongoDB', () => {
  const directory = useDaemons([]);
  bring('FerretDB', installMongo);
  const file = join(directory, 'password');
  const socket = join(directory, 'mongodb.sock');

  it('a standalone server passes, over TCP and over a Unix socket', async () => {
    const { port, kill } = await startMongo(directory);
    const { code, line } = await ask(`mongodb://:${port}`);
    assert.equal(code, 0);
    assert.match(line, new RegExp(`^standalone \\(mongodb 127\\.0\\.0\\.1:${port}, \\d+\\.\\d ms\\)$`));
    assert.match((await ask(`mongodb://:${port}?role=replica`)).line, /^standalone, expected a secondary /);
    const relay = createServer((client) => client.pipe(connect(port, '127.0.0.1')).pipe(client)).listen(socket);
    await once(relay, 'listening');
    assert.match((await ask(`mongodb://?socket=${socket}`)).line, /^standalone \(mongodb \//);
    relay.close();
    await kill();
  });

  it('a member of a set tells its role', async () => {
    const { port, kill } = await startMongo(directory, ['-replica-set=rs0']);
    assert.match((await ask(`mongodb://:${port}?role=primary`)).line, /^primary of rs0 /);
    assert.deepEqual(await codesOf(`mongodb://:${port}?role=replica`), { liveness: 0, readiness: 1, startup: 0 });
    await kill();
  });

  it('nobody there is 2', async () => {
    const { code, line } = await ask(`mongodb://:${await freePort()}`);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  describe('with users', () => {
    let mongo: MongoServer;
    before(async () => {
      mongo = await startAsked({ url: 'mongodb://:PORT' }, () =>
        startMongo(directory, ['-user=root', `-password=${password}`]),
      );
      const root = `mongodb://root:${password}@127.0.0.1:${mongo.port}/?authMechanism=SCRAM-SHA-256`;
      for (const [createUser, mechanisms] of [
        ['probe', ['SCRAM-SHA-1', 'SCRAM-SHA-256']],
        ['old', ['SCRAM-SHA-1']],
      ]) {
        await mongo.command('app', { createUser, pwd: password, roles: [], mechanisms }, root);
      }
    });
    after(() => mongo.kill());

    it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
      const { port } = mongo;
      await livesThroughFaults({ url: 'mongodb://probe:$PASSWORD@:PORT/app', port, env, provenAfter: 1 });
      await livesThroughTls(directory, { url: 'mongodb://:PORT?tls', port });
      await aliveIn('wrong login', { url: 'mongodb://probe:$WRONG@:PORT/app', port, env });
      await aliveIn('no login', { url: 'mongodb://:PORT', port });
    });

    it('passes without a login', async () => {
      assert.equal((await ask(`mongodb://:${mongo.port}`)).code, 0);
    });

    it('logs a user in, by name or by variable, in its database', async () => {
      writeFileSync(file, `${password}\n`);
      for (const login of ['probe:$PASSWORD', '$LOGIN:$PASSWORD']) {
        const { code, line } = await ask(`mongodb://${login}@:${mongo.port}/app`);
        assert.equal(code, 0, line);
      }
      assert.equal((await ask(`mongodb://probe@:${mongo.port}/app?password-file=${file}`)).code, 0);
      assert.equal((await ask(`mongodb://root:$PASSWORD@:${mongo.port}`)).code, 0);
    });

    it('logs a user in by SCRAM-SHA-1 who has nothing better', async () => {
      assert.equal((await ask(`mongodb://old:$PASSWORD@:${mongo.port}/app`)).code, 0);
      const { code, line } = await ask(`mongodb://old:$WRONG@:${mongo.port}/app`);
      assert.equal(code, 4);
      assert.match(line, /^login refused: /);
    });

    for (const [what, url, reason] of [
      ['a wrong password', 'mongodb://probe:$WRONG@:PORT/app', /^login refused: Authentication failed\. /],
      ['an unknown user', 'mongodb://nobody:$PASSWORD@:PORT/app', /^login refused: Authentication failed\. /],
      ['another database', 'mongodb://probe:$PASSWORD@:PORT', /^login refused: Authentication failed\. /],
      ['a user and no password', 'mongodb://probe@:PORT/app', /^user is given without a password /],
      ['a password and no user', 'mongodb://:$PASSWORD@:PORT/app', /^password is given without a user /],
      ['a variable that is not set', 'mongodb://probe:$UNSET@:PORT', /^environment variable UNSET is not set /],
      [
        'a file that is not there',
        'mongodb://probe@:PORT?password-file=/nowhere',
        /^cannot read \/nowhere: no such file /,
      ],
    ] as const) {
      it(`is alive, not ready, with ${what}`, async () => {
        const at = url.replace('PORT', `${mongo.port}`);
        assert.deepEqual(await codesOf(at), { liveness: 0, readiness: 4, startup: 0 });
        assert.match((await ask(at)).line, reason);
      });
    }

    it('is not troubled by two hundred checks', async function () {
      const logged = mongo.log().length;
      const urls = [`mongodb://:${mongo.port}`, `mongodb://probe:$PASSWORD@:${mongo.port}/app`];
      for (let count = 0; count < 200; count++) assert.equal((await ask(urls[count % 2]!)).code, 0);
      const told = mongo.log().slice(logged).split('\n');
      // The last of these is FerretDB's own race, between two of its goroutines at the end of any connection.
      const usual =
        /^$| msg="Connection (started|stopped)" | msg="Failed to set deadline: .* use of closed network connection" /;
      const strange = told.filter((line) => !usual.test(line));
      assert.deepEqual(strange, []);
    });
  });

  it('when it is stopped it is 3, in time, and when it is killed 2', async () => {
    const mongo = await startMongo(directory);
    mongo.signal('SIGSTOP');
    for (const probe of ['liveness', 'readiness']) {
      const args = ['--probe', probe, '--timeout', '300ms', `mongodb://:${mongo.port}`];
      const { code, line } = await check(args);
      assert.equal(code, 3);
      assert.match(line, /^timed out after 300ms /);
    }
    mongo.signal('SIGCONT');
    assert.equal((await ask(`mongodb://:${mongo.port}`)).code, 0);
    await endAsked(mongo, { url: 'mongodb://:PORT', port: mongo.port });
    assert.deepEqual(await codesOf(`mongodb://:${mongo.port}`), { liveness: 2, readiness: 2, startup: 2 });
  });

  describe('over TLS', () => {
    const certificate = writeCertificate(directory, 'mongo', certificateFor(['localhost', 'mongo.test']));
    const client = writeCertificate(directory, 'client', clientCertificate('probe'));
    const { ca, otherCa } = certificate;
    const speaking = [`-cert=${certificate.cert}`, `-key=${certificate.key}`];
    let mongo: MongoServer;
    before(async () => {
      mongo = await startMongo(directory, speaking);
    });
    after(() => mongo.kill());

    it('passes with the right authority, and without any', async () => {
      for (const trust of ['tls', `tls&ca=${ca}`, `tls&ca=${ca}&server-name=mongo.test`]) {
        const { code, line } = await ask(`mongodb://:${mongo.port}?${trust}`);
        assert.equal(code, 0, line);
      }
    });

    it('refuses an authority that did not sign, and another name', async () => {
      for (const [trust, reason] of [
        [`ca=${otherCa}`, /^certificate not trusted: unknown issuer /],
        [`ca=${ca}&server-name=other.test`, /^certificate is not valid for name other\.test /],
      ] as const) {
        const { code, line } = await ask(`mongodb://:${mongo.port}?tls&${trust}`);
        assert.equal(code, 4);
        assert.match(line, reason);
      }
    });

    it('shows a certificate where one is wanted, and is alive, not ready, without', async () => {
      const strict = await startMongo(directory, [...speaking, `-ca=${ca}`]);
      const url = `mongodb://:${strict.port}?tls&ca=${ca}`;
      assert.equal((await ask(`${url}&cert=${client.cert}&key=${client.key}`)).code, 0);
      assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 4, startup: 0 });
      assert.match((await ask(url)).line, /^peer asks for a client certificate /);
      await refusesStranger(url, directory);
      await strict.kill();
    });

    it('is 4 for a check without TLS', async () => {
      const { code, line } = await ask(`mongodb://:${mongo.port}`);
      assert.equal(code, 4, line);
      assert.match(line, /^connection (closed|reset) before the answer /);
    });

    it('never passes where the server speaks in the clear', async () => {
      // FerretDB takes the first bytes of the handshake for a length, and waits for the rest; mongod closes.
      const { port, kill } = await startMongo(directory);
      const { code, line } = await ask('--timeout', '300ms', `mongodb://:${port}?tls`);
      assert.match(`${code} ${line}`, /^(3 timed out|4 )/);
      await kill();
    });
  });
});
