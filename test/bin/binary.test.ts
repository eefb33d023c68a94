import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { version } from '../../src/config/options.ts';
import { startCluster } from '../cli/support/cluster.ts';
import { healthInjector, manifests } from '../cli/support/health-injector.ts';
import { runToEnd } from '../support/process.ts';
import { binary } from './support/binary.ts';

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
      assert.deepEqual(await run(args), await healthInjector(args));
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
