import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { version } from '../../src/config/options.ts';
import { runToEnd } from '../support/process.ts';
import { stagesOf } from './support/dockerfile.ts';
import { type Step, jobsOf, workflow, workflowDirectory, workflowText } from './support/workflow.ts';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(root + path, 'utf8');
const names = readdirSync(workflowDirectory).map((file) => file.replace(/\.yaml$/, ''));

const tryBinary = (file: string) => runToEnd(join(root, '.github/try-binary'), [file, version]);

const has = (steps: readonly Step[], words: string): boolean =>
  steps.some(({ run = '', uses = '' }) => run.includes(words) || uses.startsWith(words));

describe('the workflows', () => {
  it('are these', () => assert.deepEqual(names.toSorted(), ['ci', 'release']));

  for (const name of names) {
    const text = workflowText(name);
    const jobs = jobsOf(workflow(name));

    it(`${name} gives nobody a permission that is not asked for, and no job time without end`, () => {
      assert.deepEqual(workflow(name).permissions, {});
      assert(workflow(name).concurrency.group);
      assert(jobs.length >= 2);
      for (const job of jobs) {
        assert(
          job.permissions && Object.values(job.permissions).every((right) => /^(read|write)$/.test(right)),
          job.name,
        );
        if (!job.uses) assert(Number(job['timeout-minutes']) <= 60, job.name);
      }
    });

    it(`${name} uses actions by their commits, and says which version that is`, () => {
      const uses = [...text.matchAll(/\buses: (\S+)(.*)$/gm)];
      assert.equal(
        uses.length,
        jobs.flatMap(({ steps, uses: called }) => [...steps, { uses: called }]).filter((each) => each.uses).length,
      );
      assert(uses.length >= 4);
      const commits = new Map<string, string>();
      for (const [, use = '', comment = ''] of uses) {
        if (use.startsWith('./')) {
          assert(read(use.slice(2)).includes('workflow_call:'));
          continue;
        }
        const [, action = '', commit = ''] = /^([\w-]+\/[\w-]+)@([0-9a-f]{40})$/.exec(use) ?? [];
        assert(action, `${use} is pinned`);
        assert.match(comment, /^ # v\d+\.\d+\.\d+$/);
        assert.equal(commits.get(action) ?? commit, commit, `${action} in one version`);
        commits.set(action, commit);
      }
    });

    it(`${name} lets no text of an event into a script, and no secret into an argument`, () => {
      const steps = jobs.flatMap((job) => job.steps);
      for (const { run, uses, with: inputs } of steps) {
        assert.doesNotMatch(run ?? '', /\$\{\{/);
        if (uses?.startsWith('actions/checkout@')) assert.equal(String(inputs?.['persist-credentials']), 'false');
      }
      const told = [...text.matchAll(/^ +(\S+): .*\$\{\{[^}]*(?:secrets\.|github\.token)/gm)].map((match) => match[1]);
      assert.deepEqual(
        told.filter((key) => key !== 'password' && key !== 'GH_TOKEN'),
        [],
      );
    });
  }

  it('test on the kind of machine that the agent is built with', () => {
    const { image } = workflow('ci').jobs['test'].container;
    const [, rust] = /^rust:(\d+\.\d+)-/.exec(image) ?? [];
    assert(rust);
    assert.equal(stagesOf(read('agent/Dockerfile'))[0]!.from, `rust:${rust}-alpine`);
    assert.equal(/^rust-version = "(.*)"$/m.exec(read('agent/Cargo.toml'))?.[1], rust);
  });

  it('watch every place where something is pinned', () => {
    const { updates } = parse(read('.github/dependabot.yml'));
    const watched: string[] = updates.flatMap((row: any) =>
      [row.directories ?? row.directory].flat().map((directory) => [row['package-ecosystem'], directory].join(' ')),
    );
    assert.deepEqual(watched, [
      'npm /',
      'cargo /agent',
      'cargo /agent/fuzz',
      'docker /',
      'docker /agent',
      'github-actions /',
      'gomod /test/agent/support/mongo',
    ]);
    const files: Record<string, string> = {
      npm: 'package.json',
      cargo: 'Cargo.toml',
      docker: 'Dockerfile',
      gomod: 'go.mod',
    };
    for (const row of watched) {
      const [ecosystem, directory] = row.split(' ') as [string, string];
      const file = files[ecosystem];
      if (file) assert(read(join(directory, file)));
    }
  });
});

describe('a release', () => {
  const jobs = jobsOf(workflow('release'));
  const before = (name: string): Set<string> => {
    const all = new Set<string>();
    for (const need of jobs.find((job) => job.name === name)!.needs)
      for (const each of [need, ...before(need)]) all.add(each);
    return all;
  };

  it('is made by a tag alone, of this repository', () => {
    assert.deepEqual(workflow('release').on, { push: { tags: ['v*'] } });
    assert.equal(workflow('release').jobs['test'].if, "github.repository_owner == 'health-injector'");
  });

  it('pushes nothing before the tests have passed and the tag is held against the versions', () => {
    const writing = jobs.filter(({ permissions = {} }) => Object.values(permissions).includes('write'));
    assert.deepEqual(
      writing.map(({ name }) => name),
      ['images', 'publish', 'chart', 'npm', 'release', 'pages'],
    );
    for (const { name } of writing) for (const first of ['test', 'version']) assert(before(name).has(first), name);
  });

  it('gives the chart after the images that it names, the release after all else, and then the page', () => {
    assert(before('chart').has('publish'));
    const others = jobs.filter(({ name }) => name !== 'release' && name !== 'pages');
    for (const { name } of others) assert(before('release').has(name), name);
    assert(before('pages').has('release'));
  });

  it('signs and attests all that it gives', () => {
    for (const { name, steps, permissions } of jobs.filter((job) =>
      ['publish', 'chart', 'release'].includes(job.name),
    )) {
      assert(has(steps, 'cosign sign'), name);
      assert(has(steps, 'actions/attest-build-provenance@'), name);
      assert.equal(permissions?.['id-token'], 'write');
      assert.equal(permissions?.['attestations'], 'write');
    }
    const build = jobs.find(({ name }) => name === 'images')!.steps.find(({ id }) => id === 'build')!.with!;
    assert.deepEqual([String(build['sbom']), build['provenance']], ['true', 'mode=max']);
    assert.match(build['outputs']!, /push-by-digest=true/);
  });

  it('writes only where it has to: the repository by the last job alone', () => {
    assert.deepEqual(
      jobs.filter(({ permissions }) => permissions?.['contents'] === 'write').map(({ name }) => name),
      ['release'],
    );
  });
});

describe('the single files of a release', () => {
  const { steps, strategy } = jobsOf(workflow('release')).find(({ name }) => name === 'binaries')!;

  it('are made for each platform on a machine of that platform', () => {
    const rows: { os: string; arch: string; runner: string }[] = strategy!.matrix.include;
    const families = { linux: 'ubuntu', darwin: 'macos', windows: 'windows' } as const;
    for (const { os, runner } of rows) assert(runner.startsWith(families[os as keyof typeof families]), runner);
    assert.deepEqual(
      rows.map(({ os, arch }) => `${os}/${arch}`),
      ['linux/amd64', 'linux/arm64', 'darwin/amd64', 'darwin/arm64', 'windows/amd64'],
    );
  });

  it('are run before they are given, without any environment', () => {
    const { run = '' } = steps.find(({ name }) => name?.startsWith('Build it'))!;
    const [built, tried, packed] = ['build:binary', '.github/try-binary', 'mkdir archives'].map((word) =>
      run.indexOf(word),
    );
    assert(built! >= 0 && built! < tried! && tried! < packed!);
  });

  it('are refused where the file has another version, or adds no probe', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-injector-binary-'));
    after(() => rmSync(folder, { recursive: true }));
    const program = (name: string, text: string): string => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return join(folder, name);
    };
    const old = program('old', 'echo health-injector 0.0.1');
    assert.deepEqual(await tryBinary(old), {
      code: 1,
      out: '',
      errors: `${old} said "health-injector 0.0.1", expected "health-injector ${version}"\n`,
    });
    const idle = program('idle', `[ "$1" != version ] || echo health-injector ${version}`);
    assert.deepEqual(await tryBinary(idle), { code: 1, out: '', errors: `${idle} added no probe\n` });
  });
});

describe('the notes of a release', () => {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-release-'));
  after(() => rmSync(directory, { recursive: true }));
  const notes = async (tag: string, changelog: string) => {
    mkdirSync(join(directory, '.github'), { recursive: true });
    writeFileSync(join(directory, '.github/release-notes'), read('.github/release-notes'));
    chmodSync(join(directory, '.github/release-notes'), 0o755);
    writeFileSync(join(directory, 'package.json'), read('package.json'));
    writeFileSync(join(directory, 'CHANGELOG.md'), changelog);
    return runToEnd(join(directory, '.github/release-notes'), [tag]);
  };
  const changelog = `# Changelog\n\n## Unreleased\n\n- next\n\n## ${version} (2026-01-31)\n\n### Features\n\n- this\n\n## 0.0.1\n\n- old\n`;

  it('are what the changelog says of its version, and of no other', async () => {
    assert.deepEqual(await notes(`v${version}`, changelog), { code: 0, out: '### Features\n\n- this\n', errors: '' });
  });

  it('are wanted: no tag of another version, and none that the changelog has not', async () => {
    const other = await notes('v9.9.9', changelog);
    assert.deepEqual(
      [other.code, other.errors],
      [1, `The tag is v9.9.9, and package.json has ${version}: expected v${version}\n`],
    );
    for (const text of [
      '# Changelog\n\n## Unreleased\n\n- next\n',
      changelog.replace(`## ${version} `, `## ${version}0 `),
      `## ${version}\n\n## 0.0.1\n\n- old\n`,
    ]) {
      const { code, out, errors } = await notes(`v${version}`, text);
      assert.deepEqual([code, out, errors], [1, '', `CHANGELOG.md has nothing below "## ${version}"\n`]);
    }
  });
});
