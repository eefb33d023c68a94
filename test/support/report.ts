import { relative } from 'node:path';
import Mocha from 'mocha';

const { EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_END, EVENT_TEST_PENDING, EVENT_TEST_RETRY } = Mocha.Runner.constants;
/** So many files are named. */
const mostNamed = 15;

/** Mocha's usual report, and at its very end the slowest files, each test that was skipped, and each that needed a second attempt, with what the first failed by. */
class Report extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const retried: string[] = [];
    const skipped: string[] = [];
    const tookMs = new Map<string, number>();
    // Of each part by itself: files that run in parallel send all of their events at their end.
    const took = ({ file, duration }: Mocha.Runnable): void => {
      if (file) tookMs.set(file, (tookMs.get(file) ?? 0) + (duration ?? 0));
    };
    runner.on(EVENT_HOOK_END, took);
    runner.on(EVENT_TEST_END, took);
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push(`Skipped: ${test.fullTitle()}\n`));
    runner.on(EVENT_TEST_RETRY, (test, error: Error) => {
      took(test);
      retried.push(`Needed a second attempt: ${test.fullTitle()}\n  ${error.message.replaceAll('\n', '\n  ')}\n`);
    });
    runner.once(EVENT_RUN_END, () => {
      const slowest = [...tookMs].toSorted(([, one], [, other]) => other - one).slice(0, mostNamed);
      const lines = slowest.map(([file, ms]) => `  ${(ms / 1_000).toFixed(1).padStart(7)} s  ${relative('.', file)}\n`);
      process.stdout.write(`Slowest files:\n${lines.join('')}${skipped.join('')}${retried.join('')}`);
    });
  }
}

// Mocha brings its reporters in by `require`.
export { Report as 'module.exports' };
