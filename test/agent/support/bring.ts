/**
 * Has a server fetched or built before the tests of a `describe`, once on a machine. Where it is not to be had, which is
 * no fault of the agent, the tests are skipped, and that is said aloud.
 */
export function bring(what: string, install: () => Promise<unknown>): void {
  before(async function (this: Mocha.Context) {
    this.timeout(600_000);
    try {
      await install();
    } catch (error) {
      process.stderr.write(`\n${what} is not to be had, so its tests are skipped: ${(error as Error).message}\n\n`);
      this.skip();
    }
  });
}
