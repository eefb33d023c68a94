import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { asking, unhealthy } from './support/asking.ts';
import { useDaemons } from './support/daemon.ts';
import { type MariadbServer, startMariadb } from './support/mariadb.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password };

describe('the agent asks a real MariaDB and its replica', () => {
  const directory = useDaemons(['mariadb-server']);
  const { ask, codesOf } = asking(env, [env.PASSWORD]);
  let primary: MariadbServer;
  let replica: MariadbServer;
  const watcher = `health:$PASSWORD@`;
  const of = (server: MariadbServer, options: string, login = watcher) =>
    ask(`mariadb://${login}127.0.0.1:${server.port}?${options}`);

  before(async function () {
    primary = await startMariadb(directory, ['--server-id=1', '--log-bin']);
    replica = await startMariadb(directory, ['--server-id=2', '--read-only']);
    const users = `
      CREATE USER health@127.0.0.1 IDENTIFIED BY '${password}';
      CREATE USER plain@127.0.0.1;
      GRANT SLAVE MONITOR ON *.* TO health@127.0.0.1;`;
    await replica.sql(users);
    await primary.sql(`${users} RESET MASTER; CREATE USER replicator@127.0.0.1 IDENTIFIED BY 'r';
      GRANT REPLICATION SLAVE ON *.* TO replicator@127.0.0.1; RESET MASTER;`);
    await replica.sql(`CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${primary.port}, MASTER_CONNECT_RETRY=1,
      MASTER_USER='replicator', MASTER_PASSWORD='r', MASTER_USE_GTID=slave_pos; START SLAVE;`);
    await eventually('replication', 8_000, async () => (await of(replica, 'max-lag=1m')).code === 0);
  });

  it('tells one from the other', async () => {
    for (const login of [watcher, 'plain@']) {
      assert.match((await of(primary, 'role=primary', login)).line, /^MariaDB [\d.]+, primary /);
      assert.match((await of(replica, 'role=replica', login)).line, /^MariaDB [\d.]+, replica /);
      for (const [server, role, reason] of [
        [primary, 'replica', /^is a primary, expected a replica /],
        [replica, 'primary', /^is a replica, expected a primary /],
      ] as const) {
        const url = `mariadb://${login}127.0.0.1:${server.port}?role=${role}`;
        assert.deepEqual(await codesOf(url), unhealthy);
        assert.match((await ask(url)).line, reason);
      }
    }
  });

  it('tells how far the replica is behind, and that the primary is not', async () => {
    assert.match((await of(replica, 'role=replica&max-lag=10s')).line, /^MariaDB [\d.]+, replica, 0s behind /);
    assert.equal((await of(primary, 'max-lag=10s')).code, 0);
    const { code, line } = await of(replica, 'max-lag=10s', 'plain@');
    assert.equal(code, 4);
    assert.match(line, /^error 1227: Access denied; you need .*SLAVE MONITOR/);
  });

  it('is alive, not ready, when it is too far behind', async () => {
    await replica.sql('STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=600; START SLAVE');
    await primary.sql('CREATE DATABASE late');
    const { line } = await eventually('a lag', 8_000, async () => {
      const checked = await of(replica, 'max-lag=500ms');
      return checked.code === 1 && checked;
    });
    assert.match(line, /^is \d+s behind, expected at most 500ms |^replication is stopped /);
    await eventually('one of seconds', 8_000, async () =>
      /^is \d+s behind/.test((await of(replica, 'max-lag=500ms')).line),
    );
    assert.equal((await of(replica, 'max-lag=1h')).code, 0);
  });

  it('is alive, not ready, when replication is stopped', async () => {
    await replica.sql('STOP SLAVE');
    const url = `mariadb://${watcher}127.0.0.1:${replica.port}?max-lag=1h`;
    assert.deepEqual(await codesOf(url), unhealthy);
    assert.match((await ask(url)).line, /^replication is stopped \(IO thread: No, SQL thread: No\) /);
  });

  it('is alive, not ready, when it replicates from nobody any more', async () => {
    await replica.sql('RESET SLAVE ALL');
    const { code, line } = await of(replica, 'role=replica&max-lag=1h');
    assert.equal(code, 1);
    assert.match(line, /^is read-only, but replicates from no source /);
  });
});
