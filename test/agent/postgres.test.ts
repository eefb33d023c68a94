import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { asking, refused } from './support/asking.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import {
  type PostgresServer,
  clientCertificate,
  makeData,
  openSession,
  ownFile,
  startPostgres,
  textOf,
} from './support/postgres.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', ODD: 'päss wörd,=%"\\', LOGIN: 'scram' };
const { ask, codesOf, refusesStranger } = asking(env, [env.PASSWORD, env.WRONG, 'wörd', 'rd,=']);

const withheld = /^asks for the password in clear text, and is not verified: expected tls with ca, or allow-cleartext /;

/** Who comes over TCP, and how they have to log in. */
const access = [
  'hostssl all certified 127.0.0.1/32 cert',
  'host all trusted 127.0.0.1/32 trust',
  'host all md5 127.0.0.1/32 md5',
  'host all clear 127.0.0.1/32 password',
  'host all rejected 127.0.0.1/32 reject',
  'host all all 127.0.0.1/32 scram-sha-256',
];

const users = `CREATE USER trusted; CREATE USER certified; CREATE USER clear PASSWORD '${password}';
  CREATE USER scram PASSWORD '${password}'; CREATE USER odd PASSWORD '${env.ODD}';
  SET password_encryption = md5; CREATE USER md5 PASSWORD '${password}'; CREATE TABLE closed ()`;

