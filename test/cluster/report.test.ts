import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { healthInjector, program } from '../cli/support/health-injector.ts';
import { assertSoundPage } from '../report/support/sound-page.ts';
import { startBrowser } from '../support/browser.ts';
import { asked, kinds, makeHistory, makeNamespaces, makeWorkloads, namespaceCount } from '../report/support/fleet.ts';
import { eventually } from '../support/eventually.ts';
import { must } from '../support/process.ts';
import { type RunningWebhook, startWebhook } from '../support/webhook.ts';
import { type Apiserver, startApiserver } from '../validity/apiserver.ts';
import { follow, registerWebhook } from '../validity/registration.ts';

const tools = process.env['CLUSTER_TOOLS'] ?? new URL('../../../shared/cluster', import.meta.url).pathname;

const isInjected = ({ metadata }: any): boolean =>
  JSON.parse(metadata.annotations?.['health.example.com/status'] ?? '{"added":[]}').added.length > 0;

const isReady = ({ status }: any): boolean =>
  status.conditions.some(({ type, status: is }: any) => type === 'Ready' && is === 'True');

const keyOf = ({ metadata }: any): string => `${metadata.namespace}/${metadata.labels.app}`;

describe('a report of 300 workloads in 20 namespaces, on a real apiserver', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  const stopping = new AbortController();
  let apiserver: Apiserver;
  let webhook: RunningWebhook;
  let browser: Browser;
  before(async function (this: Mocha.Context) {
    this.timeout(300_000);
    apiserver = await startApiserver(tools);
    webhook = await startWebhook();
    await makeNamespaces(apiserver);
    const namespaceSelector = { matchLabels: { [asked]: 'true' } };
    await registerWebhook(apiserver, { name: 'report', connection: webhook.connection, namespaceSelector });
    await follow(apiserver, webhook.store, stopping.signal);
    await untilAsked();
    await makeWorkloads(apiserver);
    await makeHistory(apiserver);
    browser = await startBrowser();
  });
  after(async () => {
    stopping.abort();
    await browser?.close();
    await webhook?.stop();
    await apiserver?.stop();
    rmSync(folder, { recursive: true });
  });

  /** The apiserver knows a new webhook a moment later. */
  async function untilAsked(): Promise<void> {
    for (;;) {
      const annotations = { 'health.example.com/pattern': 'port', 'health.example.com/check': 'tcp://:80' };
      const { body } = await apiserver.call('POST', '/api/v1/namespaces/shop-00/pods?dryRun=All', {
        metadata: { name: 'a', annotations },
        spec: { containers: [{ name: 'app', image: 'app:1' }] },
      });
      if (JSON.stringify(body).includes('health.example.com/status')) return;
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  const env = () => ({ KUBECONFIG: apiserver.kubeconfig });
  const run = (...args: readonly string[]) => healthInjector(args, { env: env() });
  const kubectl = async (...resources: readonly string[]): Promise<any[]> => {
    const args = ['--kubeconfig', apiserver.kubeconfig, 'get', resources.join(','), '-A', '-o', 'json'];
    return JSON.parse(await must('kubectl', args)).items;
  };

  it('counts what kubectl counts', async () => {
    const { code, out } = await run('report', '-A', '-o', 'json');
    assert.equal(code, 0);
    const { totals, namespaces, policies, workloads } = JSON.parse(out);
    const objects = await kubectl(
      'deployments',
      'statefulsets',
      'daemonsets',
      'replicasets',
      'cronjobs',
      'jobs',
      'pods',
    );
    const top = objects.filter(({ metadata }) => !metadata.ownerReferences);
    assert.equal(top.length, namespaceCount * kinds.length);
    assert.equal(top.length, 300);
    assert.deepEqual([totals.workloads, totals.namespaces], [top.length, namespaceCount]);
    const pods = objects.filter(({ kind }) => kind === 'Pod');
    const restarts = pods.map(({ status }) => status.containerStatuses[0].restartCount);
    assert.deepEqual(
      [totals.pods, totals.ready, totals.injected, totals.restarts],
      [pods.length, pods.filter(isReady).length, pods.filter(isInjected).length, restarts.reduce((a, b) => a + b)],
    );
    const wanted = new Set(['cache', 'db', 'unwell', 'web']);
    const missed = pods.filter(
      ({ metadata }) => Number(metadata.namespace.slice(-2)) % 5 === 4 && wanted.has(metadata.labels.app),
    );
    assert.equal(totals.missed, missed.length);
    for (const { name, pods: count, injected } of namespaces) {
      const own = pods.filter(({ metadata }) => metadata.namespace === name);
      assert.deepEqual([count, injected], [own.length, own.filter(isInjected).length], name);
    }
    // By the Pods, or where a workload has none by its template: each is in one of the three.
    assert.equal(totals.ours + totals.own + totals.none, totals.workloads);
    const ours = workloads.filter(({ coverage, pods: count }: any) => coverage === 'ours' && count.total > 0);
    assert.deepEqual(
      ours.map(({ namespace, name }: any) => `${namespace}/${name}`).toSorted(),
      [...new Set(pods.filter(isInjected).map(keyOf))].toSorted(),
    );
    assert.equal(totals.own, top.filter(({ metadata }) => ['own', 'node-agent'].includes(metadata.name)).length);
    assert.deepEqual(
      policies.map(({ name, mode }: any) => [name, mode]),
      [
        ['audit', 'Audit'],
        ['enforce', 'Enforce'],
      ],
    );
    const requests = pods
      .flatMap(({ spec }) => spec.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy === 'Always')
      .map(({ resources }) => Number.parseInt(resources.requests.cpu, 10));
    assert.equal(
      totals.cost.cpuMillis,
      requests.reduce((a, b) => a + b),
    );
  });

  it('is one page that Chromium shows without an error, and in which axe finds nothing', async () => {
    const file = join(folder, 'report.html');
    const { code } = await run('report', '-A', '--out', file);
    assert.equal(code, 0);
    await assertSoundPage(browser, file);
  });

  it('has quarantines, moves, Events and the certificate', async () => {
    const { timeline, certificates } = JSON.parse((await run('report', '-n', 'shop-00', '-o', 'json')).out);
    const count = (kind: string) => timeline.filter((row: any) => row.kind === kind).length;
    assert.deepEqual(['quarantine', 'move', 'event'].map(count), [2, 2, 3]);
    assert.equal(certificates.length, 1);
    const other = JSON.parse((await run('report', '-n', 'shop-01', '-o', 'json')).out);
    assert.deepEqual(other.timeline, []);
  });

  it('explain -n is a table of the same workloads: what each has, from where, and why not', async () => {
    const { code, out } = await run('explain', '-n', 'shop-00');
    assert.equal(code, 0);
    const [head = '', ...rows] = out.trimEnd().split('\n');
    assert.match(
      head,
      /^NAMESPACE +WORKLOAD +STATE +PATTERN +CONTAINER +CHECK +FROM +PODS +FAILING +UNPROVEN +WHY NOT$/,
    );
    assert.equal(rows.length, kinds.length);
    const row = (name: string): string => rows.find((line) => line.includes(`/${name} `)) ?? '';
    assert.match(
      row('cache'),
      /^shop-00 +Deployment\/cache +has +sidecar +app +redis:\/\/:6379 +annotations +2\/2 +0 +0$/,
    );
    assert.match(row('unwell'), / 0\/2 +2 +0$/);
    assert.match(row('web'), /annotations \(guess\) +1\/1 +0 +\?$/);
    assert.match(row('own'), / own .* not-asked: No annotation/);
    assert.match(row('asleep'), / would +port /);
    const away = (await run('explain', '-n', 'shop-04')).out;
    assert.match(away, /Deployment\/cache +lacks .* 2 of 2 Pods were made without it: restart it$/m);
  });

  it('explain --policy shows what a policy on trial would do, in pages', async () => {
    const { out } = await run('explain', '--policy', 'audit', '--limit', '1', '--page', '2');
    assert.match(out, /^shop-07 +Pod\/bare +audit +sidecar +app +redis:\/\/:6379 +HealthPolicy audit /m);
    assert.match(out, /^Rows 2 to 2 of 2\.$/m);
    const { code, errors } = await run('explain', '--policy', 'none');
    assert.equal(code, 2);
    assert.match(errors, /There is no HealthPolicy none\./);
  });

  it('explain -A gives all of them to programs', async () => {
    const rows = JSON.parse((await run('explain', '-A', '-o', 'json')).out);
    assert.equal(rows.length, 300);
    assert.equal(rows.filter(({ state }: any) => state === 'lacks').length, 16);
  });

  it('watch follows restarts, readiness, Events and quarantines of a namespace, and ends on Ctrl-C', async () => {
    const child = spawn(process.execPath, [program, 'watch', '-n', 'shop-00', '-o', 'json'], {
      env: { ...process.env, ...env() },
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const line = (object: string, message: RegExp) =>
      eventually(`${object} ${message}`, 60_000, async () =>
        out
          .split('\n')
          .filter((text) => text.endsWith('}'))
          .some((text) => {
            const found = JSON.parse(text);
            return found.namespace === 'shop-00' && found.object === object && message.test(found.message);
          }),
      );
    const path = '/api/v1/namespaces/shop-00';
    try {
      // What is wrong at the start is told, too.
      await line('Pod/unwell-0', /^is not Ready$/);
      await line('Pod/unwell-0', /^app was restarted, 3 times now$/);
      const pod = await apiserver.must('GET', `${path}/pods/cache-0`);
      const [container] = pod.status.containerStatuses;
      const terminated = { exitCode: 137, reason: 'OOMKilled', startedAt: null, finishedAt: new Date().toISOString() };
      await apiserver.must('PUT', `${path}/pods/cache-0/status`, {
        ...pod,
        status: {
          ...pod.status,
          conditions: [
            { ...pod.status.conditions[0], status: 'False', message: 'containers with unready status: [app]' },
          ],
          containerStatuses: [{ ...container, ready: false, restartCount: 1, lastState: { terminated } }],
        },
      });
      await line('Pod/cache-0', /^app was restarted, once now: it ended with exit code 137 \(OOMKilled\)$/);
      await line('Pod/cache-0', /^is not Ready: containers with unready status: \[app\]$/);
      await apiserver.must('POST', `${path}/events`, {
        metadata: { name: 'unhealthy' },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'cache-0', namespace: 'shop-00', uid: pod.metadata.uid },
        reason: 'Unhealthy',
        type: 'Warning',
        message: 'Liveness probe failed: \u001b[2Jno answer',
        count: 1,
        lastTimestamp: new Date().toISOString(),
      });
      await line('Pod/cache-0', /^Unhealthy: Liveness probe failed: \\u001b\[2Jno answer$/);
      await apiserver.must('DELETE', '/apis/health.example.com/v1alpha1/nodequarantines/node-a');
      await line('Deployment/cache', /^is no longer kept off node-a$/);
      await apiserver.must('DELETE', `${path}/pods/cache-0?gracePeriodSeconds=0`);
      await line('Pod/cache-0', /^is gone, or on its way out$/);
    } finally {
      child.kill('SIGINT');
    }
    assert.equal(await ended, 0);
  });
});
