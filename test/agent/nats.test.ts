import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asking, fill, refused, unhealthy } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { startNats } from './support/nats.ts';
import { aliveIn } from './support/life.ts';
import { eventually } from '../support/eventually.ts';

const password = 'correct-horse-"battery\\staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', LOGIN: 'probe' };
const { ask, codesOf, passes, timesOut, verifies, refusesStranger } = asking(env, [password, env.WRONG, 'horse']);
const quoted = JSON.stringify(password);

describe('the agent asks a real nats', () => {
  const directory = useDaemons(['nats-server']);

  it('PONG passes', async () => {
    const { port, kill } = await startNats(directory);
    const { code, line } = await ask(`nats://:${port}`);
    assert.equal(code, 0);
    assert.match(
      line,
      new RegExp(`^PONG from nats \\d+\\.\\d+\\.\\d+ \\(nats 127\\.0\\.0\\.1:${port}, \\d+\\.\\d ms\\)$`),
    );
    await kill();
  });

  it('nobody there is 2', async () => {
    const { code, line } = await ask(`nats://:${await freePort()}`);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  it('logs in with a user, and is alive without the right one', async () => {
    const nats = await startNats(directory, [`authorization { user: probe, password: ${quoted} }`]);
    const url = `PORT:${nats.port}`;
    const file = join(directory, 'password');
    writeFileSync(file, `${password}\n`);
    for (const login of ['nats://probe:$PASSWORD@', 'nats://$LOGIN:$PASSWORD@']) {
      const { code, line } = await ask(url.replace('PORT', login));
      assert.equal(code, 0, line);
    }
    assert.equal((await ask(`nats://probe@:${nats.port}?password-file=${file}`)).code, 0);
    const logged = nats.log().length;
    for (const [login, reason] of [
      ['nats://', /^it wants a login /],
      ['nats://probe:$UNSET@', /^environment variable UNSET is not set /],
      ['nats://probe:$WRONG@', /^authorization violation /],
      ['nats://:$PASSWORD@', /^authorization violation /],
    ] as const) {
      // What is in the way without a login is known from INFO, and leaves nothing in the log.
      if (reason.source.includes('violation')) assert.match(nats.log().slice(logged), /^$|authentication error/);
      else assert.equal(nats.log().length, logged);
      assert.deepEqual(await codesOf(url.replace('PORT', login)), refused);
      assert.match((await ask(url.replace('PORT', login))).line, reason);
    }
    await nats.kill();
  });

  it('logs in with a token, and is alive with a wrong one', async () => {
    const { port, kill } = await startNats(directory, [`authorization { token: ${quoted} }`]);
    assert.equal((await ask(`nats://:$PASSWORD@:${port}`)).code, 0);
    assert.deepEqual(await codesOf(`nats://:$WRONG@:${port}`), refused);
    await kill();
  });

  it('needs no login where one is given to whoever has none', async () => {
    const users = `authorization { users: [ { user: probe, password: ${quoted} } ] }`;
    const { port, kill } = await startNats(directory, [users, 'no_auth_user: probe']);
    assert.equal((await ask(`nats://:${port}`)).code, 0);
    await kill();
  });

  it('once it is full it is alive, not ready', async () => {
    const { port, kill } = await startNats(directory, ['max_connections: 1']);
    const leave = await fill(port, async () => (await ask(`nats://:${port}`)).code === 1);
    assert.deepEqual(await codesOf(`nats://:${port}`), unhealthy);
    assert.match((await ask(`nats://:$PASSWORD@:${port}`)).line, /^maximum connections exceeded /);
    await aliveIn('full', { url: 'nats://:PORT', port });
    leave();
    await eventually('room', 8_000, async () => (await ask(`nats://:${port}`)).code === 0);
    await kill();
  });

  it('in lame duck mode it takes nobody, which is 2', async () => {
    const nats = await startNats(directory, ['lame_duck_duration: "30s"', 'lame_duck_grace_period: "1s"']);
    nats.signal('SIGUSR2');
    await eventually('the mode', 8_000, async () => nats.log().includes('Entering lame duck mode'));
    await eventually('a refusal', 8_000, async () => (await ask(`nats://:${nats.port}`)).code === 2);
    await nats.kill();
  });

  it('when it is stopped it is 3, in time, and when it is killed it is 2', async () => {
    const nats = await startNats(directory);
    await timesOut(nats, `nats://:${nats.port}`);
    await nats.kill();
    assert.equal((await ask('--probe', 'liveness', `nats://:${nats.port}`)).code, 2);
  });

  it('has nothing to log and nobody left after 200 checks', async () => {
    const nats = await startNats(directory, [`authorization { user: probe, password: ${quoted} }`]);
    const logged = nats.log().length;
    const before = await nats.counts();
    await passes(`nats://probe:$PASSWORD@:${nats.port}`, 200);
    for (let count = 0; count < 20; count++) await ask(`nats://:${nats.port}`);
    const after = await nats.counts();
    assert.equal(nats.log().slice(logged), '');
    assert.equal(after['connections'], 0);
    for (const key of ['in_msgs', 'out_msgs', 'slow_consumers', 'subscriptions']) {
      assert.equal(after[key], before[key], key);
    }
    assert.equal(Number(after['total_connections']) - Number(before['total_connections']), 220);
    await nats.kill();
  });

  describe('over TLS', () => {
    const files = writeCertificate(directory, 'nats', certificateFor(['localhost']));
    const own = writeCertificate(directory, 'probe', clientCertificate('probe'));
    const { cert, key, ca } = files;
    const tls = (more = '') => `tls { cert_file: "${cert}", key_file: "${key}", timeout: 5${more} }`;

    it('verifies the certificate, and a check without TLS is alive', async () => {
      const nats = await startNats(directory, [tls()]);
      await verifies(`nats://:${nats.port}`, files);
      assert.deepEqual(await codesOf(`nats://:${nats.port}`), refused);
      assert.match((await ask(`nats://:${nats.port}`)).line, /^it wants TLS: use \?tls /);
      const logged = nats.log().length;
      await passes(`nats://:${nats.port}?tls&ca=${ca}`, 40);
      assert.equal(nats.log().slice(logged), '');
      await nats.kill();
    });

    it('is alive for a check with TLS that the server does not offer', async () => {
      const { port, kill } = await startNats(directory);
      assert.deepEqual(await codesOf(`nats://:${port}?tls`), refused);
      assert.match((await ask(`nats://:${port}?tls`)).line, /^it does not offer TLS /);
      await kill();
    });

    it('shows a certificate of its own where nats wants one, and takes it as the login', async () => {
      for (const [more, users] of [
        ['verify: true', ''],
        ['verify_and_map: true', 'authorization { users: [ { user: "CN=probe" } ] }'],
      ]) {
        const { port, kill } = await startNats(directory, [tls(`, ca_file: "${ca}", ${more}`), users ?? '']);
        const url = `nats://:${port}?tls&ca=${ca}`;
        const shown = await ask(`${url}&cert=${own.cert}&key=${own.key}`);
        assert.equal(shown.code, 0, shown.line);
        assert.deepEqual(await codesOf(url), refused);
        await refusesStranger(url, directory);
        await kill();
      }
    });

    it('once it is full it is alive, not ready', async () => {
      const { port, kill } = await startNats(directory, [tls(), 'max_connections: 1']);
      const url = `nats://:${port}?tls&ca=${ca}`;
      const leave = await fill(port, async () => (await ask(url)).code === 1);
      for (let count = 0; count < 10; count++) assert.deepEqual(await codesOf(url), unhealthy);
      leave();
      await kill();
    });
  });
});
