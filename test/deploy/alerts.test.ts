// https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { programOf } from '../support/packages.ts';
import { runToEnd } from '../support/process.ts';
import { type AlertCase, alertCases } from './support/alert-cases.ts';

const rulesFile = new URL('../../deploy/monitoring/rules.yaml', import.meta.url).pathname;
const rules: any[] = parse(readFileSync(rulesFile, 'utf8')).groups.flatMap((group: any) => group.rules);

/** An alert as promtool wants it said, with all that the rule has written on it. */
function expected(alert: string, { labels = {}, value = '' }: AlertCase['fires'][number]): object {
  const rule = rules.find((each) => each.alert === alert);
  const filled = Object.entries<string>(rule.annotations).map(([key, text]) => [
    key,
    text
      .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => labels[label] ?? '')
      .replaceAll(/\{\{[^}]*\}\}/g, value),
  ]);
  return { exp_labels: { ...rule.labels, ...labels }, exp_annotations: Object.fromEntries(filled) };
}

const unitTest = ({ alert, series, at, fires }: AlertCase): object => ({
  rule_files: [rulesFile],
  tests: [
    {
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: fires.map((each) => expected(alert, each)) }],
    },
  ],
});

describe('the alert rules', () => {
  let promtool = '';
  let directory = '';
  before(async function () {
    this.timeout(300_000);
    directory = mkdtempSync(join(tmpdir(), 'health-injector-alerts-'));
    promtool = await programOf('promtool', 'prometheus');
  });
  after(() => rmSync(directory, { recursive: true }));
  const runs = async (...args: readonly string[]): Promise<void> => {
    const { code, out, errors } = await runToEnd(promtool, args);
    assert.equal(code, 0, errors + out);
  };

  it('are ones that promtool takes', () => runs('check', 'rules', rulesFile));

  for (const [index, each] of alertCases.entries()) {
    it(`${each.alert} ${each.that}`, async () => {
      const file = join(directory, `${index}.yaml`);
      writeFileSync(file, stringify(unitTest(each)));
      await runs('test', 'rules', file);
    });
  }

  it('are each tried where they fire and where they are silent', () => {
    const firing = alertCases.filter(({ fires }) => fires.length > 0);
    const silent = alertCases.filter(({ fires }) => fires.length === 0);
    const all = new Set(rules.map(({ alert }) => alert));
    for (const tried of [firing, silent]) assert.deepEqual(new Set(tried.map(({ alert }) => alert)), all);
  });
});
