import assert from 'node:assert/strict';
import { createRulesStore } from '../../src/policy/rules-store.ts';

const limitRange = (namespace: string, name: string, cpu: string) => ({
  metadata: { name, namespace },
  spec: { limits: [{ type: 'Container', max: { cpu } }] },
});

const quota = (namespace: string, used: string, hard = '2') => ({
  metadata: { name: 'share', namespace },
  spec: {},
  status: { hard: { 'requests.cpu': hard }, used: { 'requests.cpu': used } },
});

const filled = () => {
  let changes = 0;
  const store = createRulesStore(() => changes++);
  store.limitRanges.reset([limitRange('a', 'bounds', '1'), limitRange('b', 'bounds', '1')]);
  store.resourceQuotas.reset([quota('a', '1'), quota('b', '500m')]);
  return { ...store, changes: () => changes };
};

describe('the rules of namespaces', () => {
  it('are kept once where several namespaces have them alike', () => {
    const { rulesOf } = filled();
    const [a, b] = [rulesOf('a'), rulesOf('b')];
    assert.equal(a.container, b.container);
    assert.equal(a.quotas[0]?.rule, b.quotas[0]?.rule);
    assert.notDeepEqual(a.quotas[0]?.used, b.quotas[0]?.used);
    assert.deepEqual(rulesOf('c'), { container: new Map(), pod: new Map(), quotas: [] });
  });

  it('follow each change, and no other', () => {
    const { rulesOf, limitRanges, resourceQuotas, changes } = filled();
    const before = rulesOf('b');
    resourceQuotas.upsert(quota('a', '1'));
    limitRanges.upsert(limitRange('a', 'bounds', '1'));
    assert.equal(changes(), 2, 'what is the same changes nothing');
    resourceQuotas.upsert(quota('a', '1500m'));
    assert.equal(rulesOf('a').quotas[0]?.used[0], 1_500_000_000n);
    resourceQuotas.upsert(quota('a', '1', '3'));
    assert.equal(rulesOf('a').quotas[0]?.rule.shares[0]?.hard, 3_000_000_000n);
    resourceQuotas.remove(quota('a', '1'));
    assert.deepEqual(rulesOf('a').quotas, []);
    assert.deepEqual(rulesOf('b'), before);
  });

  it('are the strictest of all, in the order of their names, however they came', () => {
    const { rulesOf, limitRanges } = filled();
    limitRanges.upsert(limitRange('a', 'zone', '500m'));
    limitRanges.upsert(limitRange('a', 'area', '500m'));
    assert.deepEqual(rulesOf('a').container.get('cpu')?.max, { amount: 500_000_000n, by: 'area' });
    limitRanges.remove(limitRange('a', 'area', '500m'));
    assert.equal(rulesOf('a').container.get('cpu')?.max?.by, 'zone');
    limitRanges.remove(limitRange('a', 'zone', '500m'));
    assert.equal(rulesOf('a').container.get('cpu')?.max?.by, 'bounds');
  });

  it('say nothing where a quota counts no Pod', () => {
    const { rulesOf, resourceQuotas } = filled();
    const services = { metadata: { name: 'share', namespace: 'a' }, status: { hard: { services: '3' } } };
    resourceQuotas.upsert(services);
    assert.deepEqual(rulesOf('a').quotas, []);
  });
});
