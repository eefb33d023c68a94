import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { check } from './support/agent.ts';
import { asking, unhealthy, refused } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type MariadbServer, startMariadb } from './support/mariadb.ts';
import { aliveIn } from './support/life.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', LOGIN: 'health' };

describe('the agent asks a real MariaDB', () => {
  const directory = useDaemons(['mariadb-server']);
  const { ask, codesOf, refusesStranger } = asking(env, [env.PASSWORD, env.WRONG]);
  let mariadb: MariadbServer;

  /** A check with a query. */
  const at = (statement: string, expect?: string) =>
    `mysql://health:$PASSWORD@:${mariadb.port}/shop?query=${encodeURIComponent(statement)}` +
    (expect === undefined ? '' : `&expect=${encodeURIComponent(expect)}`);

  before(async function () {
    mariadb = await startMariadb(directory);
    await mariadb.sql(`
      CREATE USER health@127.0.0.1 IDENTIFIED BY '${password}';
      CREATE USER open@127.0.0.1 IDENTIFIED BY '';
      CREATE USER one@127.0.0.1 IDENTIFIED BY '' WITH MAX_USER_CONNECTIONS 1;
      CREATE USER expired@127.0.0.1 IDENTIFIED BY '' PASSWORD EXPIRE;
      CREATE USER locked@127.0.0.1 IDENTIFIED BY '' ACCOUNT LOCK;
      CREATE USER socket@localhost IDENTIFIED BY '${password}';
      CREATE USER nobody@localhost IDENTIFIED VIA unix_socket;
      INSTALL SONAME 'auth_ed25519';
      CREATE USER edward@127.0.0.1 IDENTIFIED VIA ed25519 USING PASSWORD('${password}');
      CREATE DATABASE shop;
      CREATE DATABASE \`a b\`;
      CREATE DATABASE hidden;
      CREATE TABLE shop.health (ready VARCHAR(20)) CHARSET utf8mb4;
      INSERT INTO shop.health VALUES ('yes ✓');
      GRANT SELECT ON shop.* TO health@127.0.0.1;
      GRANT SELECT ON \`a b\`.* TO health@127.0.0.1;`);
  });

  it('a greeting passes', async () => {
    for (const scheme of ['mysql', 'mariadb']) {
      const { code, line } = await ask(`${scheme}://:${mariadb.port}`);
      assert.equal(code, 0);
      const version = /^[\d.]+/.exec(await mariadb.sql('SELECT VERSION()'))?.[0];
      assert.match(
        line,
        new RegExp(`^MariaDB ${version} \\(${scheme} 127\\.0\\.0\\.1:${mariadb.port}, \\d+\\.\\d ms\\)$`),
      );
    }
  });

  it('nobody there is 2', async () => {
    const { code, line } = await ask(`mysql://:${await freePort()}`);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  it('a login passes, with a password from the environment or a file, or without one', async () => {
    const file = join(directory, 'password');
    writeFileSync(file, `${password}\n`);
    for (const url of ['health:$PASSWORD@', '$LOGIN:$PASSWORD@', 'open@', 'health:$PASSWORD@']) {
      const { code, line } = await ask(`mysql://${url}:${mariadb.port}`);
      assert.equal(code, 0, line);
    }
    const { code, line } = await ask(`mysql://health@:${mariadb.port}/shop?password-file=${file}`);
    assert.equal(code, 0, line);
    assert.equal((await ask(`mysql://health:$PASSWORD@:${mariadb.port}/a%20b`)).code, 0);
  });

  for (const [what, url, reason] of [
    [
      'a wrong password',
      'health:$WRONG@:PORT',
      /^error 1045: Access denied for user 'health'@.* \(using password: YES\)/,
    ],
    ['no password', 'health@:PORT', /^error 1045: Access denied for user 'health'@.* \(using password: NO\)/],
    ['an unknown user', 'stranger:$PASSWORD@:PORT', /^error 1045: Access denied for user 'stranger'|^no such user, /],
    ['an unknown database', 'health:$PASSWORD@:PORT/nowhere', /^error 1044: Access denied .* to database 'nowhere'/],
    ['a hidden database', 'health:$PASSWORD@:PORT/hidden', /^error 1044: Access denied .* to database 'hidden'/],
    ['an expired password', 'expired@:PORT?query=DO%201', /^error 1820: /],
    ['a locked account', 'locked@:PORT', /^error 4151: Access denied, this account is locked/],
    [
      'ed25519',
      'edward:$PASSWORD@:PORT',
      /^no such user, or one who logs in by client_ed25519, which is not supported /,
    ],
    ['a variable that is not set', 'health:$UNSET@:PORT', /^environment variable UNSET is not set /],
    ['a file that is not there', 'health@:PORT?password-file=/nowhere', /^cannot read \/nowhere: no such file /],
    ['a password without a user', ':$PASSWORD@:PORT', /^a password is given without a user /],
    ['tls that the server has not', 'health:$PASSWORD@:PORT?tls', /^the server does not offer TLS /],
    [
      'a query that is none',
      'health:$PASSWORD@:PORT?query=SELEKT',
      /^error 1064: You have an error in your SQL syntax/,
    ],
    [
      'a table that is not there',
      'health:$PASSWORD@:PORT/shop?query=SELECT%20*%20FROM%20t',
      /^error 1146: Table 'shop.t' doesn't/,
    ],
    [
      'a table that is hidden',
      'health:$PASSWORD@:PORT?query=SELECT%20*%20FROM%20mysql.user',
      /^error 1142: SELECT command denied/,
    ],
  ] as const) {
    it(`is alive, not ready, with ${what}`, async () => {
      const full = `mysql://${url.replace('PORT', `${mariadb.port}`)}`;
      assert.match((await ask(full)).line, reason);
      assert.deepEqual(await codesOf(full), refused);
    });
  }

  describe('with a query', () => {
    it('passes on a row, and on the value that is expected', async () => {
      assert.equal((await ask(at('SELECT ready FROM health'))).code, 0);
      assert.equal((await ask(at('SELECT ready FROM health', 'yes ✓'))).code, 0);
      assert.equal((await ask(at('DO 1'))).code, 0);
      assert.equal((await ask(at('SELECT 1 UNION SELECT 2', '1'))).code, 0);
    });

    it('is alive, not ready, with another value, with NULL and without a row', async () => {
      for (const [statement, reason] of [
        ["SELECT 'no'", /^the query gives "no", expected "yes" /],
        ['SELECT NULL', /^the query gives NULL, expected "yes" /],
        ['SELECT 1 FROM health WHERE 0', /^the query gives no row /],
        ['DO 1', /^the query gives no row /],
      ] as const) {
        const { code, line } = await ask(at(statement, 'yes'));
        assert.equal(code, 1);
        assert.match(line, reason);
      }
    });

    it('is alive, not ready, with an answer of any length', async () => {
      const { code, line } = await ask(at("SELECT REPEAT('x', 1000000)"));
      assert.equal(code, 4);
      assert.match(line, /^the answer to the statement is too long /);
    });

    it('is alive, and 3, while it waits for a lock', async () => {
      const url = `mysql://health:$PASSWORD@:${mariadb.port}?query=${encodeURIComponent('DO SLEEP(1)')}`;
      for (const [probe, expected] of [
        ['readiness', 3],
        ['liveness', 0],
      ] as const) {
        const { code, line } = await check(['--probe', probe, '--timeout', '300ms', url], env);
        assert.equal(code, expected, line);
        assert.match(line, /^ping was answered, but a statement timed out /);
      }
    });
  });

  it('logs in over the socket, by a password or as who it is', async () => {
    for (const login of ['root@', 'socket:$PASSWORD@']) {
      const { code, line } = await ask(`mysql://${login}?socket=${mariadb.socket}`);
      assert.equal(code, 0, line);
    }
    assert.equal((await ask(`mysql://?socket=${mariadb.socket}`)).code, 0);
    assert.deepEqual(await codesOf(`mysql://nobody@?socket=${mariadb.socket}`), refused);
    assert.match((await ask(`mysql://root@:${mariadb.port}`)).line, /^error 1(045|698): Access denied /);
    assert.equal((await ask(`mysql://?socket=${mariadb.socket}-`)).code, 2);
  });

  it('once it is full it is alive, not ready', async () => {
    const [before] = (await mariadb.sql('SELECT @@global.max_connections')).split('\n');
    await mariadb.sql('SET GLOBAL max_connections = 10');
    const guests: Socket[] = [];
    await eventually('a full server', 8_000, async () => {
      guests.push(connect(mariadb.port, '127.0.0.1').on('error', () => {}));
      return (await ask(`mysql://:${mariadb.port}`)).code === 1;
    });
    for (const url of [`mysql://:${mariadb.port}`, `mysql://health:$PASSWORD@:${mariadb.port}`]) {
      assert.deepEqual(await codesOf(url), unhealthy);
      assert.match((await ask(url)).line, /^error 1040: Too many connections /);
    }
    await aliveIn('full', { url: 'mysql://:PORT', port: mariadb.port });
    for (const guest of guests) guest.destroy();
    await eventually('room', 8_000, async () => (await mariadb.sql(`SET GLOBAL max_connections = ${before}`)) === '');
  });

  it('once its user is full it is alive, not ready', async () => {
    const url = `mysql://one@:${mariadb.port}?query=${encodeURIComponent('DO SLEEP(4)')}`;
    const first = ask('--timeout', '10s', url);
    const { line } = await eventually('a full user', 8_000, async () => {
      const checked = await ask('--timeout', '200ms', `mysql://one@:${mariadb.port}`);
      return checked.code === 1 && checked;
    });
    assert.match(line, /^error 1226: User 'one' has exceeded the 'max_user_connections' resource/);
    assert.equal((await first).code, 0);
  });

  describe('over TLS', () => {
    const { cert, key, ca, otherCa } = writeCertificate(directory, 'mariadb', certificateFor(['localhost', 'db.test']));
    const client = writeCertificate(directory, 'client', clientCertificate('health'));
    let tls: MariadbServer;
    before(async function () {
      tls = await startMariadb(directory, [`--ssl-cert=${cert}`, `--ssl-key=${key}`, `--ssl-ca=${ca}`]);
      await tls.sql(`
        CREATE USER health@127.0.0.1 IDENTIFIED BY '${password}' REQUIRE SSL;
        CREATE USER mutual@127.0.0.1 IDENTIFIED BY '${password}' REQUIRE X509;`);
    });

    it('passes with the right authority, and without any', async () => {
      for (const login of ['', 'health:$PASSWORD@']) {
        for (const trust of ['', `&ca=${ca}`, `&ca=${ca}&server-name=db.test`]) {
          const { code, line } = await ask(`mysql://${login}:${tls.port}?tls${trust}`);
          assert.equal(code, 0, line);
        }
      }
    });

    it('refuses an authority that did not sign, and another name', async () => {
      const url = `mysql://health:$PASSWORD@:${tls.port}?tls`;
      const stranger = await ask(`${url}&ca=${otherCa}`);
      assert.equal(stranger.code, 4);
      assert.match(stranger.line, /^certificate not trusted: unknown issuer /);
      const other = await ask(`${url}&ca=${ca}&server-name=other.test`);
      assert.equal(other.code, 4);
      assert.match(other.line, /^certificate is not valid for name other\.test /);
    });

    it('is alive, not ready, for a user who has to use it and does not', async () => {
      assert.deepEqual(await codesOf(`mysql://health:$PASSWORD@:${tls.port}`), refused);
    });

    it('shows its own certificate to a server that asks for it', async () => {
      const url = `mysql://mutual:$PASSWORD@:${tls.port}?tls&ca=${ca}`;
      assert.deepEqual(await codesOf(url), refused);
      await refusesStranger(url, directory);
      const { code, line } = await ask(`${url}&cert=${client.cert}&key=${client.key}`);
      assert.equal(code, 0, line);
    });

    it('leaves no trace', async () => {
      const logged = tls.log().length;
      const aborted = await tls.counter('Aborted_c%');
      const url = `mysql://health:$PASSWORD@:${tls.port}?tls&ca=${ca}&query=SELECT%201`;
      for (let count = 0; count < 20; count++) assert.equal((await ask(url)).code, 0);
      assert.equal(tls.log().slice(logged), '');
      assert.equal(await tls.counter('Aborted_c%'), aborted);
    });
  });

  describe('at its end', () =>
    it('when it is stopped it is 3, in time, and when it is killed it is 2', async () => {
      mariadb.signal('SIGSTOP');
      for (const login of ['', 'health:$PASSWORD@']) {
        for (const probe of ['liveness', 'readiness']) {
          const args = ['--probe', probe, '--timeout', '300ms', `mysql://${login}:${mariadb.port}`];
          const { code, line, ms } = await check(args, env);
          assert.equal(code, 3);
          assert(ms >= 300, `${ms} ms`);
          assert.match(line, /^timed out after 300ms /);
        }
      }
      mariadb.signal('SIGCONT');
      assert.equal((await ask(`mysql://:${mariadb.port}`)).code, 0);
      await mariadb.kill();
      const { code } = await ask(`mysql://:${mariadb.port}`);
      assert.equal(code, 2);
    }));
});
