import { sep } from 'node:path';

const places = ['agent', 'cluster'].map((folder) => `${sep}test${sep}${folder}${sep}`);

/**
 * A real server or a real cluster on a busy machine may be late, or drop a connection that it would have served a moment
 * later. Such a test gets one more attempt, and the end of the report names it: a name that comes back is a defect.
 */
export const mochaHooks: Mocha.RootHookObject = {
  beforeEach(this: Mocha.Context) {
    const test = this.currentTest;
    if (test && places.some((place) => test.file?.includes(place))) test.retries(1);
  },
};
