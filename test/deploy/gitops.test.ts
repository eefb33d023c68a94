// https://argo-cd.readthedocs.io/en/stable/operator-manual/health/
// https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/extend/customresourcestate-metrics.md
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { programOf } from '../support/packages.ts';
import { runToEnd } from '../support/process.ts';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string): any => parse(readFileSync(root + path, 'utf8'));
const crds = ['healthpolicies', 'nodequarantines'].map((name) => read(`deploy/crds/${name}.yaml`));

/** A value of JSON as Lua writes it. */
function luaOf(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(luaOf).join(', ')}}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, item]) => `[${JSON.stringify(key)}] = ${luaOf(item)}`)}}`;
}

/** A policy of which the controller has written this status. */
const policy = (status: object | undefined, spec: object = {}) => ({
  metadata: { name: 'caches', generation: 2 },
  spec,
  ...(status ? { status } : {}),
});

describe('the health scripts for Argo CD', () => {
  let lua = '';
  // Argo CD runs them in gopher-lua, which is Lua 5.1.
  before(async () => (lua = await programOf('lua5.1', 'lua5.1')));

  const health = async (kind: string, object: object): Promise<readonly [status: string, message: string]> => {
    const script = readFileSync(`${root}deploy/gitops/argo-cd/health.example.com_${kind}/health.lua`, 'utf8');
    const program = [
      // As Argo CD does: a script has no way to the machine.
      'io, os, package, require, dofile, loadfile = nil, nil, nil, nil, nil, nil',
      `obj = ${luaOf(object)}`,
      `local health = (function() ${script}\nend)()`,
      'print(health.status)',
      'print(health.message)',
    ].join('\n');
    const { code, out, errors } = await runToEnd(lua, ['-'], { input: program });
    assert.deepEqual([code, errors], [0, '']);
    const [status = '', message = ''] = out.split('\n');
    return [status, message];
  };
  const accepted = { type: 'Accepted', status: 'True', message: 'What it injects can be read.' };

  it('are there for both kinds, and named as Argo CD looks for them', () => {
    const folders = readdirSync(`${root}deploy/gitops/argo-cd`).filter((name) => name.includes('_'));
    const wanted = crds.map(({ spec }) => `${spec.group}_${spec.names.kind}`);
    assert.deepEqual(folders.toSorted(), wanted.toSorted());
    const { configMapGenerator } = read('deploy/gitops/argo-cd/kustomization.yaml');
    assert.deepEqual(
      configMapGenerator[0].files,
      wanted.map((name) => `resource.customizations.health.${name}=${name}/health.lua`),
    );
  });

  it('wait for the controller, and take a mistake for what it is', async () => {
    const waits = ['Progressing', 'The controller has not read this version of the policy yet.'];
    assert.deepEqual(await health('HealthPolicy', policy(undefined)), waits);
    assert.deepEqual(await health('HealthPolicy', policy({ observedGeneration: 1, conditions: [accepted] })), waits);
    const refusal = { ...accepted, status: 'False', message: 'spec.inject.check: port is "six".' };
    const mistaken = policy({ observedGeneration: 2, conditions: [refusal] });
    assert.deepEqual(await health('HealthPolicy', mistaken), ['Degraded', refusal.message]);
    assert.deepEqual(await health('HealthPolicy', policy(undefined, { mode: 'Off' })), [
      'Suspended',
      'The policy is off.',
    ]);
  });

  it('count the Pods of a policy that is read', async () => {
    const counts = { observedGeneration: 2, conditions: [accepted], matched: 5, injected: 3, missed: 0 };
    assert.deepEqual(await health('HealthPolicy', policy(counts)), ['Healthy', '3 of 5 Pods are injected.']);
    assert.deepEqual(await health('HealthPolicy', policy({ ...counts, missed: 2 })), [
      'Healthy',
      '3 of 5 Pods are injected, 2 were missed: restart their workloads.',
    ]);
  });

  it('say of a quarantined node for how long, and why', async () => {
    const owner = { check: 'temperature:', message: '"is 95 C"\nand more', until: '2030-01-01T12:00:00Z' };
    const [status, message] = await health('NodeQuarantine', { spec: { nodeName: 'node-1', owners: [owner, owner] } });
    assert.equal(status, 'Degraded');
    assert.equal(message, 'Node node-1 is kept from 2 owners until 2030-01-01T12:00:00Z: "is 95 C"');
    assert.deepEqual((await health('NodeQuarantine', { spec: { nodeName: 'node-1', owners: [] } }))[0], 'Healthy');
  });
});

/** The schema of a field; undefined where the kind has none of that path. */
function schemaAt(schema: any, [field, ...rest]: readonly string[]): any {
  if (field === undefined || schema === undefined) return schema;
  const inner = schema.type === 'array' ? schema.items : schema;
  return schemaAt(inner.properties?.[field] ?? inner.additionalProperties, rest);
}

describe('the configuration for kube-state-metrics', () => {
  const { spec } = read('deploy/gitops/kube-state-metrics/custom-resource-state.yaml');
  /** Fields that every object has, and of which a CRD says nothing. */
  const metadata = { name: { type: 'string' }, generation: { type: 'integer' }, creationTimestamp: { type: 'string' } };

  it('is for both kinds, in the version that is served', () => {
    const wanted = crds.map(({ spec: { group, versions, names } }) => ({
      group,
      version: versions[0].name,
      kind: names.kind,
    }));
    assert.deepEqual(
      spec.resources.map(({ groupVersionKind }: any) => groupVersionKind),
      wanted,
    );
  });

  for (const { groupVersionKind, metricNamePrefix, labelsFromPath, metrics } of spec.resources) {
    const crd = crds.find(({ spec: { names } }) => names.kind === groupVersionKind.kind);
    const { openAPIV3Schema } = crd.spec.versions[0].schema;
    const schema = {
      ...openAPIV3Schema,
      properties: { ...openAPIV3Schema.properties, metadata: { type: 'object', properties: metadata } },
    };

    it(`reads of a ${groupVersionKind.kind} only what its schema has`, () => {
      for (const path of Object.values<string[]>(labelsFromPath)) {
        assert.equal(schemaAt(schema, path)?.type, 'string', path.join('.'));
      }
      for (const { name, help, each } of metrics) {
        const { path = [], labelsFromPath: labels = {}, valueFrom = [], labelFromKey } = each.info ?? each.gauge;
        assert.match(`${metricNamePrefix}_${name}`, /^health_injector_[a-z_]+$/);
        assert(help.endsWith('.'));
        const place = schemaAt(schema, path);
        assert(place, `${name} reads ${path.join('.')}, which is not there`);
        for (const [label, inner] of Object.entries<string[]>(labels)) {
          assert.equal(schemaAt(place, inner)?.type, 'string', `${name}, label ${label}`);
        }
        if (each.type === 'Info') continue;
        const value = labelFromKey ? place.additionalProperties : schemaAt(place, valueFrom);
        const isTime = value?.format === 'date-time' || path.at(-1) === 'creationTimestamp';
        const isCondition = path.at(-1) === 'conditions' && value?.enum?.includes('True');
        assert(value?.type === 'integer' || isTime || isCondition, `the value of ${name} is no number`);
      }
    });
  }
});

describe('what reads the metrics of the sidecars', () => {
  const { spec: rules } = read('deploy/monitoring/sidecars/prometheus-rule.yaml');

  it('finds them by the names of their ports, which need no label', () => {
    const { spec } = read('deploy/monitoring/sidecars/pod-monitor.yaml');
    const cases = ['sidecar/redis-of-a-stateful-set', 'hardware/a-claim-of-the-pod-is-shared'];
    const named = cases.flatMap((name) => {
      const text = readFileSync(`${root}test/cases/${name}.output.yaml`, 'utf8');
      const pod = parseAllDocuments(text).at(-1)?.toJS() as any;
      return pod.spec.initContainers.flatMap(({ ports }: any) => ports.map(({ name: port }: any) => port));
    });
    assert.deepEqual(
      spec.podMetricsEndpoints.map(({ port }: any) => port),
      named,
    );
    assert.deepEqual([spec.selector, spec.namespaceSelector], [{}, { any: true }]);
  });

  it('alerts for a check that fails for five minutes, and for a guess that has not passed in half an hour', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-injector-sidecars-'));
    writeFileSync(join(folder, 'rules.yaml'), stringify(rules));
    const labels = 'namespace="shop",pod="redis-0",checked_container="redis"';
    const found = (alert: string, labelsOf: object) => {
      const { labels: own, annotations } = rules.groups[0].rules.find((rule: any) => rule.alert === alert);
      const all: Record<string, string> = {
        namespace: 'shop',
        pod: 'redis-0',
        checked_container: 'redis',
        ...labelsOf,
      };
      const filled = Object.entries<string>(annotations).map(([name, words]) => [
        name,
        words.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => all[label] ?? ''),
      ]);
      return { exp_labels: { ...own, ...all }, exp_annotations: Object.fromEntries(filled) };
    };
    const test = {
      rule_files: ['rules.yaml'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: [
            { series: `health_probe_check_verdict{${labels},check="redis",verdict="fail"}`, values: '0 1x40' },
            { series: `health_probe_check_verdict{${labels},check="redis",verdict="pass"}`, values: '1 0x40' },
            { series: `health_probe_check_unproven{${labels},check="redis"}`, values: '1x40' },
          ],
          alert_rule_test: [
            { eval_time: '5m', alertname: 'HealthProbeCheckFails', exp_alerts: [] },
            {
              eval_time: '7m',
              alertname: 'HealthProbeCheckFails',
              exp_alerts: [found('HealthProbeCheckFails', { check: 'redis' })],
            },
            { eval_time: '29m', alertname: 'HealthProbeCheckUnproven', exp_alerts: [] },
            {
              eval_time: '31m',
              alertname: 'HealthProbeCheckUnproven',
              exp_alerts: [found('HealthProbeCheckUnproven', {})],
            },
          ],
        },
      ],
    };
    writeFileSync(join(folder, 'test.yaml'), stringify(test));
    const promtool = await programOf('promtool', 'prometheus');
    const { code, out, errors } = await runToEnd(promtool, ['test', 'rules', join(folder, 'test.yaml')]);
    assert.equal(code, 0, out + errors);
    const agent = readFileSync(`${root}agent/src/serve/metrics.rs`, 'utf8');
    for (const name of JSON.stringify(rules).match(/health_probe_[a-z_]+/g) ?? [])
      assert(agent.includes(`"${name}"`), name);
  });
});
