import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { version } from '../../src/config/options.ts';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(root + path, 'utf8');
const lockedCrate = (lock: string): string | undefined => /name = "health-probe"\nversion = "(.*)"/.exec(lock)?.[1];

/** All that is released together has one version: that of package.json. */
const places: Record<string, () => string | undefined> = {
  'package-lock.json': () => JSON.parse(read('package-lock.json')).version,
  'package-lock.json, its package': () => JSON.parse(read('package-lock.json')).packages[''].version,
  'agent/Cargo.toml': () =>
    /^\[package\]\nname = "health-probe"\nversion = "(.*)"$/m.exec(read('agent/Cargo.toml'))?.[1],
  'agent/Cargo.lock': () => lockedCrate(read('agent/Cargo.lock')),
  'the chart': () => parse(read('deploy/chart/health-injector/Chart.yaml')).version,
  'the programs of the chart': () => parse(read('deploy/chart/health-injector/Chart.yaml')).appVersion,
  'deploy/kustomization.yaml': () => parse(read('deploy/kustomization.yaml')).images[0].newTag,
};

describe('the version', () => {
  for (const [place, versionOf] of Object.entries(places)) {
    it(`is that of package.json in ${place}`, () => assert.equal(versionOf(), version));
  }

  it('is that of package.json wherever an image of ours has a tag', () => {
    const files = globSync(
      '{README.md,agent/README.md,docs/**/*.md,deploy/**/*.yaml,src/**/*.ts,test/cluster/**/*.ts}',
      { cwd: root },
    );
    const tagged = files.flatMap((file) =>
      [...read(file).matchAll(/\bhealth-(?:injector|probe):(v?\d+\.\d+\.\d+[\w.-]*)/g)].map(
        (match) => [file, match[1]] as const,
      ),
    );
    assert(tagged.length >= 5);
    assert.deepEqual(
      tagged.filter(([, tag]) => tag !== version),
      [],
    );
    for (const file of ['src/config/injection.ts', 'deploy/deployment.yaml', 'deploy/controller.yaml']) {
      assert(
        tagged.some(([each]) => each === file),
        file,
      );
    }
  });
});
