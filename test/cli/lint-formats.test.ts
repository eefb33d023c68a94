import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { version } from '../../src/config/options.ts';
import { cached } from '../agent/support/cache.ts';
import { must, runToEnd } from '../support/process.ts';
import { manifests, program, runHere } from './support/health-injector.ts';

const file = `${manifests}mistakes.yaml`;
const packages = ['@microsoft/jest-sarif@1.0.0-beta.0', 'ajv@8.20.0', 'ajv-draft-04@1.0.0', 'ajv-formats@3.0.1'];

/** What the published schema of SARIF 2.1.0 has to say against a log. */
async function sarifErrors(log: unknown): Promise<readonly unknown[]> {
  const folder = await cached('npm', packages, async (draft) => {
    await must('npm', [
      'install',
      '--silent',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--prefix',
      draft,
      ...packages,
    ]);
  });
  const load = createRequire(join(folder, 'node_modules/'));
  const [Ajv, addFormats] = [load('ajv-draft-04').default, load('ajv-formats').default];
  const schemas = join(folder, 'node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
  // A pattern of the schema has a bracket too many.
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(schemas, 'utf8')));
  return validate(log) ? [] : validate.errors;
}

describe('health-injector lint, for CI', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  after(() => rmSync(folder, { recursive: true }));
  const inFolder = async (args: readonly string[]) => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      return await runHere(args);
    } finally {
      process.chdir(before);
    }
  };

  it('annotates the lines of a pull request of GitHub', async () => {
    const { code, out } = await runHere(['lint', '-o', 'github', file]);
    assert.equal(code, 1);
    const [first, second, third, end] = out.split('\n');
    const begin = `::error file=${file},line=11,col=9,title=Pod shop/web::`;
    assert.equal(first, `${begin}health.example.com/check: port is "99999", expected a number from 1 to 65535.`);
    assert(second?.startsWith(`::error file=${file},line=12,col=9,title=Pod shop/web::health.example.com/perod: `));
    assert(third?.startsWith(`::warning file=${file},line=22,col=13,title=StatefulSet shop/db::An exec probe costs`));
    assert.equal(end, '');
  });

  it('lets no manifest write a command of GitHub, nor into the properties of ours', async () => {
    mkdirSync(join(folder, 'a,line=9::b'), { recursive: true });
    writeFileSync(
      join(folder, 'a,line=9::b/100%.yaml'),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'a,title=x::y%0A::error::',
          annotations: { 'health.example.com/pattern': 'x\n::error::forged %0A::set-env name=A::b' },
        },
        spec: { containers: [{ name: 'a' }] },
      }),
    );
    const { code, out } = await inFolder(['lint', '-o', 'github', 'a,line=9::b']);
    assert.equal(code, 1);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.length, 1);
    const [, properties = '', message = ''] = /^::error ([^:]*)::(.*)$/.exec(lines[0] ?? '') ?? [];
    assert.match(
      properties,
      /^file=a%2Cline=9%3A%3Ab\/100%25\.yaml,line=\d+,col=\d+,title=Pod a%2Ctitle=x%3A%3Ay%250A%3A%3Aerror%3A%3A$/,
    );
    assert.match(message, /forged %250A::set-env/);
  });

  it('says to GitHub which document cannot be read', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'kind: Pod\nspec: [\n');
    const args = [program, 'lint', '-o', 'github', 'broken.yaml'];
    const { code, out } = await runToEnd(process.execPath, args, { cwd: folder });
    assert.equal(code, 2);
    assert.match(out, /^::error file=broken\.yaml::Line 3, column \d+ is not YAML that can be read: .*\.\n$/);
  });

  it('is SARIF by its published schema, also where nothing is wrong or nothing can be read', async () => {
    writeFileSync(join(folder, 'well.yaml'), 'kind: ConfigMap\n');
    for (const [name, isSuccess, wanted] of [
      [file, true, 3],
      ['well.yaml', true, 0],
      ['broken.yaml', false, 0],
    ] as const) {
      const log = JSON.parse((await inFolder(['lint', '-o', 'sarif', name])).out);
      assert.deepEqual(await sarifErrors(log), [], name);
      const [{ results, invocations, tool }] = log.runs;
      assert.equal(results.length, wanted);
      assert.equal(invocations[0].executionSuccessful, isSuccess);
      assert.equal(tool.driver.semanticVersion, version);
    }
    const broken = { version: '2.1.0', runs: [{ results: [] }] };
    assert.notDeepEqual(await sarifErrors(broken), []);
  }).timeout(180_000);

  it('names in SARIF files by their paths in the repository, rules and levels', async () => {
    mkdirSync(join(folder, 'deploy dir'), { recursive: true });
    writeFileSync(join(folder, 'deploy dir/web.yaml'), readFileSync(file, 'utf8'));
    const uris = [
      ['deploy dir', 'deploy%20dir/web.yaml'],
      [join(folder, 'deploy dir/web.yaml'), 'deploy%20dir/web.yaml'],
      [file, pathToFileURL(file).href],
    ] as const;
    for (const [name, uri] of uris) {
      for (const strict of [[], ['--strict']]) {
        const { code, out } = await inFolder(['lint', '-o', 'sarif', name, ...strict]);
        const [{ results, tool }] = JSON.parse(out).runs;
        assert.equal(code, 1);
        const last = strict.length > 0 ? 'error' : 'warning';
        assert.deepEqual(
          results.map(({ ruleId, level }: any) => [ruleId, level]),
          [
            ['invalid-annotation', 'error'],
            ['invalid-annotation', 'error'],
            ['warning', last],
          ],
        );
        for (const { locations, ruleId, ruleIndex } of results) {
          assert.equal(locations[0].physicalLocation.artifactLocation.uri, uri);
          assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
        }
      }
    }
  });

  it('says at its end how much it looked at, beside what programs read', async () => {
    const ends = {
      text: '2 Pods and workloads in 1 file: 2 errors, 1 warning.\n',
      github: '2 Pods and workloads in 1 file: 2 errors, 1 warning.\n',
      json: '',
      sarif: '',
    };
    for (const [output, end] of Object.entries(ends)) {
      assert.equal((await runHere(['lint', '-o', output, file])).errors, end, output);
    }
  });
});
