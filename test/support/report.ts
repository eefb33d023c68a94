import Mocha from 'mocha';

const { EVENT_RUN_END, EVENT_TEST_RETRY } = Mocha.Runner.constants;

/** Mocha's usual report, and at its very end the name of each test that needed a second attempt. */
class Report extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const retried = new Set<string>();
    runner.on(EVENT_TEST_RETRY, (test) => void retried.add(test.fullTitle()));
    runner.once(EVENT_RUN_END, () => {
      for (const title of retried) process.stdout.write(`Needed a second attempt: ${title}\n`);
    });
  }
}

// Mocha brings its reporters in by `require`.
export { Report as 'module.exports' };
