import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { ReportFacts, WorkloadFact } from '../../src/report/facts.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { createReport } from '../../src/report/report.ts';
import { healthInjector, manifests, runHere } from '../cli/support/health-injector.ts';
import { startBrowser } from '../support/browser.ts';
import { assertSoundPage } from './support/sound-page.ts';

const hostile = '<img src=x onerror=alert(1)> | `code` [link](http://evil) "\'&';

const workload = (fact: Partial<WorkloadFact>): WorkloadFact => ({
  namespace: 'shop',
  kind: 'Deployment',
  name: 'a',
  coverage: 'none',
  result: 'not-asked',
  sentence: 'Nothing asks.',
  by: undefined,
  checks: [],
  notes: [],
  auto: undefined,
  pods: { total: 1, ready: 1, injected: 0, missed: 0, restarts: 0, unproven: 0 },
  cost: undefined,
  ...fact,
});

const check = {
  container: 'app',
  pattern: 'sidecar',
  checks: ['redis://:6379'],
  probes: ['liveness'],
  guess: undefined,
};

const facts: ReportFacts = {
  takenAt: '2026-01-10T00:00:00.000Z',
  subject: hostile,
  isLive: true,
  kubernetes: 'v1.36.0',
  namespaces: [{ name: 'shop', inject: 'enabled' }],
  workloads: [
    workload({ name: 'b', coverage: 'own' }),
    workload({ name: hostile, namespace: hostile, notes: [hostile] }),
    workload({ auto: { checks: [{ ...check, guess: 'redis' }], sentence: '' } }),
    workload({
      name: 'c',
      coverage: 'ours',
      result: 'injected',
      by: 'annotations',
      checks: [check],
      pods: { total: 4, ready: 3, injected: 3, missed: 1, restarts: 5, unproven: 0 },
      cost: { cpuMsPerHour: 2_000, execsPerMinute: 6, cpuMillis: 20, memoryMebibytes: 16 },
    }),
  ],
  policies: [
    {
      name: hostile,
      mode: 'Audit',
      priority: 1,
      asks: hostile,
      problems: [hostile],
      matched: 1,
      injected: 0,
      missed: 0,
      unproven: undefined,
    },
  ],
  quarantines: [
    {
      node: 'node-a',
      owner: 'shop/Deployment/c',
      check: 'nvme',
      message: hostile,
      since: '2026-01-09T00:00:00Z',
      until: '2026-01-11T00:00:00Z',
      moves: [{ pod: 'c-1', at: '2026-01-09T00:01:00Z' }],
    },
  ],
  events: [
    { at: '2026-01-09T12:00:00Z', reason: 'MoveHeld', object: 'shop/Pod/c-2', message: hostile },
    { at: 'never', reason: 'MoveHeld', object: 'shop/Pod/c-3', message: '' },
  ],
  certificates: [
    { name: 'late', notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' },
    { name: 'soon', notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-01-13T12:00:00Z' },
  ],
  unseen: [hostile],
};

describe('a report', () => {
  const report = createReport(facts);

  it('sums workloads, Pods and the cost of the Pods that carry a check', () => {
    const { cost, ...totals } = report.totals;
    assert.deepEqual(totals, {
      namespaces: 2,
      workloads: 4,
      ours: 1,
      own: 1,
      none: 2,
      couldBeChecked: 1,
      pods: 7,
      ready: 6,
      injected: 3,
      missed: 1,
      restarts: 5,
    });
    assert.deepEqual(cost, { cpuSecondsPerHour: 6, execsPerMinute: 18, cpuMillis: 60, memoryMebibytes: 48 });
    assert.deepEqual(report.patterns, [{ pattern: 'sidecar', has: 1, could: 1 }]);
  });

  it('has what happened on one time line, the newest first, and leaves out what has no time', () => {
    assert.deepEqual(
      report.timeline.map(({ at, kind }) => [at, kind]),
      [
        ['2026-01-09T12:00:00Z', 'event'],
        ['2026-01-09T00:01:00Z', 'move'],
        ['2026-01-09T00:00:00Z', 'quarantine'],
      ],
    );
    const many = { ...facts, events: Array.from({ length: 500 }, () => facts.events[0]!) };
    const { timeline, timelineOmitted } = createReport(many);
    assert.deepEqual([timeline.length, timelineOmitted], [200, 302]);
  });

  it('counts why workloads were left, and how long certificates last', () => {
    assert.deepEqual(
      report.reasons.map(({ reason, count }) => [reason, count]),
      [['not-asked', 3]],
    );
    assert.deepEqual(
      report.certificates.map(({ name, daysLeft }) => [name, daysLeft]),
      [
        ['soon', 3],
        ['late', 356],
      ],
    );
  });

  it('shows a stranger’s text as text, in HTML and in Markdown', () => {
    const html = renderHtml(report);
    assert(!html.includes('<img') && html.includes('&lt;img src=x onerror=alert(1)&gt;'));
    assert(!/<script|javascript:|style="/.test(html));
    const markdown = renderMarkdown(report);
    assert(!markdown.includes('<img') && !/[^\\]\[link]/.test(markdown) && !markdown.includes('`code`'));
    const rows = markdown.split('\n').filter((line) => line.startsWith('| '));
    for (const row of rows) assert(row.endsWith(' |'), row);
    const timeline = rows.find((row) => row.includes('MoveHeld'));
    assert.equal(timeline?.replaceAll('\\|', '').split('|').length, 6);
  });

  it('says of a cluster without anything that there is nothing', () => {
    const nothing = { workloads: [], policies: [], quarantines: [], events: [], certificates: [], unseen: [] };
    const empty = createReport({ ...facts, ...nothing, namespaces: [] });
    assert.match(renderHtml(empty), /No Pod was moved, and no node is quarantined\./);
    assert.match(renderMarkdown(empty), /There is no HealthPolicy\./);
  });
});

const deployment = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${image}, namespace: shop }
spec: { selector: {}, template: { spec: { containers: [{ name: app, image: '${image}' }] } } }
`;

describe('health-injector report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  after(() => rmSync(folder, { recursive: true }));
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  it('makes of manifests one file that Chromium shows without an error or a request, and in which axe finds nothing', async () => {
    const file = join(folder, 'report.html');
    const { code, errors } = await healthInjector(['report', '--out', file, manifests]);
    assert.deepEqual([code, errors], [0, `The report was written to ${file}.\n`]);
    assert.match(readFileSync(file, 'utf8'), /Deployment\/redis/);
    await assertSoundPage(browser, file);
  });

  it('is as sound with all that a cluster may show', async () => {
    const file = join(folder, 'hostile.html');
    writeFileSync(file, renderHtml(createReport(facts)));
    await assertSoundPage(browser, file);
  });

  it('says the same as JSON and as Markdown, of a Deployment that a policy in the same manifests asks for', async () => {
    const json = JSON.parse((await runHere(['report', '-o', 'json', `${manifests}shop.yaml`])).out);
    const { workloads, ours, none } = json.totals;
    assert.deepEqual([workloads, ours, none], [3, 2, 1]);
    const redis = json.workloads.find(({ name }: WorkloadFact) => name === 'redis');
    assert.deepEqual([redis.coverage, redis.by, redis.checks.length], ['ours', 'annotations', 2]);
    const { out } = await runHere(['report', '-o', 'markdown', `${manifests}shop.yaml`]);
    assert.match(out, /^Of 3 workloads in 2 namespaces, 2 \(67 %\) would be checked by health-injector/m);
  });

  it('says what auto would find, by the webhook’s own core', async () => {
    const { out } = await runHere(['report', '-o', 'json', '-'], {
      input: `${deployment('redis')}---\n${deployment('unknown')}`,
    });
    const [redis, unknown] = JSON.parse(out).workloads as WorkloadFact[];
    assert.deepEqual(
      redis?.auto?.checks.map(({ pattern, checks, guess }) => [pattern, checks, guess]),
      [['sidecar', ['redis://:6379'], 'redis://:6379 by image redis']],
    );
    assert.deepEqual(unknown?.auto?.checks, []);
  });

  const mistakes: Readonly<Record<string, readonly [args: readonly string[], sentence: RegExp]>> = {
    'nothing is named': [[], /^Name what is reported on: -A for all namespaces, -n NAMESPACE, or manifests\.$/],
    'both are named': [['-A', 'x.yaml'], /^--all-namespaces is of a cluster: name no manifest with it\.$/],
  };
  for (const [what, [args, sentence]] of Object.entries(mistakes)) {
    it(`says with 64 that ${what}`, async () => {
      const { code, errors } = await runHere(['report', ...args]);
      assert.equal(code, 64);
      assert.match(errors.trimEnd(), sentence);
    });
  }
});
