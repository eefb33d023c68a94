import assert from 'node:assert/strict';
import { controllerOptions } from '../../src/config/controller.ts';
import { webhookOptions } from '../../src/config/webhook.ts';
import { chartObjects, identityOf, kustomizeObjects, needTools } from './support/render.ts';

/** What only Helm says of an object. */
const ofHelm = [
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/version',
  'helm.sh/chart',
  'helm.sh/resource-policy',
];

const defaults = new Map(
  Object.entries({ ...webhookOptions, ...controllerOptions }).map(([name, option]) => [
    `HEALTH_INJECTOR_${name.toUpperCase().replaceAll('-', '_')}`,
    option.default,
  ]),
);

/** deploy/ leaves out what the programs take for granted; the chart says all of it. */
const isDefault = ({ name, value }: any): boolean => value !== undefined && defaults.get(name) === value;

/** The objects by identity, without what the two may say in their own way. */
function normalise(objects: readonly any[]): Record<string, unknown> {
  const kept = structuredClone(objects.filter(({ kind }) => kind !== 'Namespace'));
  for (const { metadata, spec } of kept) {
    for (const words of ['labels', 'annotations']) {
      for (const key of ofHelm) delete metadata[words]?.[key];
      if (Object.keys(metadata[words] ?? {}).length === 0) delete metadata[words];
    }
    for (const container of spec?.template?.spec.containers ?? []) {
      const entries = container.env.filter((entry: any) => !isDefault(entry));
      container.env = entries.toSorted((one: any, other: any) => one.name.localeCompare(other.name));
    }
  }
  return Object.fromEntries(kept.map((object) => [identityOf(object), object]));
}

describe('the Helm chart and the kustomization', () => {
  before(async function () {
    await needTools(this);
  });

  it('install the same, field by field', async () => {
    assert.deepEqual(normalise(await chartObjects()), normalise(await kustomizeObjects()));
  });

  it('ask about annotated Pods only in the same words', async () => {
    const chart = await chartObjects({ policies: { enabled: false } });
    assert.deepEqual(normalise(chart), normalise(await kustomizeObjects('annotated-only')));
  });

  it('taint nodes in the same words', async () => {
    const chart = await chartObjects({ controller: { hardware: { scope: 'node' } } });
    assert.deepEqual(normalise(chart), normalise(await kustomizeObjects('hardware-node-scope')));
  });

  it('move Pods in the same words', async () => {
    const chart = await chartObjects({ controller: { hardware: { move: true } } });
    assert.deepEqual(normalise(chart), normalise(await kustomizeObjects('hardware-move')));
  });

  it('move Pods and taint devices in the same words', async () => {
    const chart = await chartObjects({ controller: { hardware: { move: true, devices: 'taint' } } });
    assert.deepEqual(normalise(chart), normalise(await kustomizeObjects('hardware-move', 'hardware-devices')));
  });

  it('move Pods and taint nodes in the same words', async () => {
    const chart = await chartObjects({ controller: { hardware: { move: true, scope: 'node' } } });
    assert.deepEqual(normalise(chart), normalise(await kustomizeObjects('hardware-move', 'hardware-node-scope')));
  });

  it('give nodes a condition in the same words', async () => {
    const chart = await chartObjects({ controller: { hardware: { degradedNamespaces: 2 } } });
    assert.deepEqual(normalise(chart), normalise(await kustomizeObjects('hardware-condition')));
  });

  it('are monitored alike', async () => {
    const enabled = { enabled: true };
    const monitoring = { podMonitor: enabled, prometheusRule: enabled, dashboard: enabled };
    const [chart, kustomization] = [await chartObjects({ monitoring }), await kustomizeObjects('monitoring')];
    assert.deepEqual(normalise(chart), normalise(kustomization));
    assert.equal(Object.keys(normalise(chart)).length, Object.keys(normalise(await chartObjects())).length + 3);
  });

  it('differ in nothing but the Namespace, which helm install makes by itself', async () => {
    const [chart, kustomization] = [await chartObjects(), await kustomizeObjects()];
    const identities = new Set(chart.map(identityOf));
    const onlyThere = kustomization.map(identityOf).filter((identity) => !identities.has(identity));
    assert.deepEqual(onlyThere, ['Namespace/health-injector']);
  });

  it('ask about no namespace that they tell the programs to leave alone, and about all others', async () => {
    const objects = await kustomizeObjects();
    const { webhooks } = objects.find(({ kind }) => kind === 'MutatingWebhookConfiguration');
    const told = objects
      .flatMap(({ spec }) => spec?.template?.spec.containers[0].env ?? [])
      .filter(({ name }: any) => name === 'HEALTH_INJECTOR_EXCLUDED_NAMESPACES')
      .map(({ value }: any) => value);
    const selected = webhooks
      .flatMap(({ namespaceSelector }: any) => namespaceSelector?.matchExpressions ?? [])
      .filter(({ key, operator }: any) => key === 'kubernetes.io/metadata.name' && operator === 'NotIn')
      .map(({ values }: any) => values.join());
    assert.equal(new Set([...told, ...selected]).size, 1);
    assert.equal(told.length + selected.length, 5);
  });
});
