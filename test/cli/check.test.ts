import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../src/cli/commands/index.ts';
import { formatDiagnoses, reportOfDiagnoses, shortDiagnoses } from '../../src/cli/diagnoses.ts';
import { createTerminal } from '../../src/cli/output.ts';
import { run } from '../../src/cli/run.ts';
import type { Diagnosis } from '../../src/diagnostics/diagnostic.ts';
import { startCluster } from './support/cluster.ts';
import { runHere } from './support/health-injector.ts';

const list = (...items: readonly object[]): object => ({ metadata: { resourceVersion: '1' }, items });

const diagnosis = (more: Partial<Diagnosis>): Diagnosis => ({
  id: 'some-id',
  group: 'Some group',
  title: 'all is well',
  status: 'ok',
  found: '',
  remedy: '',
  see: 'docs/check.md#some-id',
  ...more,
});
const diagnoses = [
  diagnosis({ found: 'v1.36.3' }),
  diagnosis({ status: 'warning', found: 'It is old.', remedy: 'Renew it.' }),
  diagnosis({ group: 'Another', status: 'failed', found: 'It is gone.', remedy: 'Bring it back.' }),
  diagnosis({ group: 'Another', status: 'unchecked', found: 'no right to list pods' }),
];

describe('health-injector check', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  before(async () => {
    cluster = await startCluster({
      '/version': { gitVersion: 'v1.36.3' },
      '/apis': { groups: [{ versions: [{ groupVersion: 'admissionregistration.k8s.io/v1' }] }] },
      '/api/v1/nodes?limit=500': list({ metadata: { name: 'a' }, status: { nodeInfo: { kubeletVersion: 'v1.20.0' } } }),
      '/api/v1/namespaces?limit=500': list({
        metadata: { name: 'shop', annotations: { 'health.example.com/inject': '\u001B[2Jyes' } },
      }),
    });
  });
  after(() => cluster.stop());
  const check = (...args: readonly string[]) => runHere(['check', '--kubeconfig', cluster.kubeconfig, ...args]);

  it('prints every check under its group, and what to do where one is not well', () => {
    assert.deepEqual(formatDiagnoses(diagnoses), [
      'Some group',
      '  ok   all is well (v1.36.3)',
      '  WARN all is well  [some-id]',
      '         It is old.',
      '         Renew it.',
      '         docs/check.md#some-id',
      '',
      'Another',
      '  FAIL all is well  [some-id]',
      '         It is gone.',
      '         Bring it back.',
      '         docs/check.md#some-id',
      '  -    all is well (not checked: no right to list pods)',
      '',
      'Something is broken: 1 ok, 1 warning, 1 failed, 1 not checked.',
    ]);
  });

  it('prints in short what is not well', () => {
    assert.deepEqual(shortDiagnoses(diagnoses), [
      'WARN some-id: It is old. Renew it. docs/check.md#some-id',
      'FAIL some-id: It is gone. Bring it back. docs/check.md#some-id',
      'Something is broken: 1 ok, 1 warning, 1 failed, 1 not checked.',
    ]);
    assert.deepEqual(shortDiagnoses([diagnosis({})]), ['All is well: 1 ok, 0 warnings, 0 failed.']);
    assert.deepEqual(shortDiagnoses([diagnosis({ status: 'unchecked' })]), [
      'Nothing that was checked is broken: 0 ok, 0 warnings, 0 failed, 1 not checked.',
    ]);
  });

  it('gives the same to programs', () => {
    assert.deepEqual(reportOfDiagnoses(diagnoses), {
      isSound: false,
      counts: { ok: 1, warning: 1, failed: 1, unchecked: 1 },
      checks: diagnoses,
    });
    assert.equal(reportOfDiagnoses([diagnosis({ status: 'warning' })]).isSound, true);
  });

  it('looks at a cluster that has no installation, and at what else is wrong there', async () => {
    const { code, out, errors } = await check('-o', 'json');
    assert.deepEqual([code, errors], [1, '']);
    const { isSound, checks } = JSON.parse(out) as { isSound: boolean; checks: Diagnosis[] };
    const byId = new Map(checks.map((each) => [each.id, each]));
    assert.equal(isSound, false);
    assert.equal(byId.get('apiserver-reached')?.found, 'v1.36.3');
    assert.equal(byId.get('kubelet-versions')?.found, 'The kubelet is too old on a (v1.20.0).');
    assert.equal(byId.get('webhook-registered')?.found, 'the cluster has no mutatingwebhookconfigurations');
    assert.equal(byId.get('policies-accepted')?.found, 'the cluster has no healthpolicies.health.example.com');
  });

  it('shows what others wrote so that it steers no terminal', async () => {
    const { out } = await check();
    assert.match(out, /on the namespace shop \("\\u001b\[2Jyes"\)\./);
    assert(!out.includes('\u001B'));
  });

  it('passes nothing that it may not read', async () => {
    const { code, out } = await check('-o', 'json', '--context', 'guest');
    const { counts } = JSON.parse(out);
    assert.deepEqual([code, counts.ok, counts.warning, counts.failed], [0, 0, 0, 0]);
    assert(counts.unchecked > 40);
  });

  it('says in one failure that the apiserver does not answer, and with --wait looks again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
    const config = {
      // Nobody listens there, and no server that a test starts meanwhile is given that port.
      clusters: [{ name: 'it', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'it', user: { token: 'horse' } }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
      'current-context': 'it',
    };
    writeFileSync(join(folder, 'config'), JSON.stringify(config));
    const args = ['check', '--kubeconfig', join(folder, 'config'), '-o', 'short', '--wait', '3s'];
    const { code, out, errors } = await runHere(args);
    rmSync(folder, { recursive: true });
    assert.equal(code, 1);
    assert.equal(errors, 'Waiting for apiserver-reached.\n');
    assert.match(out, /^FAIL apiserver-reached: The apiserver does not answer: connect ECONNREFUSED /);
    assert.match(out, /\nSomething is broken: 0 ok, 0 warnings, 1 failed, \d+ not checked\.\n$/);
  });

  const mistakes: Readonly<Record<string, readonly [args: readonly string[], code: number, sentence: string]>> = {
    'a word too many': [['pods'], 64, 'pods is one word too many: check takes flags only.'],
    'a time that is none': [
      ['--wait', 'soon'],
      64,
      '--wait is "soon", expected a time such as 60s, of an hour at most.',
    ],
    'a time that is too long': [
      ['--wait', '24h'],
      64,
      '--wait is "24h", expected a time such as 60s, of an hour at most.',
    ],
    'flags that contradict': [
      ['--pre', '--e2e'],
      64,
      '--pre and --e2e contradict each other: --e2e needs an installation.',
    ],
    'a context that is not there': [['--context', 'none'], 2, 'The kubeconfig has no context none.'],
  };
  for (const [what, [args, code, sentence]] of Object.entries(mistakes)) {
    it(`says with ${code} what is wrong with ${what}`, async () => {
      let errors = '';
      const terminal = createTerminal({
        writeOut: () => assert.fail('nothing is printed'),
        writeError: (text) => (errors += text),
        readStandardInput: async () => new Uint8Array(),
        isTerminal: false,
        isColoured: false,
        env: {},
      });
      assert.equal(await run(['check', '--kubeconfig', cluster.kubeconfig, ...args], commands, terminal), code);
      assert.equal(errors, `${sentence}\n`);
    });
  }
});
