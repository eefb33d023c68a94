import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { compileImageGlob, readImage } from '../../src/policy/match.ts';
import { createPolicySet } from '../../src/policy/policy-set.ts';
import { type HealthPolicy, compilePolicy } from '../../src/policy/policy.ts';

const images = ['redis:7', 'bitnami/redis', 'r.example/app:1', ''];
const labelSelector = fc.option(
  fc.record({ matchLabels: fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('a', 'b'), { maxKeys: 2 }) }),
  { nil: undefined },
);
const match = fc.option(
  fc.record(
    {
      images: fc.array(fc.constantFrom('redis', '*', 'bitnami/*', '**/app', 'none'), { minLength: 1, maxLength: 2 }),
      ports: fc.subarray([80, 6379]),
      protocol: fc.constantFrom('TCP', 'UDP'),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
const policies = fc
  .array(
    fc.record({
      mode: fc.constantFrom('Enforce' as const, 'Audit' as const, 'Off' as const),
      priority: fc.integer({ min: 0, max: 2 }),
      namespaceSelector: labelSelector,
      podSelector: labelSelector,
      match,
    }),
    { maxLength: 8 },
  )
  .map((specs): HealthPolicy[] =>
    specs.map((spec, index) => ({
      apiVersion: 'health.example.com/v1alpha1',
      kind: 'HealthPolicy',
      metadata: { name: `policy-${index}` },
      spec: JSON.parse(JSON.stringify(spec)),
    })),
  );
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('a', 'b'));
const containers = fc.array(
  fc.record({
    image: fc.constantFrom(...images),
    ports: fc.subarray([{ containerPort: 80 }, { containerPort: 6379, protocol: 'UDP' }]),
  }),
  { minLength: 1, maxLength: 3 },
);

const has = (selector: { matchLabels?: Record<string, string> } | undefined, of: Readonly<Record<string, string>>) =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => of[key] === value);

/** The definition, without any memory: the first by priority, then by name, of which every part holds. */
function definition(all: readonly HealthPolicy[], pod: Pod, namespaceLabels: Readonly<Record<string, string>>) {
  const inOrder = all.toSorted(
    (one, other) =>
      (other.spec?.priority ?? 0) - (one.spec?.priority ?? 0) ||
      (`${one.metadata.name}` < `${other.metadata.name}` ? -1 : 1),
  );
  for (const { metadata, spec = {} } of inOrder) {
    const isOn = spec.mode !== 'Off' && has(spec.podSelector, pod.metadata?.labels ?? {});
    if (!isOn || !has(spec.namespaceSelector, namespaceLabels)) continue;
    const { images: globs, ports = [], protocol } = spec.match ?? {};
    const fitting = pod.spec.containers.filter(
      (container) =>
        (globs?.some((glob) => compileImageGlob(glob)(readImage(container.image ?? ''))) ?? true) &&
        ((ports.length === 0 && protocol === undefined) ||
          container.ports?.some(
            (port) =>
              (ports.length === 0 || ports.includes(port.containerPort)) &&
              (protocol === undefined || (port.protocol ?? 'TCP') === protocol),
          )),
    );
    if (fitting.length === 0) continue;
    const names = spec.match ? fitting.map(({ name }) => name) : undefined;
    return { name: metadata.name, isAudit: spec.mode === 'Audit', containers: names };
  }
  return undefined;
}

describe('a set of policies', () => {
  it('finds for a Pod what its definition finds, however often it is asked', () => {
    let found = 0;
    fc.assert(
      fc.property(policies, labels, labels, containers, (all, podLabels, namespaceLabels, list) => {
        const pod = {
          metadata: { labels: podLabels },
          spec: { containers: list.map((container, index) => Object.assign({ name: `c${index}` }, container)) },
        };
        const set = createPolicySet(all.map(compilePolicy));
        const expected = definition(all, pod, namespaceLabels);
        for (let time = 0; time < 2; time++) {
          const { entries, ...request } = set.find(pod, { name: 'shop', labels: namespaceLabels }) ?? {};
          assert.deepEqual(request, expected ?? {});
          assert.equal(entries === undefined, expected === undefined);
        }
        if (expected) found++;
      }),
      { numRuns: 3_000 },
    );
    assert(found > 500, `${found} of them`);
  });
});
