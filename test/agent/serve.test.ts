import assert from 'node:assert/strict';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Serving, serve } from './support/agent.ts';
import { certificateFor, clientCertificate, strangerCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { type RedisServer, slowToLoad, startRedis } from './support/servers.ts';

const password = 'correct-horse-battery-staple';
const probes = ['/livez', '/readyz', '/startupz'] as const;

describe('serve watches a real redis', () => {
  const directory = useDaemons(['redis-server']);
  const options = [`requirepass ${password}`];
  let redis: RedisServer;
  let agent: Serving;
  let port: number;
  let stopped = false;

  before(async function () {
    this.timeout(300_000);
    const loading = await slowToLoad(directory, 750);
    port = await freePort();
    redis = await startRedis(directory, [...options, ...loading], port);
    const checks = ['--period', '200ms', '--timeout', '150ms', '--container', 'cache', `redis://:$PASSWORD@:${port}`];
    const report = ['--container', 'jobs', 'done=push:?max-age=60s'];
    agent = await serve(['--drain', '4s', ...checks, ...report], { PASSWORD: password });
  });
  after(async () => {
    if (!stopped) await agent.stop();
    await redis.kill();
  });

  const statusOf = async (path: string): Promise<number> => (await agent.get(path)).status;
  const statuses = (): Promise<number[]> => Promise.all(probes.map((probe) => statusOf(`${probe}/cache`)));
  const become = (...expected: number[]): Promise<boolean> =>
    eventually(`${expected}`, 3_000, async () => {
      const found = await statuses();
      if (`${found}` !== `${expected}`) throw new Error(`${found}`);
      return true;
    });
  /** The changes of the verdict on redis that were logged, oldest first. */
  const changes = (): string[] =>
    [...agent.log().matchAll(/ container=cache .*verdict=(.*)$/gm)].map(([, rest]) => rest!);
  /** The line reaches us after the verdict has. */
  const lastChange = (begin: string): Promise<boolean> =>
    eventually('the change in the log', 3_000, async () => {
      const last = changes().at(-1) ?? '';
      if (!last.startsWith(begin)) throw new Error(last);
      return true;
    });

  it('while it loads it is alive and started, not ready', async () => {
    await become(200, 503, 200);
    assert.equal(await statusOf('/readyz'), 503);
    assert.match(
      (await agent.get('/readyz/cache?verbose')).body,
      /alive, LOADING .*\nfailed: redis 127\.0\.0\.1:\d+\n$/,
    );
    await lastChange('alive reason="LOADING ');
  });

  it('once it has loaded it is ready', async () => {
    await become(200, 200, 200);
    await lastChange('pass reason=PONG');
    assert.deepEqual(await agent.get('/readyz/cache'), { status: 200, body: 'ok\n' });
    assert.match(
      (await agent.get('/livez/cache?verbose')).body,
      /^\[\+\] redis 127\.0\.0\.1:\d+: pass, PONG, .*ago\nok\n$/,
    );
  });

  it('what the agent answers after it was stopped itself is no failure of the server', async () => {
    for (let round = 0; round < 10; round++) {
      process.kill(agent.pid, 'SIGSTOP');
      // Three periods make a result stale.
      await sleep(700);
      const asked = agent.probe('/livez/cache');
      await sleep(50);
      process.kill(agent.pid, 'SIGCONT');
      assert.equal((await asked).status, 200);
    }
  });

  it('when it is stopped it is 504, until it goes on', async () => {
    redis.signal('SIGSTOP');
    await become(504, 504, 504);
    await lastChange('fail reason="timed out after 150ms"');
    redis.signal('SIGCONT');
    await become(200, 200, 200);
  });

  it('when it is killed it is 502, until it is back', async () => {
    await redis.kill();
    await become(502, 502, 502);
    await lastChange('fail reason="connection refused on 127.0.0.1 and ::1"');
    const { body } = await agent.get('/livez');
    assert.equal(body, `failed: cache/redis 127.0.0.1:${port}\n`);
    redis = await startRedis(directory, options, port);
    await become(200, 200, 200);
    await lastChange('pass reason=PONG');
  });

  it('is alive, not ready, when the password is another one', async () => {
    await redis.cli('config', 'set', 'requirepass', 'changed');
    await become(200, 502, 200);
    await lastChange('alive reason="WRONGPASS ');
    await redis.cli('-a', 'changed', '--no-auth-warning', 'config', 'set', 'requirepass', password);
    await become(200, 200, 200);
  });

  it('takes the report of an application', async () => {
    assert.equal(await statusOf('/livez/jobs'), 200);
    assert.equal(await statusOf('/readyz/jobs'), 503);
    assert.deepEqual(await agent.post('/push/jobs/done'), { status: 204, body: '' });
    assert.equal(await statusOf('/readyz/jobs'), 200);
    assert.equal(await statusOf('/readyz'), 200);
    assert.equal((await agent.post('/push/jobs/undone')).status, 404);
  });

  it('has nothing else to say', async () => {
    for (const path of ['/', '/livez/', '/livez/nobody', '/LIVEZ', '/livez/../metrics'])
      assert.equal(await statusOf(path), 404);
    assert.equal((await agent.post('/livez')).status, 405);
    assert.equal(await statusOf('/push/jobs/done'), 405);
    assert.equal(await statusOf('/agentz'), 200);
  });

  it('counts in OpenMetrics', async () => {
    const { status, body } = await agent.get('/metrics');
    assert.equal(status, 200);
    assert(body.endsWith('\n# EOF\n'));
    const samples = body
      .trimEnd()
      .split('\n')
      .filter((line) => !/^# (TYPE|HELP|UNIT|EOF)/.test(line));
    for (const line of samples) {
      assert.match(line, /^health_probe_\w+\{(\w+="(?:[^"\\\n]|\\["\\n])*",?)*\} -?\d+(\.\d+)?$/);
    }
    assert.equal(new Set(samples.map((line) => line.replace(/ \S+$/, ''))).size, samples.length);
    const of = `checked_container="cache",check="redis 127.0.0.1:${port}"`;
    assert(samples.includes(`health_probe_check_verdict{${of},verdict="pass"} 1`));
    assert(samples.includes(`health_probe_check_verdict{${of},verdict="fail"} 0`));
    for (const outcome of ['pass', 'alive', 'fail']) {
      assert(
        samples.some(
          (line) => line.startsWith(`health_probe_checks_total{${of},verdict="${outcome}"} `) && !line.endsWith(' 0'),
        ),
      );
    }
    assert(samples.some((line) => line.startsWith('health_probe_http_requests_total{path="livez",code="504"} ')));
  });

  it('shows the password nowhere', async () => {
    const paths = ['/metrics', '/readyz?verbose', '/livez/cache?verbose', '/agentz?verbose'];
    const said = await Promise.all(paths.map(async (path) => (await agent.get(path)).body));
    for (const text of [...said, agent.log()]) assert(!text.includes(password) && !text.includes('PASSWORD'), text);
  });

  it('is not troublesome to redis', async () => {
    const info = await redis.cli('info');
    assert.match(info, /^rejected_connections:0\r$/m);
    const clients = Number(/^connected_clients:(\d+)/m.exec(info)?.[1]);
    assert(clients <= 2, `${clients} clients`);
  });

  it('after SIGTERM it is not ready at once, answers for a while, and ends with 0', async () => {
    stopped = true;
    const begin = performance.now();
    const ended = agent.stop();
    await eventually('not ready', 500, async () => (await statusOf('/readyz/cache')) === 503);
    assert.equal((await agent.get('/readyz')).body, 'failed: shutting down\n');
    assert.equal(await statusOf('/livez'), 200);
    assert.equal(await statusOf('/startupz'), 200);
    assert.equal(await ended, 0);
    const drainedMs = performance.now() - begin;
    assert(drainedMs >= 3_900, `${drainedMs} ms`);
    assert.match(agent.log(), / level=info msg=stopped\n$/);
  });
});

const unproven = async (agent: Serving): Promise<string | undefined> =>
  /^health_probe_check_unproven\{.*\} (.*)$/m.exec((await agent.get('/metrics')).body)?.[1];

describe('serve holds a guess without power until it has passed', () => {
  const directory = useDaemons(['redis-server']);
  const running: (() => Promise<unknown>)[] = [];
  afterEach(() => Promise.all(running.splice(0).map((stop) => stop())));

  async function guessing(scheme: string, period: string) {
    const port = await freePort();
    const redis = await startRedis(directory, [], port);
    running.push(() => redis.kill());
    const check = `${scheme}://:${port}`;
    const args = ['--container', 'db', '--guess', '--period', period, '--timeout', '150ms', check];
    const agent = await serve(args);
    running.push(() => agent.stop());
    const become = (path: string, ...expected: number[]): Promise<boolean> =>
      eventually(`${path} ${expected}`, 20_000, async () => expected.includes((await agent.probe(path)).status));
    return { redis, agent, become, label: `${scheme} 127.0.0.1:${port}` };
  }

  it('a wrong one restarts nothing, is ready after its time, and is told', async () => {
    // Of the minute the period is left out, in which the kubelet does not ask.
    const { agent, label } = await guessing('memcached', '50s');
    assert.equal((await agent.probe('/startupz/db')).status, 200);
    await eventually('a result', 10_000, async () => /verdict=fail .*unproven=true/.test(agent.log()));
    assert.equal((await agent.probe('/livez/db')).body, `ok, unproven: ${label}\n`);
    const seen = new Set<number>();
    await eventually('told', 20_000, async () => {
      seen.add((await agent.probe('/readyz/db')).status);
      return seen.has(300);
    });
    assert(!seen.has(200), 'it was ready before it was told');
    assert.deepEqual(await agent.probe('/readyz/db'), { status: 200, body: `ok, unproven: ${label}\n` });
    assert.match(
      (await agent.get('/livez/db?verbose')).body,
      /^\[\+\] memcached .*: unproven: fail, .*ago\nok, unproven/,
    );
    assert.equal(await unproven(agent), '1');
  });

  it('a right one has power from its first pass on, and none over the next container until it has passed again', async () => {
    const { redis, agent, become, label } = await guessing('redis', '200ms');
    assert.equal((await agent.probe('/startupz/db')).status, 200);
    await eventually('the proof', 10_000, async () => (await unproven(agent)) === '0');
    assert.equal((await agent.probe('/readyz/db')).body, 'ok\n');
    redis.signal('SIGSTOP');
    await become('/livez/db', 504);
    // The kubelet has restarted the container, and asks for its startup.
    assert.deepEqual(await agent.probe('/startupz/db'), { status: 200, body: `ok, unproven: ${label}\n` });
    assert.equal((await agent.probe('/livez/db')).status, 200);
    assert.equal((await agent.probe('/readyz/db')).status, 504);
    redis.signal('SIGCONT');
    await eventually('the proof', 10_000, async () => (await unproven(agent)) === '0');
    redis.signal('SIGSTOP');
    await become('/livez/db', 504);
    redis.signal('SIGCONT');
  });
});

describe('serve watches a redis that wants certificates', () => {
  const directory = useDaemons(['redis-server']);

  it('with files that are renewed one by one, each read again as soon as it is another', async () => {
    const { cert, key, ca, otherCa } = writeCertificate(directory, 'redis', certificateFor(['localhost']));
    const port = await freePort();
    const files = [`tls-cert-file ${cert}`, `tls-key-file ${key}`, `tls-ca-cert-file ${ca}`, 'tls-auth-clients yes'];
    const redis = await startRedis(directory, [`tls-port ${port}`, ...files]);
    const own = writeCertificate(directory, 'own', strangerCertificate('probe'));
    const renewed = writeCertificate(directory, 'renewed', clientCertificate('probe'));
    const trusted = join(directory, 'trusted.crt');
    copyFileSync(otherCa, trusted);
    const check = `redis://:${port}?tls&ca=${trusted}&cert=${own.cert}&key=${own.key}`;
    const agent = await serve(['--period', '200ms', '--timeout', '150ms', '--container', 'cache', check]);
    const become = (liveness: number, readiness: number, reason: RegExp): Promise<boolean> =>
      eventually(`${reason}`, 3_000, async () => {
        const { status, body } = await agent.get('/readyz?verbose');
        if (status !== readiness || !reason.test(body)) throw new Error(body);
        return (await agent.get('/livez')).status === liveness;
      });
    await become(502, 502, /: fail, certificate not trusted: unknown issuer, /);
    copyFileSync(ca, `${trusted}.new`);
    renameSync(`${trusted}.new`, trusted);
    await become(200, 502, /: alive, peer refused the client certificate: unknown ca, /);
    renameSync(renewed.cert, own.cert);
    await become(200, 502, /: alive, cannot use /);
    renameSync(renewed.key, own.key);
    await become(200, 200, /: pass, PONG, /);
    assert.equal(await agent.stop(), 0);
    await redis.kill();
  });
});
