import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asking, crowd, limitDescriptors, refused, unhealthy } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';
import { type RabbitServer, startRabbit } from './support/rabbitmq.ts';
import { eventually } from '../support/eventually.ts';
import { livesThroughFaults } from './support/faults.ts';
import { livesThroughTls } from './support/terminator.ts';
import { aliveIn, askUntilAlive, endAsked, startAsked } from './support/life.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', LOGIN: 'probe' };
const { ask, codesOf, passes, timesOut, verifies } = asking(env, [password, env.WRONG]);

const definitions = {
  users: ['probe', 'stranger'].map((name) => ({ name, password, tags: '' })),
  vhosts: [{ name: '/' }, { name: 'eu/orders' }, { name: 'full' }],
  permissions: ['/', 'eu/orders', 'full'].map((vhost) => ({
    user: 'probe',
    vhost,
    configure: '^$',
    write: '^$',
    read: '^$',
  })),
  queues: [{ name: 'events', vhost: '/', durable: true, auto_delete: false, arguments: { 'x-queue-type': 'stream' } }],
};

describe('the agent asks a real rabbitmq', () => {
  const directory = useDaemons(['rabbitmq-server', 'haproxy']);
  const files = writeCertificate(directory, 'rabbitmq', certificateFor(['localhost']));
  const own = writeCertificate(directory, 'probe', clientCertificate('probe'));
  const certificate = `&cert=${own.cert}&key=${own.key}`;
  let rabbit: RabbitServer;
  let url: string;

  before(async function () {
    const tls = [`cacertfile = ${files.ca}`, `certfile = ${files.cert}`, `keyfile = ${files.key}`];
    const mutual = ['verify = verify_peer', 'fail_if_no_peer_cert = true'];
    rabbit = await startAsked({ url: 'amqp://:PORT' }, () =>
      startRabbit(directory, { tls: [...tls, ...mutual], definitions }, async (port, streamPort) => {
        assert.equal((await ask('--probe', 'startup', `amqp://:${port}`)).code, 2);
        await askUntilAlive({ url: 'rabbitmq-stream://:PORT', port: streamPort }, [], 250);
      }),
    );
    url = `amqp://probe:$PASSWORD@:${rabbit.port}`;
    await eventually('the end of its start', 10_000, async () => rabbit.log().includes('Server startup complete'));
  });

  /** What it logs in the meantime, without times and processes. */
  async function logOf(work: () => Promise<unknown>, isWhole: (log: string) => boolean): Promise<string[]> {
    const begin = rabbit.log().length;
    await work();
    await eventually('its log', 8_000, async () => isWhole(rabbit.log().slice(begin)));
    const lines = rabbit.log().slice(begin).trimEnd().split('\n');
    return lines.map((line) => line.replace(/^\S+ \S+ /, '').replaceAll(/<[\d.]+>|127\.0\.0\.1:\d+/g, '_'));
  }

  it('a start passes without a login, for a line and a warning in its log', async () => {
    const starts = new RegExp(`^RabbitMQ \\d+\\.\\d+\\.\\d+ \\(amqp 127\\.0\\.0\\.1:${rabbit.port}, \\d+\\.\\d ms\\)$`);
    const lines = await logOf(
      async () => assert.match((await ask(`amqp://:${rabbit.port}`)).line, starts),
      (log) => log.includes('unexpectedly closed'),
    );
    assert.deepEqual(lines, [
      '[info] _ accepting AMQP connection _ (_ -> _)',
      '[warning] _ closing AMQP connection _ (_ -> _):',
      '[warning] _ client unexpectedly closed TCP connection',
    ]);
  });

  it('logs in and opens a virtual host', async () => {
    const file = join(directory, 'password');
    writeFileSync(file, `${password}\n`);
    for (const check of [
      url,
      `${url}/`,
      `${url}/eu%2forders`,
      `amqp://$LOGIN:$PASSWORD@:${rabbit.port}`,
      `amqp://probe@:${rabbit.port}?password-file=${file}`,
    ]) {
      const { code, line } = await ask(check);
      assert.equal(code, 0, line);
      assert.match(line, /^RabbitMQ \d/);
    }
  });

  for (const [what, login, path, reason] of [
    ['a wrong password', 'probe:$WRONG@', '', /^login refused \(403\) /],
    ['an unknown user', 'nobody:$PASSWORD@', '', /^login refused \(403\) /],
    ['a virtual host that is not there', 'probe:$PASSWORD@', '/nowhere', /^virtual host not found \(530\) /],
    ['a user without permissions', 'stranger:$PASSWORD@', '', /^virtual host is closed to this user \(530\) /],
    ['a variable that is not set', 'probe:$UNSET@', '', /^environment variable UNSET is not set /],
    ['a user without a password', 'probe@', '', /^login needs both a user and a password /],
  ] as const) {
    it(`is alive, not ready, with ${what}`, async () => {
      const check = `amqp://${login}:${rabbit.port}${path}`;
      assert.deepEqual(await codesOf(check), refused);
      assert.match((await ask(check)).line, reason);
    });
  }

  it('where a virtual host has all its connections it is alive, not ready', async () => {
    await rabbit.ctl('set_vhost_limits', '-p', 'full', '{"max-connections": 0}');
    assert.deepEqual(await codesOf(`${url}/full`), unhealthy);
    assert.match((await ask(`${url}/full`)).line, /^connection limit is reached \(530\) /);
    await aliveIn('full', { url: 'amqp://probe:$PASSWORD@:PORT/full', port: rabbit.port, env });
  });

  it('passes during a memory alarm, which a broker tells to publishers only', async () => {
    await rabbit.ctl('set_vm_memory_high_watermark', '0.0001');
    await eventually('the alarm', 8_000, async () => rabbit.log().includes('memory resource limit alarm set'));
    assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 0, startup: 0 });
    await rabbit.ctl('set_vm_memory_high_watermark', '0.4');
  });

  it('leaves three lines of information for each of 200 checks with a login, and no connection', async function () {
    const lines = await logOf(
      () => passes(url, 200),
      (log) => log.match(/closing AMQP connection/g)?.length === 200,
    );
    const counts: Record<string, number> = {};
    for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
    assert.deepEqual(counts, {
      '[info] _ accepting AMQP connection _ (_ -> _)': 200,
      "[info] _ connection _ (_ -> _): user 'probe' authenticated and granted access to vhost '/'": 200,
      "[info] _ closing AMQP connection _ (_ -> _, vhost: '/', user: 'probe')": 200,
    });
    assert.equal(await rabbit.ctl('list_connections', 'pid'), '');
  });

  it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
    const { port } = rabbit;
    await livesThroughFaults({ url: 'amqp://probe:$PASSWORD@:PORT', port, env, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'amqp://:PORT?tls', port });
    await aliveIn('wrong login', { url: 'amqp://probe:$WRONG@:PORT', port, env });
    await aliveIn('no login', { url: 'amqp://:PORT', port });
  });

  it('over TLS it verifies the certificate, and shows its own where rabbitmq wants one', async () => {
    const tls = `amqp://probe:$PASSWORD@:${rabbit.tlsPort}`;
    await verifies(tls, files, certificate);
    assert.deepEqual(await codesOf(`${tls}?tls&ca=${files.ca}`), refused);
    const { code, line } = await ask('--timeout', '300ms', tls);
    assert(code !== null && [3, 4].includes(code), line);
  });

  describe('for streams', () => {
    let stream: string;
    before(() => (stream = `rabbitmq-stream://probe:$PASSWORD@:${rabbit.streamPort}`));

    it('passes without a login, on an open virtual host, and on a stream that is there', async () => {
      for (const check of [
        `rabbitmq-stream://:${rabbit.streamPort}`,
        stream,
        `${stream}/eu%2forders`,
        `${stream}?stream=events`,
      ]) {
        const { code, line } = await ask(check);
        assert.equal(code, 0, line);
        assert.match(line, /^RabbitMQ \d/);
      }
    });

    it('has nothing to log about a hundred checks', async () => {
      const begin = rabbit.log().length;
      await passes(`${stream}?stream=events`, 52);
      await passes(`rabbitmq-stream://:${rabbit.streamPort}`, 52);
      assert.equal(rabbit.log().slice(begin), '');
    });

    for (const [what, login, rest, reason] of [
      ['a wrong password', 'probe:$WRONG@', '', /^login refused \(8\) /],
      ['an unknown user', 'nobody:$PASSWORD@', '', /^login refused \(8\) /],
      ['a virtual host that is not there', 'probe:$PASSWORD@', '/nowhere', /^virtual host is not there, or closed /],
      ['a user without permissions', 'stranger:$PASSWORD@', '', /^virtual host is not there, or closed /],
      ['a stream that is not there', 'probe:$PASSWORD@', '?stream=none', /^stream does not exist \(2\) /],
    ] as const) {
      it(`is alive, not ready, with ${what}`, async () => {
        const check = `rabbitmq-stream://${login}:${rabbit.streamPort}${rest}`;
        assert.deepEqual(await codesOf(check), refused);
        assert.match((await ask(check)).line, reason);
      });
    }

    it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
      const port = rabbit.streamPort;
      await livesThroughFaults({ url: 'rabbitmq-stream://probe:$PASSWORD@:PORT', port, env, provenAfter: 1 });
      await livesThroughTls(directory, { url: 'rabbitmq-stream://:PORT?tls', port });
    });

    it('verifies the certificate over TLS', () =>
      verifies(`rabbitmq-stream://probe:$PASSWORD@:${rabbit.streamTlsPort}`, files, certificate));

    it('is alive, not ready, to a stranger, of whom it is asked beside the other protocols', async () => {
      const port = rabbit.streamPort;
      await aliveIn('wrong login', { url: 'rabbitmq-stream://probe:$WRONG@:PORT', port, env });
      await aliveIn('no login', { url: 'rabbitmq-stream://:PORT', port });
    });

    it('when it is stopped it is 3, in time', () => timesOut(rabbit, stream));
  });

  describe('in AMQP 1.0', () => {
    const query = '?version=1.0';

    it('passes with its mechanisms, and with a login on an open connection', async () => {
      const { code, line } = await ask(`amqp://:${rabbit.port}${query}`);
      assert.equal(code, 0, line);
      assert.match(line, /^AMQP 1\.0, offers [A-Z ]*\bPLAIN\b/);
      for (const path of ['', '/vhost:eu%2forders']) {
        const opened = await ask(`${url}${path}${query}`);
        assert.equal(opened.code, 0, opened.line);
        assert.match(opened.line, /^RabbitMQ \d/);
      }
    });

    it('leaves three lines of information for each of 50 checks with a login', async () => {
      const lines = await logOf(
        () => passes(`${url}${query}`, 52),
        (log) => log.match(/closing AMQP connection/g)?.length === 52,
      );
      assert.deepEqual(
        lines.filter((line) => !line.startsWith('[info]')),
        [],
      );
      assert.equal(lines.length, 156);
    });

    it('is alive through a network that fails after its answer', () =>
      livesThroughFaults({ url: 'amqp://probe:$PASSWORD@:PORT?version=1.0', port: rabbit.port, env, provenAfter: 1 }));

    it('is alive, not ready, with a wrong password, of which it speaks after three seconds', async () => {
      const wrong = `amqp://probe:$WRONG@:${rabbit.port}${query}`;
      assert.equal((await ask('--probe', 'liveness', wrong)).code, 0);
      const { code, line } = await ask('--timeout', '8s', wrong);
      assert.match(line, /^login refused /);
      assert.equal(code, 4);
    });
  });

  describe('at its end', () => {
    it('once it has no more descriptors it has no word for one more client of its streams', async () => {
      const streams = `rabbitmq-stream://:${rabbit.streamPort}`;
      await limitDescriptors(rabbit, 3);
      const leave = await crowd(rabbit.streamPort);
      await aliveIn('full', { url: 'rabbitmq-stream://:PORT', port: rabbit.streamPort }, 'closes or waits');
      leave();
      await eventually('room', 10_000, async () => (await ask(streams)).code === 0);
    });

    it('when it is stopped it is 3, in time', () => timesOut(rabbit, url));

    it('when it is killed it is 2', async () => {
      await endAsked(
        rabbit,
        { url: 'amqp://:PORT', port: rabbit.port },
        { url: 'rabbitmq-stream://:PORT', port: rabbit.streamPort },
      );
      assert.equal((await ask('--probe', 'liveness', url)).code, 2);
    });
  });
});
