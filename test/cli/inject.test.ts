import assert from 'node:assert/strict';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { commands } from '../../src/cli/commands/index.ts';
import { createTerminal } from '../../src/cli/output.ts';
import { run } from '../../src/cli/run.ts';
import { needProgram } from '../support/packages.ts';
import { runToEnd } from '../support/process.ts';
import { testContext } from '../support/webhook.ts';
import { healthInjector, manifests, runHere } from './support/health-injector.ts';

const shop = `${manifests}shop.yaml`;
const statusKey = 'health.example.com/status';

/** A policy for every Pod. */
const policy = (mode: string) => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name: 'every' },
  spec: { mode, inject: { pattern: 'port', port: 81 } },
});

/** A Pod of the namespace shop that wants /sys of its node, as YAML. */
const podText = (name: string, pattern: string, check: string) => `---
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
  annotations:
    health.example.com/pattern: ${pattern}
    health.example.com/check: '${check}'
    health.example.com/host-paths: /sys
spec: { containers: [{ name: redis, image: redis }] }
`;

describe('health-injector inject, uninject and diff', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('inject prints the manifest, and on standard error what was done, a line for each workload', async () => {
    const { code, out, errors } = await healthInjector(['inject', shop]);
    assert.equal(code, 0);
    assert.equal(
      errors,
      `Deployment shop/redis: injected port (liveness of redis), sidecar (readiness of redis)
CronJob shop/report: injected port (readiness of report); left alone report/livenessProbe
Pod plain: skipped: No annotation, policy or namespace asks for a health check.
`,
    );
    const [, deployment, cronJob] = documentsOf(out);
    assert.deepEqual(deployment.spec.template.spec.containers[0].livenessProbe.tcpSocket, { port: 6379 });
    assert.equal(deployment.spec.template.spec.initContainers[0].name, 'health-probe');
    assert.equal(cronJob.spec.jobTemplate.spec.template.spec.containers[0].readinessProbe.httpGet.port, 8080);
    const kept = readFileSync(shop, 'utf8')
      .split('\n')
      .filter((line) => !line.includes('{ name: report') && !line.includes('annotations: {'));
    for (const line of kept) assert(out.split('\n').includes(line), line);
  });

  it('inject does to the Pods of all golden cases what the webhook does', async function () {
    const root = new URL('../cases/', import.meta.url).pathname;
    // What keeps a Pod off a sick node is for the moment of its creation, and nothing for a manifest.
    const files = globSync('**/*.input.yaml', { cwd: root, exclude: ['quarantines'] }).toSorted();
    assert(files.length > 100);
    const allowed = Object.entries(testContext.allowed).map(
      ([name, values]) =>
        `--allowed-${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}=${values.join(',')}`,
    );
    for (const file of files) {
      const printed: string[] = [];
      // The Namespaces and policies of a case stand behind its Pod.
      const args = ['inject', root + file, '--policies', root + file, '-n', 'shop'];
      const terminal = createTerminal({
        writeOut: (text) => printed.push(text),
        writeError: () => {},
        readStandardInput: () => assert.fail('nothing is read'),
        isTerminal: false,
        isColoured: false,
        env: {},
      });
      const code = await run([...args, '--agent-image', testContext.agentImage, ...allowed], commands, terminal);
      const [said] = documentsOf(printed.join(''));
      const [{ warnings = [] }, output] = documentsOf(
        readFileSync(`${root}${file.replace('.input.', '.output.')}`, 'utf8'),
      );
      const isRefused = warnings.some((warning: string) => warning.includes('An annotation is wrong'));
      const wanted = isRefused ? documentsOf(readFileSync(root + file, 'utf8'))[0] : output;
      assert.deepEqual(sameVersion(said), sameVersion(wanted), file);
      assert.equal(code, isRefused ? 1 : 0, file);
    }
  });

  it('uninject gives back the files that inject has written, to the byte', async () => {
    const names = ['shop.yaml', 'nested/more.yml', 'list.json'];
    mkdirSync(join(folder, 'nested'));
    copyFileSync(shop, join(folder, 'shop.yaml'));
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', annotations: { 'health.example.com/port': '80', 'health.example.com/pattern': 'port' } },
      spec: { containers: [{ name: 'a' }] },
    };
    writeFileSync(join(folder, 'list.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [pod] }));
    writeFileSync(join(folder, 'nested/more.yml'), '# nothing but a comment\r\n');
    const texts = () => names.map((name) => readFileSync(join(folder, name), 'utf8'));
    const before = texts();
    const written = statSync(join(folder, 'nested/more.yml')).mtimeMs;

    const injected = await healthInjector(['inject', '-i', folder]);
    assert.deepEqual([injected.code, injected.out], [0, '']);
    assert.match(
      injected.errors,
      /^Pod a: injected port \(liveness, readiness of a\)\nDeployment shop\/redis: injected/,
    );
    assert.notDeepEqual(texts(), before);
    assert.equal(
      statSync(join(folder, 'nested/more.yml')).mtimeMs,
      written,
      'a file in which nothing changes is not written',
    );
    const again = await runHere(['inject', '--in-place', folder]);
    assert.match(again.errors, /^Pod a: skipped: An earlier call injected all that the annotations ask for\.\n/);

    const uninjected = await healthInjector(['uninject', '-i', folder]);
    assert.deepEqual([uninjected.code, uninjected.out], [0, '']);
    assert.equal(
      uninjected.errors,
      'Pod a: uninjected\nDeployment shop/redis: uninjected\nCronJob shop/report: uninjected\nPod plain: skipped: Nothing was injected into it.\n',
    );
    assert.deepEqual(texts(), before);
  });

  it('inject leaves an object alone whose annotations are wrong, does the others, and ends with 1', async () => {
    const { code, out, errors } = await healthInjector(['inject', '-'], {
      input: readFileSync(`${manifests}mistakes.yaml`, 'utf8'),
    });
    assert.equal(code, 1);
    assert.match(
      errors,
      /^Pod shop\/web: refused: health\.example\.com\/perod: the key is unknown.*port is "99999".*\nStatefulSet shop\/db: injected cli \(liveness, readiness of db\)\nStatefulSet shop\/db: warning: An exec probe/,
    );
    const [before, after] = [parse(readFileSync(`${manifests}mistakes.yaml`, 'utf8')), parse(out)];
    assert.deepEqual(after.items[0], before.items[0]);
    assert.notDeepEqual(after.items[1], before.items[1]);
  });

  it('inject writes nothing where one of the files cannot be read', async () => {
    copyFileSync(shop, join(folder, 'a.yaml'));
    writeFileSync(join(folder, 'b.yaml'), 'a: [');
    const { code, errors } = await runHere(['inject', '-i', folder]);
    assert.equal(code, 2);
    assert.match(errors, /b\.yaml: Line 1, column \d+ is not YAML that can be read: .*\.\n$/);
    assert.equal(readFileSync(join(folder, 'a.yaml'), 'utf8'), readFileSync(shop, 'utf8'));
  });

  it('inject heeds the annotations of a workload where they stand, the Namespace beside it and the policies of a file', async () => {
    const input = `
apiVersion: v1
kind: Namespace
metadata: { name: quiet, labels: { health.example.com/inject: disabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { health.example.com/pattern: port, health.example.com/port: '80' } }
spec: { template: { spec: { containers: [{ name: web }] } } }
---
apiVersion: v1
kind: Pod
metadata: { name: left, namespace: quiet, annotations: { health.example.com/pattern: port, health.example.com/port: '80' } }
spec: { containers: [{ name: left }] }
---
apiVersion: v1
kind: Pod
metadata: { name: plain }
spec: { containers: [{ name: plain }] }
`;
    const files = ['Enforce', 'Audit'].map((mode) => {
      writeFileSync(join(folder, `${mode}.json`), JSON.stringify(policy(mode)));
      return join(folder, `${mode}.json`);
    });
    const [enforced, audited] = await Promise.all(
      files.map((file) => runHere(['inject', '-', '-n', 'shop', '--policies', file], { input })),
    );
    const said = `Deployment shop/web: injected port (liveness, readiness of web)
Pod quiet/left: skipped: The namespace is left alone: it says inject: disabled.
`;
    assert.equal(
      enforced!.errors,
      `${said}Pod shop/plain: injected port (liveness, readiness of plain), as HealthPolicy every asks\n`,
    );
    assert.match(
      audited!.errors.slice(said.length),
      /^Pod shop\/plain: skipped: .* It would add plain\/livenessProbe, plain\/readinessProbe\.\n$/,
    );
    const [, deployment] = documentsOf(enforced!.out);
    assert.deepEqual(Object.keys(deployment.spec.template.metadata.annotations), [statusKey]);
    assert.deepEqual(deployment.metadata.annotations, documentsOf(input)[1].metadata.annotations);
    assert.equal((await runHere(['uninject', '-'], { input: enforced!.out })).out, input);
  });

  it('inject bears containers that are one object by an alias, of which the patch of the webhook changes each', async () => {
    const input = `
apiVersion: v1
kind: Pod
metadata: { name: a, annotations: { health.example.com/pattern: cli, health.example.com/check: 'redis://:6379' } }
spec:
  volumes: [{ name: data, emptyDir: {} }]
  containers:
    - { name: a, image: 'redis:7', volumeMounts: &mounts [{ name: data, mountPath: /data }] }
    - { name: b, image: 'redis:7', volumeMounts: *mounts }
`;
    const { code, out, errors } = await runHere(['inject', '-'], { input });
    assert.deepEqual([code, out], [1, input]);
    assert.match(
      errors,
      /^standard input: Pod "a" was left as it is: spec\.containers\.a\.volumeMounts has the anchor/,
    );
    assert.doesNotMatch(errors, /injected/);
  });

  it('inject names no pattern that Pod Security takes out, beside those that stay or alone', async () => {
    const namespace = `apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: baseline } }
`;
    const input =
      namespace +
      podText('a', 'sidecar,hardware', 'redis://:6379 temperature:') +
      podText('b', 'hardware', 'temperature:');
    const { code, errors } = await runHere(['inject', '-', '--allowed-host-paths=/sys'], { input });
    assert.equal(code, 0);
    assert.equal(
      errors,
      `Pod shop/a: injected sidecar (liveness, readiness, startup of redis); left alone hardware
Pod shop/a: warning: Pattern hardware is left out: Pod Security of namespace shop is at the level baseline, which allows no host paths.
Pod shop/b: skipped: The check of hardware needs a folder or device of the node, which Pod Security does not allow in the namespace.
`,
    );
  });

  it('inject says with 2 that the policies cannot be read', async () => {
    const { code, errors } = await runHere(['inject', shop, '--policies', '/does/not/exist']);
    assert.equal(code, 2);
    assert.match(errors, /^\/does\/not\/exist cannot be read: ENOENT/);
  });

  it('inject cannot write standard input', async () => {
    const { code, out, errors } = await runHere(['inject', '-i', '-'], { input: readFileSync(shop, 'utf8') });
    assert.deepEqual([code, out, errors], [64, '', 'Standard input cannot be written: --in-place is for files.\n']);
  });

  it('uninject leaves what only bears the name of what is injected, says so, and ends with 1', async () => {
    const status = JSON.stringify({ version: '0', added: ['initContainers/mine'] });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', annotations: { [statusKey]: status } },
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'mine', image: 'mine:1' }] },
    };
    const { code, out, errors } = await runHere(['uninject', '-'], { input: JSON.stringify(pod) });
    assert.equal(code, 1);
    assert.match(errors, /^Pod a: uninjected\nPod a: initContainers\/mine is named .* it was left\.\n$/);
    assert.deepEqual(JSON.parse(out).spec, pod.spec);
  });

  it('diff shows what inject would write so that patch does it, and ends with 1', async () => {
    copyFileSync(shop, join(folder, 'shop.yaml'));
    const [{ code, out, errors }, injected] = await Promise.all([runHere(['diff', shop]), runHere(['inject', shop])]);
    assert.deepEqual([code, errors], [1, '']);
    assert(out.startsWith(`--- ${shop}\n+++ ${shop}\n@@ -`));
    assert(!out.includes('\u001B['), 'no colour but on a terminal');
    await needProgram('patch', 'patch');
    const patched = await runToEnd('patch', ['-s', join(folder, 'shop.yaml')], { input: out });
    assert.deepEqual([patched.code, patched.errors], [0, '']);
    assert.equal(readFileSync(join(folder, 'shop.yaml'), 'utf8'), injected.out);
  });

  it('diff ends with 0 where nothing would change, and with 2 where an annotation is wrong', async () => {
    const { out } = await runHere(['inject', shop]);
    const [none, wrong] = await Promise.all([
      runHere(['diff', '-f', '-'], { input: out }),
      runHere(['diff', `${manifests}mistakes.yaml`]),
    ]);
    assert.deepEqual(none, { code: 0, out: '', errors: '' });
    assert.equal(wrong.code, 2);
    assert.match(wrong.errors, /^Pod shop\/web: refused: /);
  });

  it('diff is in colour on a terminal, but not where NO_COLOR is set', async () => {
    const line = `${process.execPath} src/bin/cli.ts diff ${shop}`;
    const onTerminal = (env: Record<string, string>) =>
      runToEnd('script', ['-qec', line, '/dev/null'], { env: { ...process.env, ...env } });
    const [coloured, plain] = await Promise.all([onTerminal({ NO_COLOR: '' }), onTerminal({ NO_COLOR: '1' })]);
    assert(coloured.out.includes('\u001B[32m+          livenessProbe:'));
    assert(!plain.out.includes('\u001B['));
  });
});

const documentsOf = (text: string): any[] => parseAllDocuments(text).map((document) => document.toJS());

/** The object without what differs by the version of the program, or is for the text alone. */
function sameVersion(object: any): any {
  const status = object.metadata?.annotations?.[statusKey];
  if (status === undefined) return object;
  const { version: _, config: __, source: ___, ...rest } = JSON.parse(status);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [statusKey]: rest } },
  };
}
