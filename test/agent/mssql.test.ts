import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../support/process.ts';
import { asking, refused, unhealthy } from './support/asking.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';
import { type TdsServer, encryption, startTdsServer } from './support/tds-server.ts';
import { livesThroughFaults } from './support/faults.ts';
import { aliveIn } from './support/life.ts';
import { livesThroughTls } from './support/terminator.ts';

const password = 'correct-horse-battery-staple';
const wrong = 'wrong-horse-battery-staple';
const env = { PASSWORD: password, WRONG: wrong };
const { ask, codesOf, verifies } = asking(env, [password, wrong]);

describe('the agent asks what stands in for SQL Server by its specification', () => {
  const directory = useDaemons(['freetds-bin', 'haproxy']);
  const files = writeCertificate(directory, 'mssql', certificateFor(['localhost']));
  const secrets = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  let plain: TdsServer;
  let secure: TdsServer;
  let demanding: TdsServer;
  let strict: TdsServer;

  before(async () => {
    plain = await startTdsServer({ password, encryption: encryption.notSupported });
    secure = await startTdsServer({ password, encryption: encryption.off, secrets });
    demanding = await startTdsServer({ password, encryption: encryption.required, secrets });
    strict = await startTdsServer({ password, encryption: encryption.required, secrets, strict: true });
  });

  it("FreeTDS's own client takes it for one, over TLS too", async () => {
    const file = join(directory, 'freetds.conf');
    for (const [server, mode] of [
      [plain, 'off'],
      [secure, 'require'],
      [demanding, 'require'],
    ] as const) {
      const of = ['[it]', 'host=127.0.0.1', `port=${server.port}`, 'tds version=7.4', `encryption=${mode}`, ''];
      writeFileSync(file, of.join('\n'));
      const client = { PATH: process.env['PATH'], FREETDSCONF: file };
      for (const [secret, code, words] of [
        [password, 0, /^/],
        [wrong, 1, /Login failed for user 'me'/],
      ] as const) {
        const ended = await runToEnd('tsql', ['-S', 'it', '-U', 'me', '-P', secret], { env: client, input: 'quit\n' });
        assert.equal(ended.code, code, `${mode}: ${ended.out}${ended.errors}`);
        assert.match(ended.out + ended.errors, words);
      }
    }
  });

  it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
    const { port } = plain;
    await livesThroughFaults({ url: 'mssql://me:$PASSWORD@:PORT', port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'mssql://:PORT?tls&encrypt=strict', port }, 'tds/8.0');
  });

  it('the answer to PRELOGIN passes without a login', async () => {
    for (const [{ port }, options] of [
      [plain, ''],
      [secure, ''],
      [secure, '?tls'],
      [demanding, ''],
      [strict, '?tls&encrypt=strict'],
    ] as const) {
      const { code, line } = await ask(`mssql://:${port}${options}`);
      assert.equal(code, 0, line);
      assert.match(line, /^SQL Server 16\.0\.4135 \(mssql /);
    }
  });

  it('logs in, over loopback and over TLS within packets and first', async () => {
    for (const [server, options] of [
      [plain, ''],
      [secure, ''],
      [secure, '?tls'],
      [secure, `?tls&ca=${files.ca}`],
      [demanding, '?tls'],
      [strict, `?tls&encrypt=strict&ca=${files.ca}`],
    ] as const) {
      const right = `mssql://me:$PASSWORD@:${server.port}/shop${options}`;
      const { code, line } = await ask(right);
      assert.equal(code, 0, line);
      assert.equal(server.logins.at(-1), 'me');
      const refusal = right.replace('$PASSWORD', '$WRONG');
      assert.deepEqual(await codesOf(refusal), refused);
      assert.match((await ask(refusal)).line, /^error 18456: login failed /);
    }
  });

  it('is verified where the check says so', async () => {
    await verifies(`mssql://:${secure.port}`, files);
    await verifies(`mssql://me:$PASSWORD@:${strict.port}`, files, '&encrypt=strict');
  });

  it('is alive, not ready, where it is full, starts, or has no such database', async () => {
    for (const [user, path, codes, words] of [
      ['full', '', unhealthy, /^error 17809 /],
      ['starting', '', unhealthy, /^error 18401 /],
      ['me', '/absent', refused, /^error 4060 /],
    ] as const) {
      const url = `mssql://${user}:$PASSWORD@:${plain.port}${path}`;
      assert.deepEqual(await codesOf(url), codes);
      assert.match((await ask(url)).line, words);
    }
    const { port } = plain;
    await aliveIn('starting', { url: 'mssql://starting:$PASSWORD@:PORT', port, env });
    await aliveIn('full', { url: 'mssql://full:$PASSWORD@:PORT', port, env });
    await aliveIn('wrong login', { url: 'mssql://me:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: 'mssql://:PORT', port });
  });

  it('is alive, not ready, where one side wants TLS and the other has none', async () => {
    const wants = `mssql://me:$PASSWORD@:${demanding.port}`;
    assert.deepEqual(await codesOf(wants), refused);
    assert.match((await ask(wants)).line, /^the server wants TLS, expected tls /);
    const none = `mssql://:${plain.port}?tls`;
    assert.deepEqual(await codesOf(none), refused);
    assert.match((await ask(none)).line, /^the server does not offer TLS /);
  });

  after(() => {
    for (const server of [plain, secure, demanding, strict]) server.close();
  });
});
