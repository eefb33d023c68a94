import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { serve } from '../agent/support/agent.ts';
import { eventually } from '../support/eventually.ts';
import { exported, known, ofTheTarget } from './support/known-metrics.ts';
import { namedIn } from './support/promql.ts';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(root + path, 'utf8');
const rules: any[] = parse(read('deploy/monitoring/rules.yaml')).groups.flatMap((group: any) => group.rules);
const dashboard = JSON.parse(read('deploy/monitoring/dashboard.json'));
const ofSidecars = JSON.parse(read('deploy/monitoring/sidecars-dashboard.json'));
const operations = read('docs/operations.md');

/** Where GitHub puts the anchors of a page. */
const anchors = [...operations.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-'),
);

const expressions: readonly (readonly [string, string])[] = [
  ...rules.map(({ alert, expr }) => [`the alert ${alert}`, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }: any) =>
    targets.map(({ expr, refId }: any) => [`the panel "${title}" (${refId})`, expr] as const),
  ),
];

const ofPanels = ofSidecars.panels.flatMap(({ title, targets }: any) =>
  targets.map(({ expr, refId }: any) => [`the panel "${title}" (${refId}) of the sidecars`, expr] as const),
);

describe('the monitoring of deploy/', () => {
  for (const [where, expression] of expressions) {
    it(`names what is there: ${where}`, () => {
      const { metrics, labels } = namedIn(expression);
      assert(metrics.length > 0, expression);
      assert.deepEqual(
        metrics.filter((metric) => !known.has(metric)),
        [],
      );
      const there = new Set([...ofTheTarget, ...metrics.flatMap((metric) => known.get(metric) ?? [])]);
      assert.deepEqual(
        labels.filter((label) => !there.has(label)),
        [],
      );
    });
  }

  it('shows every metric of the agent, by names and labels that a running agent gives', async () => {
    // A redis that is not there, of which the check is a guess: all families have a sample.
    const agent = await serve([
      '--container',
      'web',
      '--period',
      '1s',
      '--guess',
      '--readiness',
      'redis://127.0.0.1:1',
    ]);
    try {
      await agent.probe('/livez');
      const text = await eventually('a run', 20_000, async () => {
        const { body } = await agent.get('/metrics');
        return /^health_probe_http_requests_total/m.test(body) && /verdict="fail"} 1$/m.test(body) && body;
      });
      // A connection is dropped by a flood only.
      const given = new Map([['health_probe_http_connections_dropped_total', new Set(['reason'])]]);
      for (const [, name = '', labels = ''] of text.matchAll(/^(health_probe_\w+)\{(.*)\} \S+$/gm)) {
        const there = given.get(name) ?? new Set();
        for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) there.add(label);
        given.set(name, there);
      }
      for (const [where, expression] of ofPanels) {
        const { metrics, labels } = namedIn(expression);
        assert(metrics.length > 0 && metrics.every((metric) => given.has(metric)), where);
        const there = new Set(ofTheTarget.concat(metrics.flatMap((metric) => Array.from(given.get(metric) ?? []))));
        assert.deepEqual(
          labels.filter((label) => !there.has(label)),
          [],
          where,
        );
      }
      const shown = new Set(
        ofPanels.flatMap(([, expression]: readonly [string, string]) => namedIn(expression).metrics),
      );
      assert.deepEqual(
        [...given.keys()].filter((name) => !shown.has(name)),
        [],
      );
    } finally {
      await agent.stop();
    }
  });

  it('shows or watches every metric of our own', () => {
    const named = new Set(expressions.flatMap(([, expression]) => namedIn(expression).metrics));
    const own = [...exported.keys()].filter((name) => name.startsWith('health_injector_'));
    assert.deepEqual(
      own.filter((name) => !named.has(name) && !/_(sum|count)$/.test(name)),
      [],
    );
  });

  it('reads PromQL as it is written here', () => {
    assert.deepEqual(
      namedIn('sum by (le, code) (rate(a_total{x=~"1|2",y!="3"}[5m])) > 0 and on (job) {__name__=~"b|c"} - time()'),
      { metrics: ['a_total', 'b', 'c'], labels: ['le', 'code', 'job', 'x', 'y'] },
    );
  });

  for (const { alert, labels, annotations } of rules) {
    it(`says what ${alert} is, and what to do`, () => {
      assert(['warning', 'critical'].includes(labels.severity));
      assert.match(annotations.summary, /^[A-Z].*\.$/);
      assert.match(annotations.description, /\.$/);
      const [, anchor = ''] = annotations.runbook_url.split('/docs/operations.md#');
      assert.equal(anchor, alert.toLowerCase());
      assert(anchors.includes(anchor), `docs/operations.md has a section ${alert}`);
    });
  }

  for (const [what, board] of [
    ['of the installation', dashboard],
    ['of the sidecars', ofSidecars],
  ] as const) {
    it(`has a dashboard ${what} for any data source, whose panels lie beside each other`, () => {
      const [source] = board.templating.list;
      assert.deepEqual([source.name, source.type, source.query], ['datasource', 'datasource', 'prometheus']);
      assert.equal(new Set(board.panels.map(({ id }: any) => id)).size, board.panels.length);
      const cells = board.panels.flatMap(
        ({ gridPos: { x, y, w, h }, datasource, targets, title, description }: any) => {
          for (const { uid } of [datasource, ...targets.map((target: any) => target.datasource)]) {
            assert.equal(uid, '${datasource}');
          }
          assert(title && description && x + w <= 24);
          return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
        },
      );
      assert.equal(new Set(cells).size, cells.length);
    });
  }
});
