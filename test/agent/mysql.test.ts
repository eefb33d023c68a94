import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { leaveAfterGreeting, otherAddress } from './support/addresses.ts';
import { asking, unhealthy, refused } from './support/asking.ts';
import { bring } from './support/bring.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';
import { type MysqlServer, installMysql, startMysql } from './support/mysql.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };
const users = `
  CREATE USER health@127.0.0.1 IDENTIFIED BY '${password}';
  CREATE USER health@localhost IDENTIFIED BY '${password}';
  CREATE USER mutual@127.0.0.1 IDENTIFIED BY '${password}' REQUIRE X509;
  CREATE USER open@127.0.0.1 IDENTIFIED BY '';
  GRANT REPLICATION CLIENT ON *.* TO health@127.0.0.1;`;

const withheld = /^asks for the password in clear text, and is not verified: expected tls with ca, or allow-cleartext /;

describe('the agent asks a real MySQL', () => {
  const directory = useDaemons([]);
  const files = writeCertificate(directory, 'mysql', certificateFor(['localhost', 'db.test']));
  const { cert, key, ca } = files;
  const { ask, codesOf, timesOut, verifies, refusesStranger } = asking(env, [env.PASSWORD, env.WRONG]);
  let mysql: MysqlServer;

  const counter = async (name: string): Promise<number> =>
    Number((await mysql.sql(`SHOW GLOBAL STATUS LIKE '${name}'`)).split('\t')[1]);
  /** Where a server has written its RSA key. */
  const keyOf = ({ port }: MysqlServer): string => join(directory, `mysql-${port}`, 'public_key.pem');
  /** The server forgets whom it has seen, as after a start: the next login has to bring the password itself. */
  const forget = () => mysql.sql('FLUSH PRIVILEGES');

  bring('MySQL', installMysql);
  before(async function () {
    mysql = await startMysql(directory, [
      `--ssl-cert=${cert}`,
      `--ssl-key=${key}`,
      `--ssl-ca=${ca}`,
      '--skip-name-resolve',
    ]);
    await mysql.sql(users);
  });

  it('a greeting passes', async () => {
    const { code, line } = await ask(`mysql://:${mysql.port}`);
    assert.equal(code, 0);
    assert.match(
      line,
      new RegExp(`^MySQL ${await mysql.sql('SELECT VERSION()')} \\(mysql 127\\.0\\.0\\.1:${mysql.port}, `),
    );
  });

  it('a first login over loopback brings the password over TLS, the next by its scramble', async () => {
    await forget();
    for (const more of [2, 1, 1]) {
      const before = await counter('Connections');
      const { code, line } = await ask(`mysql://health:$PASSWORD@:${mysql.port}?allow-cleartext`);
      assert.equal(code, 0, line);
      // One is that of the counter itself.
      assert.equal((await counter('Connections')) - before, more + 1);
    }
  });

  it('is not told the password while nobody has verified it, and is alive', async () => {
    await forget();
    for (const trust of ['', '?tls']) {
      const url = `mysql://health:$PASSWORD@:${mysql.port}${trust}`;
      assert.deepEqual(await codesOf(url), refused);
      assert.match((await ask(url)).line, withheld);
    }
    assert.equal((await ask(`mysql://health:$PASSWORD@:${mysql.port}?tls&allow-cleartext`)).code, 0);
    assert.equal((await ask(`mysql://health:$PASSWORD@:${mysql.port}`)).code, 0);
  });

  it('logs in over TLS, first and again', async () => {
    await forget();
    for (let count = 0; count < 2; count++) {
      const { code, line } = await ask(`mysql://health:$PASSWORD@:${mysql.port}?tls&ca=${ca}`);
      assert.equal(code, 0, line);
    }
    await verifies(`mysql://health:$PASSWORD@:${mysql.port}`, files);
  });

  it('shows its own certificate to a server that asks for it', async () => {
    const client = writeCertificate(directory, 'client', clientCertificate('health'));
    const url = `mysql://mutual:$PASSWORD@:${mysql.port}?tls&ca=${ca}&server-name=db.test`;
    assert.deepEqual(await codesOf(url), refused);
    await refusesStranger(url, directory);
    const { code, line } = await ask(`${url}&cert=${client.cert}&key=${client.key}`);
    assert.equal(code, 0, line);
  });

  it('logs in over the socket, first and again', async () => {
    await forget();
    const socket = join(directory, `mysql-${mysql.port}.sock`);
    for (let count = 0; count < 2; count++) {
      const { code, line } = await ask(`mysql://health:$PASSWORD@?socket=${socket}`);
      assert.equal(code, 0, line);
    }
  });

  it('logs in without a password', async () => {
    assert.equal((await ask(`mysql://open@:${mysql.port}`)).code, 0);
  });

  it('is alive, not ready, with a wrong password, whether the server has seen the right one or not', async () => {
    for (const trust of ['?allow-cleartext', `?tls&ca=${ca}`]) {
      const right = `mysql://health:$PASSWORD@:${mysql.port}${trust}`;
      const wrong = right.replace('$PASSWORD', '$WRONG');
      await forget();
      assert.deepEqual(await codesOf(wrong), refused);
      assert.match((await ask(wrong)).line, /^error 1045: access denied /);
      assert.equal((await ask(right)).code, 0);
      assert.deepEqual(await codesOf(wrong), refused);
      assert.match((await ask(wrong)).line, /^error 1045: access denied /i);
      assert.equal((await ask(right)).code, 0);
    }
    for (const login of ['health', 'stranger:$PASSWORD']) {
      assert.deepEqual(await codesOf(`mysql://${login}@:${mysql.port}`), refused);
    }
  });

  it('tells role and lag', async () => {
    const role = (name: string) => ask(`mysql://health:$PASSWORD@:${mysql.port}?role=${name}&max-lag=1h`);
    assert.match((await role('primary')).line, /^MySQL [\w.-]+, primary /);
    assert.match((await role('replica')).line, /^is a primary, expected a replica /);
    await mysql.sql(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1, SOURCE_USER='r'; START REPLICA`,
    );
    assert.match((await role('primary')).line, /^is a replica, expected a primary /);
    const { code, line } = await role('replica');
    assert.equal(code, 1);
    assert.match(line, /^replication is stopped \(IO thread: Connecting, SQL thread: Yes\) /);
    await mysql.sql('STOP REPLICA; RESET REPLICA ALL; SET GLOBAL read_only = 1');
    assert.match((await role('replica')).line, /^is read-only, but replicates from no source /);
    await mysql.sql('SET GLOBAL read_only = 0');
    assert.equal((await role('primary')).code, 0);
  });

  describe('what the server counts', () => {
    const names = [
      'Aborted_connects',
      'Aborted_clients',
      'Connection_errors_internal',
      'Connection_errors_peer_address',
    ];

    const traces = async (count: number, url: string) => {
      const before = await Promise.all(names.map(counter));
      const logged = mysql.log().length;
      for (let done = 0; done < count; done++) assert.equal((await ask(url)).code, 0);
      const after = await Promise.all(names.map(counter));
      return { counted: after.map((value, index) => value - before[index]!), log: mysql.log().slice(logged) };
    };

    it('of two hundred checks that log in is nothing', async function () {
      assert.equal((await ask(`mysql://health:$PASSWORD@:${mysql.port}`)).code, 0);
      for (const tls of ['', '&tls']) {
        const url = `mysql://health:$PASSWORD@:${mysql.port}?query=SELECT%201&role=primary${tls}`;
        assert.deepEqual(await traces(100, url), { counted: [0, 0, 0, 0], log: '' });
      }
    });

    it('of a check without a login is that it left, and of the first login one refusal', async () => {
      assert.deepEqual(await traces(8, `mysql://:${mysql.port}`), { counted: [8, 0, 0, 0], log: '' });
      await forget();
      assert.deepEqual(await traces(8, `mysql://health:$PASSWORD@:${mysql.port}?allow-cleartext`), {
        counted: [1, 0, 0, 0],
        log: '',
      });
    });
  });

  it('over another address it wants TLS or its key, and never has its host blocked', async function () {
    const host = otherAddress();
    if (host === undefined) return this.skip();
    const other = await startMysql(directory, ['--bind-address=0.0.0.0', '--max-connect-errors=3']);
    await other.sql(`CREATE USER health@'%' IDENTIFIED BY '${password}'`);
    const url = `mysql://health:$PASSWORD@${host}:${other.port}`;
    await eventually('an answer', 15_000, async () => (await ask('--timeout', '5s', url)).code === 4);
    for (let count = 0; count < 8; count++) {
      assert.match((await ask(url)).line, withheld);
      assert.equal((await ask(`mysql://${host}:${other.port}`)).code, 0);
    }
    assert.deepEqual(await codesOf(url), refused);
    assert.equal((await ask(`${url}?tls&allow-cleartext`)).code, 0);
    assert.equal((await ask(url)).code, 0);
    await other.sql('FLUSH PRIVILEGES');
    assert.equal((await ask(`${url}?server-public-key-file=${directory}/mysql-${other.port}/public_key.pem`)).code, 0);
    for (let count = 0; count < 4; count++) await leaveAfterGreeting(other.port, host);
    assert.match((await ask(url)).line, /^error 1129: Host '.*' is blocked because of many connection errors/);
    await other.kill();
  });

  it('once it is full it is alive, not ready', async () => {
    const guests: Socket[] = [];
    await mysql.sql('SET GLOBAL max_connections = 3');
    const url = `mysql://health:$PASSWORD@:${mysql.port}`;
    await eventually('a full server', 8_000, async () => {
      guests.push(connect(mysql.port, '127.0.0.1').on('error', () => {}));
      return (await ask(url)).code === 1;
    });
    assert.deepEqual(await codesOf(url), unhealthy);
    assert.match((await ask(url)).line, /^error 1040: Too many connections /);
    for (const guest of guests) guest.destroy();
    await eventually('room', 8_000, async () => (await mysql.sql('SET GLOBAL max_connections = 100')) === '');
  });

  it('offline it is alive, not ready', async () => {
    await mysql.sql('SET GLOBAL offline_mode = ON');
    const url = `mysql://health:$PASSWORD@:${mysql.port}`;
    assert.deepEqual(await codesOf(url), unhealthy);
    assert.match((await ask(url)).line, /^error 3032: The server is currently in offline mode/);
    await mysql.sql('SET GLOBAL offline_mode = OFF');
  });

  describe('without TLS', () => {
    let plain: MysqlServer;

    before(async () => {
      plain = await startMysql(directory, ['--tls-version=']);
      await plain.sql(users);
    });

    it('it is told the password by its RSA key, which a file has or which it says itself', async () => {
      const url = `mysql://health:$PASSWORD@:${plain.port}`;
      for (const options of [`?server-public-key-file=${keyOf(plain)}`, '?allow-cleartext']) {
        await plain.sql('FLUSH PRIVILEGES');
        assert.match((await ask(url)).line, withheld);
        for (const next of [options, options, '']) {
          const { code, line } = await ask(url + next);
          assert.equal(code, 0, line);
        }
        await plain.sql('FLUSH PRIVILEGES');
        const wrong = (url + options).replace('$PASSWORD', '$WRONG');
        assert.deepEqual(await codesOf(wrong), refused);
        assert.match((await ask(wrong)).line, /^error 1045: access denied /);
      }
    });

    it('a user of sha256_password is told it by the key as well', async () => {
      await plain.sql(`CREATE USER older@127.0.0.1 IDENTIFIED WITH sha256_password BY '${password}'`);
      const url = `mysql://older:$PASSWORD@:${plain.port}`;
      for (const options of [`?server-public-key-file=${keyOf(plain)}`, '?allow-cleartext']) {
        const { code, line } = await ask(url + options);
        assert.equal(code, 0, line);
      }
      assert.match((await ask(url)).line, /^no such user, or one who logs in by sha256_password, which needs tls /);
    });

    it('a first login by its key leaves nothing in what it counts', async () => {
      await forget();
      const aborted = await counter('Aborted_connects');
      const { code, line } = await ask(
        `mysql://health:$PASSWORD@:${mysql.port}?server-public-key-file=${keyOf(mysql)}`,
      );
      assert.equal(code, 0, line);
      assert.equal(await counter('Aborted_connects'), aborted);
    });

    it('a key that is not its own is of no use, and a file without one is named', async () => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      writeFileSync(join(directory, 'other.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
      await plain.sql('FLUSH PRIVILEGES');
      for (const [file, reason] of [
        [join(directory, 'other.pem'), /^error 1045: access denied /],
        [join(directory, 'absent.pem'), /^cannot read .*\/absent\.pem: no such file /],
        [cert, /^no usable public key in .*, expected one of RSA with 1024 to 4096 bits and the exponent 65537 /],
      ] as const) {
        const url = `mysql://health:$PASSWORD@:${plain.port}?server-public-key-file=${file}`;
        assert.deepEqual(await codesOf(url), refused);
        assert.match((await ask(url)).line, reason);
      }
    });

    after(() => plain.kill());
  });

  describe('at its end', () =>
    it('when it is stopped it is 3, in time, and when it is killed it is 2', async () => {
      await timesOut(mysql, `mysql://health:$PASSWORD@:${mysql.port}`);
      await timesOut(mysql, `mysql://:${mysql.port}`);
      await mysql.kill();
      assert.deepEqual(await codesOf(`mysql://:${mysql.port}`), { liveness: 2, readiness: 2, startup: 2 });
    }));
});
