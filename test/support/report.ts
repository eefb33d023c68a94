import Mocha from 'mocha';

const { EVENT_RUN_END, EVENT_TEST_RETRY } = Mocha.Runner.constants;

/** Mocha's usual report, and at its very end each test that needed a second attempt, with what the first failed by. */
class Report extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const retried: string[] = [];
    runner.on(EVENT_TEST_RETRY, (test, error: Error) => {
      retried.push(`Needed a second attempt: ${test.fullTitle()}\n  ${error.message.replaceAll('\n', '\n  ')}\n`);
    });
    runner.once(EVENT_RUN_END, () => void process.stdout.write(retried.join('')));
  }
}

// Mocha brings its reporters in by `require`.
export { Report as 'module.exports' };
