import assert from 'node:assert/strict';
import { readControllerSettings } from '../../src/config/controller.ts';

const hardwareOf = (...args: string[]) => {
  const result = readControllerSettings(args, {});
  return 'problems' in result ? result.problems : result.values.hardware;
};

describe('the settings of the controller', () => {
  it('say what would be moved, and move nothing, unless they are told to', () => {
    assert.deepEqual(hardwareOf(), {
      mode: 'dry-run',
      scope: 'Owner',
      stableMs: 1_000,
      minimumAgeMs: 30_000,
      poolLabel: '',
      percent: 10,
      windowMs: 600_000,
      mostPerOwner: 2,
      ownerWindowMs: 1_800_000,
      taintsDevices: false,
      ttlMs: 86_400_000,
      byHandMs: 3_600_000,
      softenMs: 60_000,
      degradedNamespaces: 0,
    });
    assert.equal(hardwareOf('--hardware=off'), undefined);
  });

  it('keep a quarantine for as long as the brake and the cap are counted by it', () => {
    assert.deepEqual(hardwareOf('--hardware-quarantine-minutes=29'), [
      '--hardware-quarantine-minutes is "29", expected whole minutes from 30 to 99999.',
    ]);
    assert.deepEqual(hardwareOf('--hardware-quarantine-minutes=59', '--hardware-brake-minutes=60'), [
      '--hardware-quarantine-minutes is "59", expected whole minutes from 60 to 99999.',
    ]);
  });

  it('are refused where they are wrong, in one sentence for each', () => {
    assert.deepEqual(hardwareOf('--hardware=on', '--hardware-scope=all', '--hardware-moves-per-owner=0'), [
      '--hardware is "on", expected off, dry-run or move.',
      '--hardware-scope is "all", expected owner or node.',
      '--hardware-moves-per-owner is "0", expected a whole number from 1 to 256.',
    ]);
  });
});