describe('the agent asks a real postgresql', function () {
  const directory = useDaemons(['postgresql', 'openssl']);
  const { cert, key, ca, otherCa } = writeCertificate(directory, 'pg', certificateFor(['localhost', 'pg.test']));
  const file = join(directory, 'password');
  let server: PostgresServer;
  let at: string;

  before(async () => {
    const data = await makeData(directory, 'primary', access);
    const client = await clientCertificate(directory, 'certified');
    const tls = [
      'ssl=on',
      `ssl_cert_file=${await ownFile(data, 'own.crt', textOf(cert))}`,
      `ssl_key_file=${await ownFile(data, 'own.key', textOf(key))}`,
      `ssl_ca_file=${await ownFile(data, 'clients.crt', textOf(client.cert))}`,
    ];
    server = await startPostgres(data, tls);
    at = `127.0.0.1:${server.port}`;
    await server.sql(users);
    await server.sql('CREATE DATABASE "my db"');
  });

  it('a server that asks for a password accepts connections', async () => {
    const { code, line } = await ask(`postgres://:${server.port}`);
    assert.equal(code, 0, line);
    assert.match(line, /^accepts connections, asks for a password \(postgres 127\.0\.0\.1:\d+, \d+\.\d ms\)$/);
    for (const url of [`postgres://scram@${at}/nowhere`, `postgres://nobody@${at}`, `postgres://scram@${at}?tls`]) {
      assert.equal((await ask(url)).code, 0, url);
    }
  });

  it('nobody there is 2', async () => {
    const { code, line } = await ask(`postgres://:${await freePort()}`);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  it('logs in by every way of a password, and in the clear only where it may', async () => {
    writeFileSync(file, `${password}\r\n`);
    for (const url of [
      `postgres://scram:$PASSWORD@${at}`,
      `postgres://scram:$PASSWORD@${at}/my%20db`,
      `postgres://$LOGIN:$PASSWORD@${at}?tls&ca=${ca}&server-name=pg.test`,
      `postgres://scram@${at}?password-file=${file}`,
      `postgres://odd:$ODD@${at}`,
      `postgres://md5:$PASSWORD@${at}`,
      `postgres://clear:$PASSWORD@${at}?allow-cleartext`,
      `postgres://clear:$PASSWORD@${at}?tls&ca=${ca}&server-name=pg.test`,
      `postgres://scram:$PASSWORD@${at}?tls`,
      `postgres://trusted:$PASSWORD@${at}`,
      `postgres://scram:$PASSWORD@/?socket=${server.socket}`,
    ]) {
      const { code, line } = await ask(url);
      assert.equal(code, 0, `${url}: ${line}`);
      assert.match(line, /^login accepted /);
    }
  });

  for (const [what, url, reason] of [
    ['a wrong password', 'postgres://scram:$WRONG@AT', /^password authentication failed for user "scram" \(28P01\) /],
    ['a wrong password for md5', 'postgres://md5:$WRONG@AT', /^password authentication failed .*28P01/],
    ['a wrong password in clear text', 'postgres://clear:$WRONG@AT?allow-cleartext', /^refused with SQLSTATE 28P01 /],
    ['a password in clear text that it is not told', 'postgres://clear:$PASSWORD@AT', withheld],
    ['a password in clear text, over TLS that nobody verified', 'postgres://clear:$PASSWORD@AT?tls', withheld],
    ['a user whom nobody knows', 'postgres://nobody:$PASSWORD@AT', /^password authentication failed .*28P01/],
    ['a user who is shut out', 'postgres://rejected@AT', /^pg_hba\.conf rejects connection .*\(28000\) /],
    [
      'a database that is not there',
      'postgres://scram:$PASSWORD@AT/nowhere',
      /^database "nowhere" does not exist \(3D0/,
    ],
    ['no certificate of its own', 'postgres://certified@AT?tls', /^connection requires a valid client cert.*28000/],
    [
      'no password but a query',
      'postgres://scram@AT?query=SELECT%201',
      /^asks for a password, which the check does not/,
    ],
    ['no password but a role', 'postgres://AT?role=primary', /^asks for a password, which the check does not have /],
    ['a variable that is not set', 'postgres://scram:$UNSET@AT', /^environment variable UNSET is not set /],
    ['a file that is not there', 'postgres://AT?password-file=/nowhere', /^cannot read \/nowhere: no such file /],
  ] as const) {
    it(`is alive, not ready, with ${what}`, async () => {
      assert.deepEqual(await codesOf(url.replace('AT', at)), refused);
      assert.match((await ask(url.replace('AT', at))).line, reason);
    });
  }

  it('asks a query, and compares its one row', async () => {
    const url = (query: string, rest = '') =>
      `postgres://scram:$PASSWORD@${at}?query=${encodeURIComponent(query)}${rest}`;
    for (const [query, rest, code, reason] of [
      ['SELECT 1', '', 0, /^login accepted, query gave a row /],
      ['SELECT count(*) > 0 FROM pg_class', '&expect=t', 0, /^login accepted, query gave what it should /],
      ["SELECT 'well'; ", '&expect=well', 0, /what it should /],
      ['SELECT 2', '&expect=1', 1, /^query gave "2", expected "1" /],
      ['SELECT NULL', '&expect=1', 1, /^query gave NULL, expected "1" /],
      ['SELECT FROM pg_class WHERE false', '', 1, /^query gave no row, expected one /],
      ['SELECT 1 FROM pg_class', '', 1, /^query gave more than one row, expected one /],
      ["SELECT repeat('x', 99999)", '', 1, /^query gave a row of more than 16384 bytes /],
      ['SELECT * FROM closed', '', 4, /^permission denied for table closed \(42501\) /],
      ['SELEKT 1', '', 4, /^syntax error at or near "SELEKT" \(42601\) /],
      ['COPY (SELECT 1) TO STDOUT', '', 4, /^query copies data, expected one that gives a row /],
      ['SELECT 1/0', '', 1, /^division by zero \(22012\) /],
    ] as const) {
      const checked = await ask(url(query, rest));
      assert.equal(checked.code, code, checked.line);
      assert.match(checked.line, reason);
      const liveness = await ask('--probe', 'liveness', url(query, rest));
      assert.equal(liveness.code, 0, query);
    }
    assert.equal((await ask(`postgres://trusted@${at}?query=SELECT%201`)).code, 0);
  });

  it('while a query waits for a lock it is alive, not ready, in time, and its session does not stay', async () => {
    const locker = openSession(server, 'BEGIN; LOCK TABLE closed; SELECT pg_sleep(30)');
    await server.sql('GRANT SELECT ON closed TO scram');
    const granted = async (): Promise<boolean> =>
      (await server.sql(`SELECT count(*) FROM pg_locks WHERE relation = 'closed'::regclass AND granted`)) !== '0';
    await eventually('a lock', 8_000, granted);
    const query = 'SELECT%20count(*)%20FROM%20closed';
    const url = `postgres://scram:$PASSWORD@${at}?query=${query}`;
    const { code, line } = await check(['--timeout', '300ms', url], env);
    assert.equal(code, 1);
    assert.match(line, /^canceling statement due to statement timeout \(57014\) /);
    assert.equal((await ask('--probe', 'liveness', '--timeout', '300ms', url)).code, 0);
    await eventually('no session', 8_000, async () => (await sessions(server)) === '0');
    locker.kill();
  });

  it('over TLS refuses an authority that did not sign, and another name', async () => {
    for (const [rest, reason] of [
      [`ca=${otherCa}`, /^certificate not trusted: unknown issuer /],
      [`ca=${ca}&server-name=other.test`, /^certificate is not valid for name other\.test /],
    ] as const) {
      const { code, line } = await ask(`postgres://scram:$PASSWORD@${at}?tls&${rest}`);
      assert.equal(code, 4, line);
      assert.match(line, reason);
    }
    assert.equal((await ask(`postgres://:${server.port}?tls&ca=${ca}`)).code, 0);
  });

  it('logs in with a certificate of its own', async () => {
    const files = `cert=${join(directory, 'certified.crt')}&key=${join(directory, 'certified.key')}`;
    const { code, line } = await ask(
      `postgres://certified@${at}?tls&ca=${ca}&server-name=pg.test&${files}&role=primary`,
    );
    assert.equal(code, 0, line);
    assert.match(line, /^accepts connections, is a primary /);
    await refusesStranger(`postgres://certified@${at}?tls&ca=${ca}&server-name=pg.test&role=primary`, directory);
  });

  it('leaves nothing in the log, no session, and no count of broken ones', async () => {
    const counted = 'SELECT sum(sessions_abandoned), sum(sessions_fatal), sum(sessions_killed) FROM pg_stat_database';
    const before = { log: server.log(), counts: await server.sql(counted) };
    const urls = [
      `postgres://:${server.port}`,
      `postgres://nobody@${at}?tls`,
      `postgres://md5@/?socket=${server.socket}`,
      `postgres://scram:$PASSWORD@${at}?role=primary&max-lag=1s&query=SELECT%201&expect=1`,
      `postgres://scram:$PASSWORD@${at}?tls&query=SELECT%201`,
      `postgres://clear:$PASSWORD@${at}`,
      `postgres://md5:$PASSWORD@${at}`,
      `postgres://trusted@${at}`,
      `postgres://scram@${at}?query=SELECT%201`,
      `postgres://scram:$PASSWORD@${at}?query=SELECT%201%20FROM%20pg_class`,
    ];
    for (let count = 0; count < 200; count++) await ask(urls[count % urls.length]!);
    const log = server.log().slice(before.log.length).split('\n');
    assert.deepEqual(
      log.filter((line) => line !== '' && !/ LOG: {2}checkpoint /.test(line)),
      [],
    );
    await eventually('no session', 8_000, async () => (await sessions(server)) === '0');
    assert.equal(await server.sql(counted), before.counts);
  });
});

/** How many sessions of checks there are. */
const sessions = (server: PostgresServer): Promise<string> =>
  server.sql(`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'health-probe'`);
