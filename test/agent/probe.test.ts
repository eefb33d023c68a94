// https://github.com/prometheus/blackbox_exporter/blob/master/README.md, https://prometheus.io/docs/guides/multi-target-exporter/
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { runToEnd } from '../support/process.ts';
import { eventually } from '../support/eventually.ts';
import { programOf } from '../support/packages.ts';
import { type Serving, serve } from './support/agent.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { type Daemon, freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { type RedisServer, startNginx, startRedis } from './support/servers.ts';

const password = 'correct-horse-battery-staple';

const metric = (body: string, name: string): number =>
  Number(
    body
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );

describe('serve asks a real server when Prometheus does', () => {
  const directory = useDaemons(['redis-server', 'nginx-light']);
  const files = writeCertificate(directory, 'probed', certificateFor(['localhost']));
  let redis: RedisServer;
  let nginx: Daemon;
  let agent: Serving;
  let [redisPort, plainPort, securePort] = [0, 0, 0];

  before(async function () {
    this.timeout(300_000);
    [redisPort, plainPort, securePort] = [await freePort(), await freePort(), await freePort()];
    redis = await startRedis(directory, [`requirepass ${password}`], redisPort);
    const tls = `ssl_certificate ${files.cert}; ssl_certificate_key ${files.key};`;
    const both = `server { listen 127.0.0.1:${plainPort}; } server { listen 127.0.0.1:${securePort} ssl; ${tls} }`;
    nginx = await startNginx(directory, both, plainPort);
    const cache = ['--module', 'cache=redis://:$PASSWORD@', '--target', `127.0.0.1:${redisPort}`];
    const wrong = ['--module', 'wrong=redis://:$WRONG@', '--target', `127.0.0.1:${redisPort}`];
    const web = ['--module', `web=https://?status=100-599&ca=${files.ca}`, '--target', `localhost:${securePort}`];
    const env = { PASSWORD: password, WRONG: 'a-wrong-horse' };
    agent = await serve([...cache, ...wrong, ...web, `http://:${plainPort}/`], env);
  });
  after(async () => {
    await agent.stop();
    await Promise.all([redis.kill(), nginx.kill()]);
  });

  const probe = (module: string, target: string, more = '') =>
    agent.get(`/probe?module=${module}&target=${encodeURIComponent(target)}${more}`);

  it('one that passes is a success', async () => {
    const { status, body } = await probe('cache', `127.0.0.1:${redisPort}`);
    assert.equal(status, 200);
    assert.equal(metric(body, 'probe_success'), 1);
    assert(metric(body, 'probe_duration_seconds') > 0);
    assert(body.includes('probe_verdict{verdict="pass"} 1\n') && body.endsWith('# EOF\n'), body);
    assert(!body.includes('PONG') && !body.includes('_ssl_'), body);
  });

  it('one that is alive is none, and the reason is told on request', async () => {
    const { body } = await probe('wrong', `127.0.0.1:${redisPort}`, '&debug=true');
    assert.match(body, /^alive, WRONGPASS /);
    assert.equal(metric(body, 'probe_success'), 0);
    assert(body.includes('probe_verdict{verdict="alive"} 1\n'), body);
  });

  it('of one with TLS it says when the certificate expires', async () => {
    const { body } = await probe('web', `https://localhost:${securePort}/`);
    assert.equal(metric(body, 'probe_success'), 1);
    const { out } = await runToEnd('openssl', ['x509', '-in', files.cert, '-noout', '-enddate']);
    assert.equal(metric(body, 'probe_ssl_earliest_cert_expiry'), Date.parse(out.split('=')[1] ?? '') / 1_000);
  });

  it('one that is gone fails, and its answer comes in the time of the scrape', async () => {
    redis.signal('SIGSTOP');
    const begin = performance.now();
    const header = { 'X-Prometheus-Scrape-Timeout-Seconds': '0.9' };
    const { status, body } = await agent.get(`/probe?module=cache&target=127.0.0.1:${redisPort}`, header);
    const ms = performance.now() - begin;
    redis.signal('SIGCONT');
    assert.equal(status, 200);
    assert(body.includes('probe_verdict{verdict="fail"} 1\n'), body);
    assert(ms >= 400, `${ms} ms`);
    // The time of the check, which the other processes of a busy machine do not make longer.
    assert(metric(body, 'probe_duration_seconds') < 0.9, body);
  });

  it('asks nobody whom the operator did not allow', async () => {
    let connections = 0;
    const other = createServer(() => (connections += 1));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as { port: number };
    for (const target of [`127.0.0.1:${port}`, `localhost:${port}`, `[::ffff:127.0.0.1]:${port}`, `pod:${port}`]) {
      for (const module of ['cache', 'web']) assert.equal((await probe(module, target)).status, 403, target);
    }
    // What one module may ask, another may not: it would get the wrong login.
    assert.equal((await probe('web', `127.0.0.1:${redisPort}`)).status, 403);
    for (const target of [
      'exec:id',
      'file:///etc/passwd',
      `http://127.0.0.1:${redisPort}`,
      '$PASSWORD@a:1',
      'a:1?tls',
    ]) {
      assert.equal((await probe('cache', target)).status, 400, target);
    }
    assert.equal((await agent.get('/probe?module=nobody&target=a:1')).status, 400);
    assert.equal((await agent.get(`/probe?target=127.0.0.1:${redisPort}`)).status, 400);
    assert.equal((await agent.post(`/probe?module=cache&target=127.0.0.1:${redisPort}`)).status, 405);
    assert.equal(connections, 0);
    other.close();
  });

  it('is asked by a real Prometheus, as the documentation has it', async function () {
    this.timeout(300_000);
    const page = readFileSync(new URL('../../docs/probe.md', import.meta.url), 'utf8');
    const [, config = ''] = /```yaml\n(scrape_configs:[^`]*)```/.exec(page) ?? [];
    const file = join(directory, 'prometheus.yml');
    const written = config
      .replace(/targets: .*/, `targets: ['127.0.0.1:${redisPort}']`)
      .replace(/replacement: .*/, `replacement: 127.0.0.1:${agent.port}`)
      .replace('scrape_interval: 30s', 'scrape_interval: 3s');
    assert.equal(written.split('127.0.0.1').length, 3, written);
    writeFileSync(file, written);
    const promtool = await runToEnd(await programOf('promtool', 'prometheus'), ['check', 'config', file]);
    assert.equal(promtool.code, 0, promtool.out + promtool.errors);
    const port = await freePort();
    const storage = `--storage.tsdb.path=${mkdtempSync(join(directory, 'data-'))}`;
    const args = [`--config.file=${file}`, storage, `--web.listen-address=127.0.0.1:${port}`];
    const prometheus = await startDaemon(await programOf('prometheus', 'prometheus'), args, port, 60_000);
    const value = async (query: string): Promise<string | undefined> => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
      const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
      return data.result[0]?.value[1];
    };
    const of = `{job="cache",instance="127.0.0.1:${redisPort}"}`;
    await eventually('the first scrape', 60_000, async () => (await value(`probe_success${of}`)) === '1');
    assert.equal(await value(`up${of}`), '1');
    assert(Number(await value(`probe_duration_seconds${of}`)) > 0);
    await prometheus.kill();
  });

  it('shows the password nowhere', () => {
    assert(!agent.log().includes(password) && !agent.log().includes('PASSWORD'), agent.log());
  });
});

describe('serve without a module', () => {
  it('has no such page', async () => {
    const agent = await serve(['tcp://:1']);
    assert.equal((await agent.get('/probe?target=127.0.0.1:1')).status, 404);
    await agent.stop();
  });
});

describe('a hundred targets that hang', () => {
  const held = new Set<Socket>();
  let hanging: Server;
  before(async () => {
    hanging = createServer((socket) => {
      held.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((listening) => hanging.listen(0, '127.0.0.1', listening));
  });
  after(() => {
    for (const socket of held) socket.destroy();
    hanging.close();
  });

  it('are judged or refused, never more than eight at once, and the kubelet is answered', async () => {
    const { port } = hanging.address() as { port: number };
    const agent = await serve(['--module', 'any=redis://', '--target', `127.0.0.1:${port}`, `tcp://:${port}`]);
    const header = { 'X-Prometheus-Scrape-Timeout-Seconds': '2' };
    const asked = Array.from({ length: 100 }, () => agent.get(`/probe?target=127.0.0.1:${port}`, header));
    await eventually('the first', 8_000, async () => held.size >= 8);
    assert.equal((await agent.probe('/livez')).status, 200);
    const answers = await Promise.all(asked);
    const of = (status: number): number => answers.filter((answer) => answer.status === status).length;
    assert.equal(of(200) + of(503), 100);
    assert(of(200) >= 8 && of(503) >= 50, `${of(200)} were asked`);
    for (const { status, body } of answers) {
      if (status === 503) assert.equal(body, 'too many probes at once\n');
      else assert(body.includes('probe_verdict{verdict="fail"} 1\n'), body);
    }
    const residentKb = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1]);
    assert(residentKb < 2_048, `${residentKb} kB`);
    await agent.stop();
  });
});
