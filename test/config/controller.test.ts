import assert from 'node:assert/strict';
import { readControllerSettings } from '../../src/config/controller.ts';

const problemsOf = (args: readonly string[]): readonly string[] => {
  const result = readControllerSettings(args, {});
  return 'problems' in result ? result.problems : [];
};

describe("the controller's settings", () => {
  it('have a default each, and come from flags before the environment', () => {
    const read = readControllerSettings(['--repair=evict'], {
      HEALTH_INJECTOR_REPAIR: 'off',
      HEALTH_INJECTOR_REPAIR_PERCENT: '25',
    });
    assert('values' in read);
    const { repair, repairPercent, repairMinimumAgeMs, port } = read.values;
    assert.deepEqual([repair, repairPercent, repairMinimumAgeMs, port], ['evict', 25, 60_000, 8080]);
  });

  it('tell every mistake in a sentence', () => {
    assert.deepEqual(problemsOf(['--repair=yes', '--repair-percent=0', '--listen=8080', '--log-level=loud']), [
      '--listen is "8080", expected HOST:PORT such as 127.0.0.1:8080.',
      '--repair is "yes", expected off or evict.',
      '--repair-percent is "0", expected a whole number from 1 to 100.',
      '--log-level is "loud", expected debug, info, warn, error or silent.',
    ]);
    assert.match(String(problemsOf(['--repeair=off'])), /Unknown option/);
  });
});
