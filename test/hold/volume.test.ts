import { equal } from 'node:assert/strict';
import { isHoldable, holdVolume, isHoldVolume } from '../../src/hold/volume.ts';

const prefix = 'health.example.com/';

describe('the volume of a hold', () => {
  const volume = holdVolume('health-probe-hold', prefix);
  const mount = { name: 'health-probe-hold', mountPath: '/health-probe-hold' };
  const container = { name: 'web', volumeMounts: [mount] };

  it('makes a Pod one that can be held, once something mounts it', () => {
    equal(isHoldable({ spec: { containers: [container], volumes: [volume] } }, prefix), true);
    equal(isHoldable({ spec: { containers: [{ name: 'web' }], volumes: [volume] } }, prefix), false);
    equal(isHoldable({ spec: { containers: [container], volumes: [volume] } }, 'other.example.com/'), false);
    equal(isHoldable({ spec: { containers: [container] } }, prefix), false);
    equal(isHoldable({}, prefix), false);
  });

  it('is known by its form', () => {
    equal(isHoldVolume(volume), true);
    equal(isHoldVolume({ name: 'x', emptyDir: {} }), false);
    equal(isHoldVolume({ name: 'x', downwardAPI: { items: [{ path: 'labels' }] } }), false);
    equal(isHoldVolume({ name: 'x', downwardAPI: { items: 'odd' as never } }), false);
  });
});
