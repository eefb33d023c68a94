import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asking, fill, refused, unhealthy } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { startMemcached, statistics } from './support/memcached.ts';
import { aliveIn } from './support/life.ts';
import { eventually } from '../support/eventually.ts';

const { ask, codesOf, passes, timesOut, verifies, refusesStranger } = asking({}, []);

describe('the agent asks a real memcached', () => {
  const directory = useDaemons(['memcached']);

  it('a version passes', async () => {
    const { port } = await startMemcached();
    const { code, line } = await ask(`memcached://:${port}`);
    assert.equal(code, 0);
    assert.match(
      line,
      new RegExp(`^memcached \\d+\\.\\d+\\.\\d+ \\(memcached 127\\.0\\.0\\.1:${port}, \\d+\\.\\d ms\\)$`),
    );
  });

  it('nobody there is 2', async () => {
    const { code, line } = await ask(`memcached://:${await freePort()}`);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  it('passes over a Unix socket', async () => {
    const path = join(directory, 'memcached.sock');
    const daemon = await startDaemon('memcached', ['-u', 'root', '-s', path], path);
    assert.equal((await ask(`memcached://${path}`)).code, 0);
    await daemon.kill();
    assert.equal((await ask(`memcached://${path}`)).code, 2);
  });

  it('once it is full it is alive, not ready', async () => {
    const memcached = await startMemcached(['-c', '32', '-t', '1']);
    const leave = await fill(memcached.port, async () => (await ask(`memcached://:${memcached.port}`)).code === 1);
    assert.deepEqual(await codesOf(`memcached://:${memcached.port}`), unhealthy);
    assert.match((await ask(`memcached://:${memcached.port}`)).line, /^ERROR Too many open connections /);
    await aliveIn('full', { url: 'memcached://:PORT', port: memcached.port });
    leave();
    await eventually('room', 8_000, async () => (await ask(`memcached://:${memcached.port}`)).code === 0);
    await memcached.kill();
  });

  it('one that tells nothing without a login is alive, not ready', async () => {
    const file = join(directory, 'auth');
    writeFileSync(file, 'user:pass\n');
    const { port, kill } = await startMemcached(['-Y', file]);
    assert.deepEqual(await codesOf(`memcached://:${port}`), refused);
    assert.match((await ask(`memcached://:${port}`)).line, /^CLIENT_ERROR unauthenticated /);
    await aliveIn('no login', { url: 'memcached://:PORT', port });
    await kill();
  });

  it('one that speaks binary only, with SASL or without, passes', async () => {
    writeFileSync(join(directory, 'memcached.conf'), 'mech_list: plain\n');
    for (const flags of [['-B', 'binary'], ['-S']]) {
      const { port, kill } = await startMemcached(flags, [`SASL_CONF_PATH=${directory}`]);
      const { code, line } = await ask(`memcached://:${port}`);
      assert.equal(code, 0, line);
      assert.match(line, /^memcached \d/);
      await kill();
    }
  });

  it('when it is stopped it is 3, in time, and when it is killed it is 2', async () => {
    const memcached = await startMemcached();
    await timesOut(memcached, `memcached://:${memcached.port}`);
    await memcached.kill();
    assert.equal((await ask('--probe', 'liveness', `memcached://:${memcached.port}`)).code, 2);
  });

  it('has nothing to log and nothing to count but connections after 200 checks', async () => {
    const memcached = await startMemcached();
    const { port } = memcached;
    // The connection that waited for its start closes in its own time.
    await eventually('the other connection to be gone', 8_000, async () => {
      return (await statistics(port))['curr_connections'] === 1;
    });
    const before = await statistics(port);
    await passes(`memcached://:${port}`, 200);
    const after = await statistics(port);
    const changing = /^(time|uptime|rusage|bytes_|total_connections|lru_|read_buf|connection_structures|response_obj)/;
    for (const [key, value] of Object.entries(after)) {
      if (!changing.test(key)) assert.equal(value, before[key], key);
    }
    assert.equal(after['total_connections']! - before['total_connections']!, 201);
    assert.equal(memcached.log(), '');
  });

  describe('over TLS', () => {
    const files = writeCertificate(directory, 'memcached', certificateFor(['localhost']));
    const { cert, key, ca } = files;
    const tls = ['-Z', '-o', `ssl_chain_cert=${cert},ssl_key=${key}`];

    it('verifies the certificate, and is 4 for a check without TLS', async () => {
      const { port, kill } = await startMemcached(tls);
      await verifies(`memcached://:${port}`, files);
      const { code, line } = await ask(`memcached://:${port}`);
      assert.equal(code, 4, line);
      assert.match(line, /^connection (closed|reset) before the answer /);
      await kill();
    });

    it('shows a certificate of its own where memcached wants one', async () => {
      const { port, kill } = await startMemcached([...tls, '-o', `ssl_verify_mode=2,ssl_ca_cert=${ca}`]);
      const url = `memcached://:${port}?tls&ca=${ca}`;
      const own = writeCertificate(directory, 'probe', clientCertificate('probe'));
      const shown = await ask(`${url}&cert=${own.cert}&key=${own.key}`);
      assert.equal(shown.code, 0, shown.line);
      assert.deepEqual(await codesOf(url), refused);
      assert.match((await ask(url)).line, /^peer asks for a client certificate /);
      await refusesStranger(url, directory);
      await kill();
    });
  });
});
