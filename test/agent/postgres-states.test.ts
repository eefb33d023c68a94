import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { check } from './support/agent.ts';
import { asking, unhealthy, refused } from './support/asking.ts';
import { useDaemons } from './support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import {
  type PostgresServer,
  makeData,
  makeStandby,
  openSession,
  ownFile,
  startPgbouncer,
  startPostgres,
} from './support/postgres.ts';
import { aliveIn } from './support/life.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };
const { ask, codesOf } = asking(env, Object.values(env));

const asleep = `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`;

describe('the agent asks a real postgresql in each of its states', function () {
  const directory = useDaemons(['postgresql', 'pgbouncer']);
  let server: PostgresServer;
  let at: string;

  before(async () => {
    server = await startPostgres(await makeData(directory, 'primary', ['host all all 127.0.0.1/32 scram-sha-256']));
    at = `127.0.0.1:${server.port}`;
    await server.sql(`CREATE USER scram PASSWORD '${password}'`);
  });

  it('a replica is told from a primary, and how far it is behind', async () => {
    const standby = await startPostgres(await makeStandby(directory, server), ['hot_standby=on', 'ssl=off']);
    const url = `postgres://scram:$PASSWORD@127.0.0.1:${standby.port}`;
    await eventually('a replica', 8_000, async () => (await ask(`${url}?role=replica&max-lag=5s`)).code === 0);
    assert.match((await ask(`${url}?max-lag=1s`)).line, /^login accepted, replica is 0ms behind /);
    assert.match((await ask(`${url}?role=replica`)).line, /^login accepted, is a replica /);
    assert.deepEqual(await codesOf(`${url}?role=primary`), unhealthy);
    assert.match((await ask(`${url}?role=primary`)).line, /^is a replica, expected a primary /);
    assert.deepEqual(await codesOf(`postgres://scram:$PASSWORD@${at}?role=replica`), unhealthy);
    assert.match((await ask(`postgres://scram:$PASSWORD@${at}?max-lag=1ms`)).line, /^login accepted, is a primary /);

    await server.sql('CREATE TABLE old_news ()');
    const replayed = `SELECT pg_last_xact_replay_timestamp() IS NOT NULL`;
    await eventually('a transaction', 8_000, async () => (await standby.sql(replayed)) === 't');
    await standby.sql('SELECT pg_wal_replay_pause()');
    await server.sql('CREATE TABLE news ()');
    const behind = await eventually('a lag', 8_000, async () => {
      const checked = await ask(`${url}?max-lag=200ms`);
      return checked.code === 1 && checked;
    });
    assert.match(behind.line, /^replica is [\dms]+ behind, expected at most 200ms /);
    assert.deepEqual(await codesOf(`${url}?max-lag=200ms`), unhealthy);
    assert.equal((await ask(`${url}?max-lag=1h`)).code, 0);
    await standby.sql('SELECT pg_wal_replay_resume()');
    await eventually('a replica that caught up', 8_000, async () => (await ask(`${url}?max-lag=1ms`)).code === 0);

    const { code, line } = await ask(`${url}?tls`);
    assert.equal(code, 4);
    assert.match(line, /^server has no TLS /);
    const logged = standby.log().length;
    for (let count = 0; count < 20; count++) assert.equal((await ask('--probe', 'liveness', `${url}?tls`)).code, 0);
    assert.equal(standby.log().slice(logged), '');
    await standby.kill();
  });

  it('before a pgbouncer it logs in, and without a login it passes while the server is away', async () => {
    const bouncer = await startPgbouncer(directory, server, { scram: password });
    const url = `postgres://scram:$PASSWORD@127.0.0.1:${bouncer.port}`;
    assert.match((await ask(`postgres://:${bouncer.port}`)).line, /^accepts connections, asks for a password /);
    const { code, line } = await ask(`${url}?query=SELECT%201&expect=1&role=primary`);
    assert.equal(code, 0, line);
    assert.deepEqual(await codesOf(url.replace('PASSWORD', 'WRONG')), refused);
    // PgBouncer holds whoever logs in back until its server is there: only a check without a login tells the two apart.
    assert.equal((await ask(`postgres://scram@127.0.0.1:${bouncer.port}/away`)).code, 0);
    assert.equal((await ask('--timeout', '300ms', `${url}/away`)).code, 3);
    const logged = bouncer.log().length;
    for (let count = 0; count < 20; count++) {
      assert.equal((await ask(`postgres://scram@127.0.0.1:${bouncer.port}`)).code, 0);
      assert.equal((await ask(`${url}?query=SELECT%201`)).code, 0);
    }
    assert.equal(bouncer.log().slice(logged), '');
    await bouncer.kill();
  });

  it('when it is stopped it is 3, in time', async () => {
    server.signal('SIGSTOP');
    for (const probe of ['liveness', 'readiness']) {
      const { code, line, ms } = await check(['--probe', probe, '--timeout', '300ms', `postgres://${at}`]);
      assert.equal(code, 3);
      assert(ms >= 300, `${ms} ms`);
      assert.match(line, /^timed out after 300ms /);
    }
    server.signal('SIGCONT');
    assert.equal((await ask(`postgres://${at}`)).code, 0);
  });

  it('while it shuts down it is alive, not ready', async () => {
    const guest = openSession(server, 'SELECT pg_sleep(30)');
    await eventually('a session', 8_000, async () => (await server.sql(asleep)) === '1');
    server.signal('SIGTERM');
    await eventually('a shutdown', 8_000, async () => (await ask(`postgres://${at}`)).code === 1);
    assert.deepEqual(await codesOf(`postgres://scram:$PASSWORD@${at}`), unhealthy);
    assert.match((await ask(`postgres://${at}`)).line, /^the database system is shutting down \(57P03\) /);
    guest.kill();
    await server.kill();
  });

  it('while it recovers it is alive, not ready, and once it is killed it is 2', async () => {
    await ownFile(server.data, 'standby.signal', '');
    const recovering = await startPostgres(server.data, ['hot_standby=off']);
    for (const url of [`postgres://127.0.0.1:${recovering.port}`, `postgres://scram:$PASSWORD@:${recovering.port}`]) {
      assert.deepEqual(await codesOf(url), unhealthy);
      assert.match((await ask(url)).line, /^the database system is .*\(57P03\) /);
    }
    await recovering.kill();
    assert.equal((await ask(`postgres://127.0.0.1:${recovering.port}`)).code, 2);
  });

  it('once it is full it is alive, not ready', async () => {
    const data = await makeData(directory, 'full', ['host all all 127.0.0.1/32 trust']);
    const few = ['max_connections=3', 'superuser_reserved_connections=1', 'max_wal_senders=0'];
    const full = await startPostgres(data, few);
    // It takes nobody in at first, and `sql` waits for that.
    await full.sql('SELECT 1');
    const url = `postgres://postgres@127.0.0.1:${full.port}`;
    assert.match((await ask(url)).line, /^accepts connections \(/);
    assert.match((await ask(`postgres://:${full.port}`)).line, /^accepts connections, but not ours: role .*28000/);
    const guests: ChildProcess[] = [];
    // A check that comes at the same time may take the place of a guest, who then goes.
    await eventually('a full server', 10_000, async () => {
      guests.push(openSession(full, 'SELECT pg_sleep(30)'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      return guests.filter(({ exitCode }) => exitCode === null).length >= 3 && (await ask(url)).code === 1;
    });
    assert.deepEqual(await codesOf(url), unhealthy);
    assert.match((await ask(url)).line, /^sorry, too many clients already \(53300\) /);
    await aliveIn('full', { url: 'postgres://postgres@:PORT', port: full.port });
    for (const guest of guests) guest.kill();
    await full.kill();
  });
});
