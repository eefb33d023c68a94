import assert from 'node:assert/strict';
import { podFactOf } from '../../src/diagnostics/pod-fact.ts';
import { prefix } from './support/sound-facts.ts';

const podOf = (annotations: object, state: object): any => ({
  metadata: { namespace: 'shop', name: 'redis-0', annotations },
  spec: {
    nodeName: 'a',
    containers: [{ name: 'redis', image: 'redis:7' }],
    initContainers: [{ name: 'health-probe', image: 'probe:1', args: ['serve'], restartPolicy: 'Always' }],
  },
  status: { initContainerStatuses: [{ name: 'health-probe', restartCount: 1, state }] },
});
const ours = { [`${prefix}status`]: '{}' };

const agentOf = (state: object): any => podFactOf(podOf(ours, state), 'injected', prefix)?.agents[0];

describe('what is held of a Pod for the diagnostics', () => {
  it('is nothing where nothing of ours is in it and nothing asks for any', () => {
    assert.equal(podFactOf(podOf({}, {}), '', prefix), undefined);
    assert.equal(podFactOf(podOf({}, {}), 'missed', prefix)?.state, 'missed');
  });

  it('says why an agent does not run, and that it failed also while the kubelet does not say that it waits', () => {
    assert.deepEqual([agentOf({ running: {} }).waiting, agentOf({ running: {} }).hasFailed], ['', false]);
    assert.equal(agentOf({ waiting: { reason: 'ErrImagePull' } }).waiting, 'ErrImagePull');
    // A sidecar that ended stays terminated through most of its backoff.
    assert.equal(agentOf({ terminated: { exitCode: 64, reason: 'Error' } }).hasFailed, true);
    assert.equal(agentOf({ terminated: { exitCode: 0, reason: 'Completed' } }).hasFailed, false);
  });
});
