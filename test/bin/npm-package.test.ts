import assert from 'node:assert/strict';
import { existsSync, globSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../src/config/options.ts';
import { manifests, runHere } from '../cli/support/health-injector.ts';
import { must, runToEnd } from '../support/process.ts';

const root = new URL('../../', import.meta.url).pathname;

describe('the npm package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  const installed = join(folder, 'node_modules/health-injector');
  before(async function () {
    this.timeout(120_000);
    await must(process.execPath, [join(root, 'build/npm-package.ts'), join(folder, 'package')]);
    await must('npm', ['pack', '--silent', '--pack-destination', folder, join(folder, 'package')]);
    const tarball = join(folder, `health-injector-${version}.tgz`);
    assert(existsSync(tarball));
    // Nothing may be fetched: the package needs no other.
    await must('npm', ['install', '--silent', '--no-audit', '--no-fund', '--offline', '--prefix', folder, tarball]);
  });
  after(() => rmSync(folder, { recursive: true }));
  const run = (program: string, args: readonly string[]) =>
    runToEnd(join(folder, 'node_modules/.bin', program), args, { cwd: folder });

  it('runs in an empty folder', async () => {
    assert.deepEqual(await run('health-injector', ['version']), {
      code: 0,
      out: `health-injector ${version}\n`,
      errors: '',
    });
    for (const args of [
      ['lint', `${manifests}mistakes.yaml`],
      ['inject', `${manifests}shop.yaml`],
    ]) {
      assert.deepEqual(await run('health-injector', args), await runHere(args));
    }
  });

  it('has the plugin of kubectl', async () => {
    const { code, out } = await run('kubectl-health', ['--help']);
    assert.equal(code, 0);
    assert.match(out, /^kubectl health COMMAND: /);
    assert.equal((await run('kubectl_complete-health', ['lint', '-o', 'j'])).out, 'json\n:4\n');
  });

  it('brings no other package, no source, no map and no other program', () => {
    const packages = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(packages, ['health-injector']);
    assert.deepEqual(readdirSync(installed).toSorted(), ['LICENSE', 'README.md', 'dist', 'package.json']);
    const files = globSync('dist/**/*', { cwd: installed, withFileTypes: true }).filter((entry) => entry.isFile());
    const others = files.filter(({ name }) => !/^cli\.js$|^[\w-]+-[A-Z0-9]{8}\.js$/.test(name));
    assert.deepEqual(
      others.map(({ name }) => name),
      ['THIRD-PARTY-NOTICES.txt'],
    );
  });

  it('has the terms of what of others is in it, and names nothing that is not', () => {
    const notices = readFileSync(join(installed, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    const named = [...notices.matchAll(/^={80}\n(\S+) \d/gm)].map(([, name]) => name!);
    for (const name of ['@kubernetes/client-node', 'diff', 'fast-json-patch', 'yaml'])
      assert(named.includes(name), name);
    assert(!named.includes('express'));
    assert.equal(
      notices.match(/Permission (is hereby granted|to use)|Apache License|Redistribution/g)!.length >= named.length,
      true,
    );
  });

  it('says what it is as the repository does, which is never published itself', () => {
    const [ours, theirs] = [root, installed].map((place) =>
      JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')),
    );
    assert.equal(ours.private, true);
    for (const field of ['name', 'version', 'description', 'license', 'engines']) {
      assert.deepEqual(theirs[field], ours[field], field);
    }
    assert.equal(theirs.dependencies, undefined);
  });
});
