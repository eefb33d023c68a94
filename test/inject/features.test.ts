import assert from 'node:assert/strict';
import { createStore } from '../../src/policy/store.ts';
import { inject } from '../../src/inject/inject.ts';
import { testContext } from '../support/webhook.ts';
import { asking, pod, prefix } from './support/again.ts';

const imageVolume = pod({ pattern: 'cli', check: 'redis://:6379', delivery: 'image-volume' });

const resultOf = (input: typeof imageVolume, minor: string | undefined, kubernetes = testContext.kubernetes) => {
  const store = createStore(prefix);
  store.setApiserverVersion(minor === undefined ? {} : { minor });
  return inject(input, { ...testContext, kubernetes }, store.scopeFor('shop', 0));
};

describe('what the apiserver would drop without a word', () => {
  it('leaves a Pod that needs an image volume unchanged, with a sentence', () => {
    for (const minor of ['33', '34+']) {
      const outcome = resultOf(imageVolume, minor);
      assert.deepEqual([outcome.result, outcome.pod], ['no-image-volumes', imageVolume], minor);
    }
    for (const minor of ['35', '36', '37', undefined, 'none']) {
      assert.equal(resultOf(imageVolume, minor).result, 'injected', minor);
    }
    assert.equal(resultOf(pod({ ...asking, delivery: 'image-volume' }), '33').result, 'injected', 'no volume is added');
  });

  it('is what the settings say, before what the apiserver says', () => {
    const gates = new Map([['ImageVolume', true]]);
    assert.equal(resultOf(imageVolume, '33', { minor: undefined, gates }).result, 'injected');
    assert.equal(resultOf(imageVolume, '36', { minor: 33, gates: new Map() }).result, 'no-image-volumes');
    const off = new Map([['ImageVolume', false]]);
    assert.equal(resultOf(imageVolume, '35', { minor: undefined, gates: off }).result, 'no-image-volumes');
  });

  it('makes the QoS class that of the containers, where the resources of the whole Pod go', () => {
    const equal = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };
    const containers = [{ name: 'redis', image: 'redis:7', resources: equal }];
    const limits = { requests: { cpu: '2', memory: '2Gi' } };
    const input = pod(asking, { containers, resources: limits });
    const agentIn = (minor: string) => resultOf(input, minor).pod.spec.initContainers?.[0]?.resources;
    assert.deepEqual(agentIn('33'), {
      requests: { cpu: '100m', memory: '16Mi' },
      limits: { cpu: '100m', memory: '16Mi' },
    });
    assert.deepEqual(agentIn('36')?.limits?.['cpu'], undefined);
  });
});
