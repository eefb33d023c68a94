import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../src/cli/commands/index.ts';
import { createTerminal } from '../../src/cli/output.ts';
import { run as runCommandLine } from '../../src/cli/run.ts';
import { version } from '../../src/config/options.ts';
import { examples } from '../../src/playground/examples/index.ts';
import { type PlaygroundInput, fileNames, longestText, runPlayground } from '../../src/playground/run.ts';

const now = { version, nowMs: Date.now() };
const evaluate = (input: Partial<PlaygroundInput>) =>
  runPlayground({ manifest: '', policies: '', settings: {}, ...input }, now);

/** What a command prints of a folder, with the names of its files as the page has them. */
async function printed(name: string, folder: string): Promise<string> {
  let out = '';
  const terminal = createTerminal({
    writeOut: (text) => (out += text),
    writeError: () => {},
    readStandardInput: async () => new Uint8Array(),
    isTerminal: false,
    isColoured: false,
    env: {},
  });
  await runCommandLine([name, folder, '--policies', folder], commands, terminal);
  return out.replaceAll(`${folder}/`, '');
}

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'redis',
    namespace: 'shop',
    ownerReferences: [{ controller: true, kind: 'Deployment', name: 'x' }],
    annotations: { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'redis://:1' },
  },
  spec: { containers: [{ name: 'a', image: 'redis', ports: [{ containerPort: 1 }] }] },
};

/** One object of each kind that says what Pods get, with every field that is read. */
const surroundings: readonly { readonly kind: string; readonly [key: string]: unknown }[] = [
  {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'HealthPolicy',
    metadata: { name: 'a' },
    spec: {
      mode: 'Enforce',
      priority: 1,
      namespaceSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
      podSelector: { matchLabels: { a: 'b' } },
      match: { images: ['redis:*'], ports: [1], protocol: 'redis' },
      inject: { pattern: 'port', check: 'tcp://:1' },
    },
  },
  {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'NodeQuarantine',
    metadata: { name: 'a' },
    spec: {
      nodeName: 'n',
      scope: 'Owner',
      owners: [{ owner: { namespace: 'shop', kind: 'Deployment', name: 'x' }, until: '2130-01-01T00:00:00Z' }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { a: 'b' }, annotations: { a: 'b' } },
  },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'a', namespace: 'shop' },
    spec: {
      limits: [
        {
          type: 'Container',
          min: { cpu: '1m' },
          max: { cpu: '1' },
          default: { cpu: '1' },
          defaultRequest: { cpu: '1' },
          maxLimitRequestRatio: { cpu: '1' },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'a', namespace: 'shop' },
    spec: {
      hard: { 'limits.cpu': '1' },
      scopes: ['BestEffort'],
      scopeSelector: { matchExpressions: [{ scopeName: 'BestEffort', operator: 'Exists', values: ['a'] }] },
    },
    status: { hard: { 'limits.cpu': '1' }, used: { 'limits.cpu': '1' } },
  },
];

type Keys = readonly string[];

/** The paths to all values below a value. */
function pathsIn(value: unknown, path: Keys = []): Keys[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.keys(value).map((key): Keys => path.concat(key));
  return own.concat(...Object.entries(value).map(([key, inner]) => pathsIn(inner, path.concat(key))));
}

describe('the playground', () => {
  it('says of the examples what explain, lint and diff print', async () => {
    const root = mkdtempSync(join(tmpdir(), 'health-injector-playground-'));
    // Every second, some of each kind.
    for (const [id, { manifest, policies = '' }] of [...examples].filter((_, index) => index % 2 === 0)) {
      const folder = join(root, id);
      mkdirSync(folder);
      writeFileSync(join(folder, fileNames.manifest), manifest);
      if (policies !== '') writeFileSync(join(folder, fileNames.policies), policies);
      const { explanation, lint, diff } = evaluate({ manifest, policies });
      assert.equal(joined(explanation), await printed('explain', folder), id);
      assert.equal(joined(lint), await printed('lint', folder), id);
      assert.equal(joined(diff), await printed('diff', folder), id);
    }
  });

  it('has examples that are injected without a problem, but for those that show why not', () => {
    for (const [id, { manifest, policies = '' }] of examples) {
      const { findings, explanations, diff } = evaluate({ manifest, policies });
      if (id === 'mistakes') {
        assert.equal(findings.length, 4);
        assert.deepEqual(diff, []);
      } else {
        assert.deepEqual(findings, [], id);
        assert.deepEqual(
          explanations.map(({ result }) => result),
          [id === 'policy-audit' ? 'audit' : 'injected'],
          id,
        );
      }
    }
    assert(examples.size > 30);
  });

  it('takes policies from the manifest as from the field beside it', () => {
    const { manifest = '', policies = '' } = examples.get('policy') ?? {};
    const [beside, within] = [evaluate({ manifest, policies }), evaluate({ manifest: `${manifest}---\n${policies}` })];
    assert.deepEqual(within.reviews(), beside.reviews());
    assert.match(beside.explanation.join('\n'), /asked by +HealthPolicy redis/);
  });

  it('goes by its settings, and says which of them is wrong', () => {
    const manifest = examples.get('sidecar')?.manifest ?? '';
    const { injected } = evaluate({ manifest, settings: { 'agent-image': 'registry.example/agent:1' } });
    assert.match(injected, /image: registry\.example\/agent:1/);
    const wrong = evaluate({ manifest, settings: { 'kubernetes-version': 'old' } });
    assert.deepEqual(wrong.problems, ['--kubernetes-version is "old", expected auto or a version such as 1.33.']);
    assert.equal(wrong.injected, manifest);
  });

  it('places what cannot be read, and goes on with the other documents', () => {
    const { mistakes, explanations } = evaluate({ manifest: `a: [1\n---\n${examples.get('port')?.manifest}` });
    assert.deepEqual(
      mistakes.map(({ file, line }) => [file, line]),
      [[fileNames.manifest, 2]],
    );
    assert.equal(explanations.length, 1);
  });

  it('evaluates half of a text as it does the whole', () => {
    const { manifest = '', policies = '' } = examples.get('namespace') ?? {};
    for (const text of [manifest, policies, examples.get('policy')?.policies ?? '']) {
      for (let end = 0; end < text.length; end += 8) evaluate({ manifest, policies: text.slice(0, end) });
    }
  });

  it('takes any value in the place of any other for a mistake at worst', () => {
    const odd = [null, '', 0, true, [], {}, [null], ['x'], { a: null }];
    for (const [shift, object] of surroundings.entries()) {
      for (const [index, path] of pathsIn(object).entries()) {
        // Another one for each, and for each kind.
        const value = odd[(index + shift) % odd.length];
        const changed = structuredClone(object);
        const above = path.slice(0, -1).reduce<any>((inner, key) => inner[key], changed);
        above[path.at(-1) ?? ''] = value;
        evaluate({ manifest: `${JSON.stringify(pod)}\n---\n${JSON.stringify(changed)}` });
      }
      const { findings } = evaluate({ policies: JSON.stringify({ ...object, metadata: null }) });
      assert.match(findings.map(({ message }) => message).join(), /^metadata/, object.kind);
    }
  });

  it('refuses a text that is too long for a page', () => {
    const { problems } = evaluate({ manifest: ' '.repeat(longestText + 1) });
    assert.match(problems.join(), /^The field manifest has 200001 characters, expected at most 200000: /);
  });
});
