import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { must } from './support/process.ts';

const root = new URL('../', import.meta.url).pathname;

describe('npm run demo', () => {
  it('shows what the webhook adds to each example, by name', async () => {
    const printed = await must(process.execPath, [`${root}src/demo/main.ts`]);
    const files = globSync('deploy/examples/*.yaml', { cwd: root });
    const sections = printed.split(/^(?=deploy\/examples\/)/m);
    assert.deepEqual(
      sections.map((section) => section.slice(0, section.indexOf(':'))),
      files.toSorted(),
    );
    for (const section of sections) {
      assert.match(section, /^ {2}\+ spec\.(containers|initContainers)\b/m);
      assert.doesNotMatch(section, /^ {2}\+ .*\[\d+\]/m, 'an item of a list is called by its name');
    }
    assert.match(printed, /^ {2}\+ spec\.containers\[redis\]\.volumeMounts\[health-probe-agent\]$/m);
  });
});
