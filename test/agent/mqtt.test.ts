import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asking, fill, refused } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { passwordFile, startMosquitto, startMosquittoAt } from './support/mosquitto.ts';
import { startNats } from './support/nats.ts';
import { aliveIn } from './support/life.ts';
import { eventually } from '../support/eventually.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', LOGIN: 'probe' };
const { ask, codesOf, passes, timesOut, verifies, refusesStranger } = asking(env, [password, env.WRONG]);

const open = 'allow_anonymous true';

/** How many clients the broker knows, connected or not. */
const clients = (port: number): number =>
  Number(execFileSync('mosquitto_sub', ['-p', `${port}`, '-t', '$SYS/broker/clients/total', '-C', '1', '-W', '5']));

describe('the agent asks a real mosquitto', () => {
  const directory = useDaemons(['mosquitto', 'mosquitto-clients', 'nats-server']);

  it('an accepted connection passes', async () => {
    const { port, kill } = await startMosquitto(directory, [open]);
    const { code, line } = await ask(`mqtt://:${port}`);
    assert.equal(code, 0);
    assert.match(line, new RegExp(`^connection accepted \\(mqtt 127\\.0\\.0\\.1:${port}, \\d+\\.\\d ms\\)$`));
    await kill();
  });

  it('nobody there is 2', async () => {
    const { code, line } = await ask(`mqtt://:${await freePort()}`);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  it('passes over a Unix socket', async () => {
    const path = join(directory, 'mosquitto.sock');
    const { kill } = await startMosquittoAt(directory, path);
    assert.equal((await ask(`mqtt://${path}`)).code, 0);
    await kill();
  });

  it('logs in, and is alive without the right login', async () => {
    const passwords = passwordFile(directory, 'probe', password);
    const { port, kill } = await startMosquitto(directory, ['allow_anonymous false', passwords]);
    const file = join(directory, 'password');
    writeFileSync(file, `${password}\n`);
    for (const url of ['mqtt://probe:$PASSWORD@:PORT', `mqtt://$LOGIN@:PORT?password-file=${file}`]) {
      const { code, line } = await ask(url.replace('PORT', `${port}`));
      assert.equal(code, 0, line);
    }
    for (const [login, reason] of [
      ['', /^connection refused: not authorized /],
      ['probe:$WRONG@', /^connection refused: not authorized /],
      [':$PASSWORD@', /^connection refused: not authorized /],
      ['probe:$UNSET@', /^environment variable UNSET is not set /],
    ] as const) {
      assert.deepEqual(await codesOf(`mqtt://${login}:${port}`), refused);
      assert.match((await ask(`mqtt://${login}:${port}`)).line, reason);
    }
    await kill();
  });

  it('once it is full it closes without a word, which is 4', async () => {
    // Version 2.0.11 miscounts once a client has gone that never said CONNECT, as the one that waits for its start.
    const [path, port] = [join(directory, 'full.sock'), await freePort()];
    const { kill } = await startMosquittoAt(directory, path, [`listener ${port} 127.0.0.1`, 'max_connections 1']);
    const liveness = () => ask('--probe', 'liveness', `mqtt://:${port}`);
    const leave = await fill(port, async () => (await liveness()).code === 4);
    assert.match((await liveness()).line, /^connection (closed|reset) before the answer /);
    assert.equal((await ask('--probe', 'liveness', `listen://:${port}`)).code, 0);
    await aliveIn('full', { url: 'mqtt://:PORT', port }, 'closes');
    leave();
    await eventually('room', 8_000, async () => (await ask(`mqtt://:${port}`)).code === 0);
    await kill();
  });

  it('when it is stopped it is 3, in time, and when it is killed it is 2', async () => {
    const mosquitto = await startMosquitto(directory, [open]);
    await timesOut(mosquitto, `mqtt://:${mosquitto.port}`);
    await mosquitto.kill();
    assert.equal((await ask('--probe', 'liveness', `mqtt://:${mosquitto.port}`)).code, 2);
  });

  it('logs a client that comes and goes at each of 200 checks, and keeps none', async () => {
    const mosquitto = await startMosquitto(directory, [open, 'sys_interval 1']);
    // The connection that waited for its start.
    await eventually('an end', 8_000, async () => mosquitto.log().endsWith(' closed its connection.\n'));
    const logged = mosquitto.log().length;
    await passes(`mqtt://:${mosquitto.port}`, 200);
    const lines = mosquitto.log().slice(logged).trimEnd().split('\n');
    const usual = /: (New connection from|New client connected from|Client healthprobe[0-9a-f]{12} disconnected\.$)/;
    assert.deepEqual(
      lines.filter((line) => !usual.test(line)),
      [],
    );
    assert.equal(lines.filter((line) => line.endsWith(' disconnected.')).length, 200);
    await eventually('nobody but the one who asks', 4_000, async () => clients(mosquitto.port) <= 1);
    await mosquitto.kill();
  });

  it('leaves nothing in a log without connection messages', async () => {
    const mosquitto = await startMosquitto(directory, [open, 'connection_messages false']);
    const logged = mosquitto.log().length;
    await passes(`mqtt://:${mosquitto.port}`, 40);
    assert.equal(mosquitto.log().slice(logged), '');
    await mosquitto.kill();
  });

  describe('over TLS', () => {
    const files = writeCertificate(directory, 'mosquitto', certificateFor(['localhost']));
    const own = writeCertificate(directory, 'probe', clientCertificate('probe'));
    const { cert, key, ca } = files;
    const tls = [open, `certfile ${cert}`, `keyfile ${key}`];

    it('verifies the certificate, and is 4 for a check without TLS', async () => {
      const { port, kill } = await startMosquitto(directory, tls);
      await verifies(`mqtt://:${port}`, files);
      const { code, line } = await ask(`mqtt://:${port}`);
      assert.equal(code, 4, line);
      assert.match(line, /^connection (closed|reset) before the answer |^answer is not of MQTT/);
      await kill();
    });

    it('has nothing else to log about a check that passes', async () => {
      const mosquitto = await startMosquitto(directory, [...tls, 'connection_messages false']);
      const url = `mqtt://:${mosquitto.port}?tls&ca=${ca}`;
      // What waited for the port speaks no TLS, which mosquitto may log after it has said that it runs.
      await passes(url, 1);
      const logged = mosquitto.log().length;
      await passes(url, 40);
      assert.equal(mosquitto.log().slice(logged), '');
      await mosquitto.kill();
    });

    it('shows a certificate of its own where mosquitto wants one', async () => {
      const { port, kill } = await startMosquitto(directory, [...tls, `cafile ${ca}`, 'require_certificate true']);
      const url = `mqtt://:${port}?tls&ca=${ca}`;
      const shown = await ask(`${url}&cert=${own.cert}&key=${own.key}`);
      assert.equal(shown.code, 0, shown.line);
      assert.deepEqual(await codesOf(url), refused);
      assert.match((await ask(url)).line, /^peer asks for a client certificate /);
      await refusesStranger(url, directory);
      await kill();
    });
  });

  it('asks the MQTT of another broker too', async () => {
    const at = await freePort();
    const nats = await startNats(directory, [
      'server_name: n',
      `jetstream { store_dir: "${directory}" }`,
      `mqtt { port: ${at} }`,
    ]);
    const { code, line } = await eventually('its MQTT', 8_000, async () => {
      const checked = await ask(`mqtt://:${at}`);
      return checked.code === 0 && checked;
    });
    assert.equal(code, 0, line);
    const logged = nats.log().length;
    await passes(`mqtt://:${at}`, 40);
    assert.equal(nats.log().slice(logged), '');
    await nats.kill();
  });
});
