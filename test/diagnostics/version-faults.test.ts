import assert from 'node:assert/strict';
import { hasFault, versionFaults } from '../../src/diagnostics/version-faults.ts';

const versions = ['v1.33.13', 'v1.34.0', 'v1.35.0', 'v1.36.3+k3s1', 'v1.37.0', 'v1.37.1', 'v1.37.2', 'v1.38.0'];

describe('the known faults of Kubernetes', () => {
  it('are those of exactly the versions that have them', () => {
    const found = Object.entries(versionFaults).map(([id, fault]) => [
      id,
      versions.filter((each) => hasFault(fault, each)),
    ]);
    assert.deepEqual(Object.fromEntries(found), {
      'fault-image-volume-events': versions.slice(0, 4),
      'fault-exec-readiness': versions.slice(2, 4),
      'fault-device-health': versions.slice(0, 4),
      'fault-policy-panic': versions.slice(0, 4),
      'fault-device-taint-rule': ['v1.37.0'],
    });
  });

  it('are of no version that cannot be read', () => {
    for (const text of ['', 'unknown', '1.x', 'v2.0.0']) {
      assert(!Object.values(versionFaults).some((fault) => hasFault(fault, text)), text);
    }
  });
});
