import { equal } from 'node:assert/strict';
import { canBeHeld, holdVolume, isHoldVolume } from '../../src/hold/volume.ts';

const prefix = 'health.example.com/';

describe('the volume of a hold', () => {
  const volume = holdVolume('health-probe-hold', prefix);
  const mount = { name: 'health-probe-hold', mountPath: '/health-probe-hold' };
  const container = { name: 'web', volumeMounts: [mount] };

  it('makes a Pod one that can be held, once something mounts it', () => {
    equal(canBeHeld({ spec: { containers: [container], volumes: [volume] } }, prefix), true);
    equal(canBeHeld({ spec: { containers: [{ name: 'web' }], volumes: [volume] } }, prefix), false);
    equal(canBeHeld({ spec: { containers: [container], volumes: [volume] } }, 'other.example.com/'), false);
    equal(canBeHeld({ spec: { containers: [container] } }, prefix), false);
    equal(canBeHeld({}, prefix), false);
  });

  it('is known by its form', () => {
    equal(isHoldVolume(volume), true);
    equal(isHoldVolume({ name: 'x', emptyDir: {} }), false);
    equal(isHoldVolume({ name: 'x', downwardAPI: { items: [{ path: 'labels' }] } }), false);
    equal(isHoldVolume({ name: 'x', downwardAPI: { items: 'odd' as never } }), false);
  });
});
