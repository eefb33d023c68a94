import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse, stringify } from 'yaml';
import { version } from '../../src/config/options.ts';
import { startCluster } from '../cli/support/cluster.ts';
import { manifests, runHere } from '../cli/support/health-injector.ts';
import { krewManifest } from '../../build/krew.ts';
import { goTool } from '../deploy/support/go-tool.ts';
import { must, runToEnd } from '../support/process.ts';
import { binary } from './support/binary.ts';
import { checksumsOf } from './support/checksums.ts';

/** A user's machine without Node, with the settings of some project of theirs. */
const env = { PATH: '/nowhere', NODE_OPTIONS: '--require /nowhere/register.js' };

describe('the single file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  let file = '';
  before(async function () {
    this.timeout(180_000);
    file = await binary();
  });
  after(() => rmSync(folder, { recursive: true }));
  const run = (args: readonly string[], input = '') => runToEnd(file, args, { cwd: folder, env, input });

  it('says its version where there is no Node', async () => {
    for (const word of ['version', '--version']) {
      assert.deepEqual(await run([word]), { code: 0, out: `health-injector ${version}\n`, errors: '' });
    }
  });

  for (const args of [
    ['lint', `${manifests}mistakes.yaml`],
    ['inject', `${manifests}shop.yaml`],
    ['explain', '-o', 'json', `${manifests}shop.yaml`],
    ['completion', 'bash'],
    ['lint', '--strct'],
  ]) {
    it(`does there what the program does: ${args.join(' ').replaceAll(manifests, '')}`, async () => {
      assert.deepEqual(await run(args), await runHere(args));
    });
  }

  it('writes a file, and takes out again what it wrote', async () => {
    const copy = join(folder, 'shop.yaml');
    const text = readFileSync(`${manifests}shop.yaml`, 'utf8');
    writeFileSync(copy, text);
    assert.equal((await run(['inject', '-i', 'shop.yaml'])).code, 0);
    assert.notEqual(readFileSync(copy, 'utf8'), text);
    assert.equal((await run(['uninject', '-i', 'shop.yaml'])).code, 0);
    assert.equal(readFileSync(copy, 'utf8'), text);
  });

  it('is kubectl health where it is called by the name of a plugin', async () => {
    const link = join(folder, 'kubectl-health');
    symlinkSync(file, link);
    const { code, out } = await runToEnd(link, ['lint', '--help'], { env });
    assert.equal(code, 0);
    assert.match(out, /^kubectl health lint \[OPTIONS\] FILE\.\.\.\n/);
    assert.match(out, /^ {2}kubectl health lint deploy\/$/m);
    assert.doesNotMatch(out, /^ *health-injector/m);
  });

  it('is installed by krew out of the archive of a release', async function () {
    const [krew, platform] = [await goTool('krew'), `${process.platform}-${process.arch.replace('x64', 'amd64')}`];
    if (!krew) return this.skip();
    const archive = join(folder, `health-injector-${version}-${platform}.tar.gz`);
    const license = new URL('../../LICENSE', import.meta.url).pathname;
    const places = [file, license].flatMap((path) => ['-C', dirname(path), basename(path)]);
    await must('tar', ['-cf', `${archive}.tar`, ...places]);
    // Nothing is gained by packing what is unpacked at once.
    writeFileSync(archive, gzipSync(readFileSync(`${archive}.tar`), { level: 0 }));
    const sum = createHash('sha256').update(readFileSync(archive)).digest('hex');
    const manifest = join(folder, 'health.yaml');
    writeFileSync(manifest, krewManifest(version, checksumsOf(sum)));
    const home = { PATH: process.env['PATH'], HOME: folder, KREW_ROOT: join(folder, 'krew') };
    mkdirSync(home.KREW_ROOT);
    const args = ['install', `--manifest=${manifest}`, `--archive=${archive}`];
    const { code, errors } = await runToEnd(krew, args, { env: home });
    assert.equal(code, 0, errors);
    assert.match(errors, /Installed plugin: health/);
    const plugin = join(home.KREW_ROOT, 'bin/kubectl-health');
    const { out } = await runToEnd(plugin, ['--help'], { env });
    assert.match(out, /^kubectl health COMMAND: /);
    return undefined;
  }).timeout(180_000);

  it('asks a cluster, whose kubeconfig lets a program log in', async () => {
    const pod = {
      metadata: { name: 'web', namespace: 'shop', annotations: { 'health.example.com/port': '8080' } },
      spec: { containers: [{ name: 'app', image: 'app:1' }] },
    };
    const cluster = await startCluster({ '/api/v1/namespaces/shop/pods/web': pod });
    try {
      const config = parse(readFileSync(cluster.kubeconfig, 'utf8'));
      const credential = {
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: { token: 'secret' },
      };
      const exec = {
        apiVersion: credential.apiVersion,
        command: '/bin/echo',
        args: [JSON.stringify(credential)],
        interactiveMode: 'Never',
      };
      config.users = config.users.map(({ name }: { name: string }) => ({ name, user: { exec } }));
      writeFileSync(join(folder, 'kubeconfig'), stringify(config));
      const { code, out, errors } = await run(['explain', 'pod/web', '--kubeconfig', 'kubeconfig']);
      assert.match(`${errors}${out}`, /Pod shop\/web: .*\n/);
      assert.equal(code, 0);
    } finally {
      await cluster.stop();
    }
  });
});
