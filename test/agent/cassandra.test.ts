import assert from 'node:assert/strict';
import { asking, fill, refused, unhealthy } from './support/asking.ts';
import { bring } from './support/bring.ts';
import { type CassandraServer, installCassandra, startCassandra } from './support/cassandra.ts';
import { type CertificateFiles, certificateFor, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';
import { livesThroughFaults } from './support/faults.ts';
import { livesThroughTls } from './support/terminator.ts';
import { aliveIn, endAsked, startAsked } from './support/life.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };
const { ask, codesOf, passes, timesOut, verifies } = asking(env, [password, env.WRONG]);

const release = 'query=SELECT%20release_version%20FROM%20system.local';
const mostConnections = 60;

describe('the agent asks a real Cassandra', () => {
  const directory = useDaemons(['haproxy']);
  bring('Cassandra', installCassandra);
  let certificate: CertificateFiles;
  let cassandra: CassandraServer;
  let address: string;
  let url: string;

  before(async function () {
    this.timeout(180_000);
    certificate = writeCertificate(directory, 'cassandra', certificateFor(['localhost']));
    const options = {
      certificate,
      role: { name: 'probe', password },
      lines: [`native_transport_max_concurrent_connections: ${mostConnections}`],
    };
    cassandra = await startAsked({ url: 'cassandra://:PORT' }, () => startCassandra(directory, options));
    address = `:${cassandra.port}`;
    url = `cassandra://probe:$PASSWORD@${address}`;
  });

  /** What it says of clients, and what else is more than information. */
  const complaints = (since: number): string[] =>
    cassandra
      .log()
      .slice(since)
      .split('\n')
      .filter((line) => !line.startsWith('INFO') && line !== '');

  it('answers OPTIONS without a login', async () => {
    const { code, line } = await ask(`cassandra://${address}`);
    assert.equal(code, 0, line);
    assert.match(line, /^speaks CQL 3\.\d\.\d \(cassandra 127\.0\.0\.1:\d+, \d+\.\d ms\)$/);
  });

  it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
    const { port } = cassandra;
    await livesThroughFaults({ url: `cassandra://probe:$PASSWORD@:PORT?${release}`, port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'cassandra://:PORT?tls', port });
    await aliveIn('wrong login', { url: 'cassandra://probe:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: `cassandra://:PORT?${release}`, port });
  });

  it('logs in, and answers a query with one row', async () => {
    assert.match((await ask(url)).line, /^speaks CQL 3\.\d\.\d, login accepted \(/);
    const { code, line } = await ask(`${url}?${release}&expect=5.0.2`);
    assert.equal(code, 0, line);
    assert.match(line, /, login accepted, query gave what it should \(/);
    for (const [query, expect] of [
      ['SELECT%20*%20FROM%20system.local', 'local'],
      ['SELECT%20rpc_port%20FROM%20system.local', `${cassandra.port}`],
      ['SELECT%20durable_writes%20FROM%20system_schema.keyspaces%20WHERE%20keyspace_name=%27system%27', 'true'],
    ])
      assert.equal((await ask(`${url}?query=${query}&expect=${expect}`)).code, 0, query);
  });

  for (const [what, login, options, codes, reason] of [
    ['a wrong password', 'probe:$WRONG@', '', refused, /^login refused \(0x0100\) /],
    ['an unknown user', 'nobody:$PASSWORD@', '', refused, /^login refused \(0x0100\) /],
    ['no login where the query needs one', '', `?${release}`, refused, /^it wants a login /],
    ['a user without a password', 'probe@', '', refused, /^login needs both a user and a password /],
    ['a query that is not CQL', 'probe:$PASSWORD@', '?query=SELEC', refused, /^query is not CQL \(0x2000\) /],
    ['a table that is not there', 'probe:$PASSWORD@', '?query=SELECT%20a%20FROM%20b.c', refused, /\(0x2200\) /],
    [
      'another version than expected',
      'probe:$PASSWORD@',
      `?${release}&expect=3`,
      unhealthy,
      /^query gave something else, expected "3" /,
    ],
    [
      'more than one row',
      'probe:$PASSWORD@',
      '?query=SELECT%20*%20FROM%20system_schema.keyspaces',
      unhealthy,
      /^query gave more than one row, expected one /,
    ],
  ] as const) {
    it(`is alive, not ready, with ${what}`, async () => {
      const check = `cassandra://${login}${address}${options}`;
      assert.deepEqual(await codesOf(check), codes);
      assert.match((await ask(check)).line, reason);
    });
  }

  it('verifies the certificate over TLS', () => verifies(url, certificate));

  it('has nothing to log about two hundred checks', async () => {
    const since = cassandra.log().length;
    await passes(`cassandra://${address}`, 160);
    await passes(`${url}?${release}`, 40);
    assert.deepEqual(complaints(since), []);
  });

  it('which is full closes without a word, and that is a failure', async () => {
    const leave = await fill(cassandra.port, async () => (await ask(`cassandra://${address}`)).code === 4);
    assert.match((await ask(`cassandra://${address}`)).line, /^connection (closed|reset) before the answer/);
    await aliveIn('full', { url: 'cassandra://:PORT', port: cassandra.port }, 'closes');
    leave();
  });

  it('is asked in version 5 where the administrator has turned the older ones off', async () => {
    await cassandra.nodetool('disableoldprotocolversions');
    const { code, line } = await ask(`${url}?${release}&expect=5.0.2`);
    assert.equal(code, 0, line);
    assert.deepEqual(await codesOf(`cassandra://probe:$WRONG@${address}`), refused);
    assert.equal((await ask(`cassandra://${address}`)).code, 0);
  });

  it('when it is stopped it is 3, in time', () => timesOut(cassandra, `cassandra://${address}`));

  it('is 2 when it is drained, and when it is killed', async () => {
    await cassandra.nodetool('disablebinary');
    assert.equal((await ask('--probe', 'liveness', `cassandra://${address}`)).code, 2);
    await cassandra.nodetool('enablebinary');
    await endAsked(cassandra, { url: 'cassandra://:PORT', port: cassandra.port });
    assert.equal((await ask('--probe', 'liveness', `cassandra://${address}`)).code, 2);
  });
});
