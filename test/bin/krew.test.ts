import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { krewManifest } from '../../build/krew.ts';
import { version } from '../../src/config/options.ts';
import { goTool } from '../deploy/support/go-tool.ts';
import { jobsOf, workflow } from '../deploy/support/workflow.ts';
import { runToEnd } from '../support/process.ts';
import { checksumsOf } from './support/checksums.ts';

const sum = 'ab'.repeat(32);

describe('the manifest of the plugin', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  after(() => rmSync(folder, { recursive: true }));

  /** What krew-index's own check says of a manifest. */
  async function validate(text: string) {
    const validator = await goTool('validate-krew-manifest');
    if (!validator) return undefined;
    writeFileSync(join(folder, 'health.yaml'), text);
    return runToEnd(validator, ['-manifest', join(folder, 'health.yaml'), '-skip-install']);
  }

  it('is one that krew-index takes', async function () {
    const text = krewManifest(version, checksumsOf(sum));
    const checked = await validate(text);
    if (!checked) return this.skip();
    assert.equal(checked.code, 0, checked.errors);
    const broken = await validate(text.replace(sum, 'none'));
    assert.notEqual(broken?.code, 0);
    return undefined;
  }).timeout(180_000);

  it('names each platform that a release has an archive for, and its sum', () => {
    const { spec } = parse(krewManifest(version, checksumsOf(sum)));
    const rows: { os: string; arch: string }[] = jobsOf(workflow('release')).find(({ name }) => name === 'binaries')!
      .strategy!.matrix.include;
    assert.equal(spec.version, `v${version}`);
    assert.deepEqual(
      spec.platforms.map(({ selector: { matchLabels } }: any) => matchLabels),
      rows.map(({ os, arch }) => ({ os, arch })),
    );
    for (const { uri, sha256 } of spec.platforms) {
      assert(uri.startsWith(`https://github.com/health-injector/health-injector/releases/download/v${version}/`));
      assert.equal(sha256, sum);
    }
  });

  it('is refused where an archive has no sum', () => {
    const missing = checksumsOf(sum).replace(/^.*darwin-arm64.*\n/m, '');
    assert.throws(() => krewManifest(version, missing), {
      message: `The checksums have no line for health-injector-${version}-darwin-arm64.tar.gz.`,
    });
  });
});
