import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { leaveAfterGreeting, otherAddress } from './support/addresses.ts';
import { asking, refused } from './support/asking.ts';
import { check } from './support/agent.ts';
import { useDaemons } from './support/daemon.ts';
import { type MariadbServer, startMariadb } from './support/mariadb.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };

describe('what a real MariaDB counts', () => {
  const directory = useDaemons(['mariadb-server']);
  const { ask, codesOf } = asking(env, [env.PASSWORD, env.WRONG]);
  let mariadb: MariadbServer;

  before(async function () {
    mariadb = await startMariadb(directory);
    await mariadb.sql(`
      CREATE USER health@127.0.0.1 IDENTIFIED BY '${password}';
      GRANT SLAVE MONITOR ON *.* TO health@127.0.0.1;`);
  });

  const names = ['Aborted_connects', 'Aborted_connects_preauth', 'Aborted_clients', 'Access_denied_errors'];
  const others = ['Connection_errors_internal', 'Connection_errors_accept', 'Connection_errors_peer_address'];

  /** What these many checks add to the counters and to the log. */
  const traces = async (count: number, url: string) => {
    const counters = async () => Promise.all([...names, ...others].map((name) => mariadb.counter(name)));
    const alone = async () => (await mariadb.counter('Threads_connected')) === 1;
    await eventually('those before to be gone', 8_000, alone);
    const [before, logged] = [await counters(), mariadb.log().length];
    const worker = async () => {
      for (let done = 0; done < count / 4; done++) assert.equal((await ask(url)).code, 0);
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    await eventually('the last of them to be gone', 8_000, alone);
    const after = await counters();
    const log = mariadb.log().slice(logged).split('\n').slice(0, -1);
    return { counted: after.map((value, index) => value - before[index]!), log };
  };

  it('of two hundred checks that log in is nothing', async function () {
    const url = `mysql://health:$PASSWORD@:${mariadb.port}?query=SELECT%201&role=primary`;
    assert.deepEqual(await traces(200, url), { counted: [0, 0, 0, 0, 0, 0, 0], log: [] });
  });

  it('of a check without a login is that it left', async () => {
    const { counted, log } = await traces(8, `mysql://:${mariadb.port}`);
    assert.deepEqual(counted, [8, 8, 0, 0, 0, 0, 0]);
    assert.equal(log.length, 8);
    for (const line of log) assert.match(line, / \[Warning\] Aborted connection .* user: 'unauthenticated' /);
  });

  it('a check from elsewhere never has its host blocked, as one who leaves after the greeting has', async function () {
    const host = otherAddress();
    if (host === undefined) return this.skip();
    const other = await startMariadb(directory, [
      '--bind-address=0.0.0.0',
      '--skip-name-resolve=0',
      '--max-connect-errors=3',
    ]);
    const url = `mysql://${host}:${other.port}`;
    // Names are looked up the first time only.
    await eventually('an answer', 15_000, async () => (await ask('--timeout', '5s', url)).code === 4);
    assert.deepEqual(await codesOf(url), refused);
    assert.match((await ask(url)).line, /^error 1130: Host '.*' is not allowed to connect to this MariaDB server /);
    await other.sql(`
      CREATE USER health@'%' IDENTIFIED BY '${password}';
      INSTALL SONAME 'auth_ed25519';
      CREATE USER edward@'%' IDENTIFIED VIA ed25519 USING PASSWORD('${password}');`);
    for (let count = 0; count < 8; count++) {
      assert.equal((await ask(url)).code, 0);
      const atPod = await check([`mysql://pod:${other.port}`], { HEALTH_PROBE_POD_IPS: host });
      assert.equal(atPod.code, 0, atPod.line);
      for (const login of ['health:$WRONG', 'edward:$PASSWORD']) {
        const { code, line } = await ask(url.replace('//', `//${login}@`));
        assert.equal(code, 4);
        assert.doesNotMatch(line, /1129/);
      }
      assert.match((await ask(`${url}?tls`)).line, /^the server does not offer TLS /);
    }
    for (let count = 0; count < 4; count++) await leaveAfterGreeting(other.port, host);
    assert.deepEqual(await codesOf(url), refused);
    assert.match((await ask(url)).line, /^error 1129: Host '.*' is blocked because of many connection errors/);
    await other.kill();
  });
});
