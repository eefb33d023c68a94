import assert from 'node:assert/strict';
import { readManifest } from '../../src/manifest/documents.ts';

const pod = 'apiVersion: v1\nkind: Pod\nmetadata: { name: app, namespace: shop }\nspec: { containers: [] }\n';

describe('reading a manifest', () => {
  it('finds every object in its order, and where its Pod template is', () => {
    const { objects, mistakes } = readManifest(`
# A comment is no document that holds anything.
---
${pod}---
apiVersion: batch/v1
kind: CronJob
metadata: { generateName: every- }
spec: { jobTemplate: { spec: { template: { spec: {} } } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: without-a-template }
---
apiVersion: health.example.com/v1
kind: HealthPolicy
---
values: of a chart
---
just a text
`);
    assert.deepEqual(mistakes, []);
    const rows = objects.map(({ value: _value, ...object }) => object);
    const none = { path: [], name: '', namespace: '' };
    assert.deepEqual(rows, [
      { document: 0, path: [], apiVersion: 'v1', kind: 'Pod', name: 'app', namespace: 'shop', templatePath: [] },
      {
        document: 1,
        path: [],
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        name: 'every-',
        namespace: '',
        templatePath: ['spec', 'jobTemplate', 'spec', 'template'],
      },
      { ...none, document: 2, apiVersion: 'apps/v1', kind: 'Deployment', name: 'without-a-template' },
      { ...none, document: 3, apiVersion: 'health.example.com/v1', kind: 'HealthPolicy' },
      { ...none, document: 4, apiVersion: '', kind: '' },
    ]);
  });

  it('goes into lists, whose items need not say what they are', () => {
    const { objects } = readManifest(`
apiVersion: v1
kind: List
items:
  - ${pod.trimEnd().replaceAll('\n', '\n    ')}
  - apiVersion: apps/v1
    kind: DeploymentList
    items: [{ metadata: { name: web }, spec: { template: {} } }, nothing]
`);
    const rows = objects.map(({ path, apiVersion, kind, name }) => [path.join('.'), apiVersion, kind, name]);
    assert.deepEqual(rows, [
      ['items.0', 'v1', 'Pod', 'app'],
      ['items.1.items.0', 'apps/v1', 'Deployment', 'web'],
    ]);
    assert.deepEqual(objects[1]?.templatePath, ['spec', 'template']);
  });

  it('reads what kubectl reads: YAML 1.1 without dates and times of day', () => {
    const { objects } = readManifest(
      'a: yes\nb: off\nc: 0644\nd: 2001-01-01\ne: 1:30\nf: "yes"\ng: 1.5\nh: ~\ni: &i { j: 1 }\nk: { <<: *i }\nl: !!binary aGk=\n',
    );
    assert.deepEqual(objects[0]?.value, {
      a: true,
      b: false,
      c: 0o644,
      d: '2001-01-01',
      e: '1:30',
      f: 'yes',
      g: 1.5,
      h: null,
      i: { j: 1 },
      k: { j: 1 },
      l: 'aGk=',
    });
  });

  const mistakes: Readonly<Record<string, [string, string]>> = {
    'a key that comes twice': [
      'a: 1\na: 2\n',
      'Line 2, column 1 is not YAML that can be read: Map keys must be unique.',
    ],
    'a bracket that stays open': [
      'a: [1\n',
      'Line 3, column 1 is not YAML that can be read: Flow sequence in block collection must be sufficiently indented and end with a ].',
    ],
    'a tab that indents': [
      'a:\n\tb: 1\n',
      'Line 2, column 1 is not YAML that can be read: Tabs are not allowed as indentation.',
    ],
    'an alias of nothing': [
      'a: *b\n',
      'Line 1, column 1 begins a document that cannot be read: Unresolved alias (the anchor must be set before the alias): b.',
    ],
    'aliases that grow beyond all bounds': [
      `a: &a [x]\n${[...'bcdefghij'].map((key, index) => `${key}: &${key} [${`*${'abcdefghij'[index]},`.repeat(9)}]\n`).join('')}`,
      'Line 1, column 1 begins a document that cannot be read: Excessive alias count indicates a resource exhaustion attack.',
    ],
    'JSON with a field too many': [
      '{"a": 1} "b"',
      'Line 1, column 10 is not YAML that can be read: Unexpected double-quoted-scalar at node end.',
    ],
  };
  for (const [mistake, [text, sentence]] of Object.entries(mistakes)) {
    it(`says where ${mistake} is, and reads the other documents`, () => {
      const read = readManifest(`${text}\n---\n${pod}`);
      assert.deepEqual(read.mistakes, [sentence]);
      assert.deepEqual(
        read.objects.map(({ kind }) => kind),
        ['Pod'],
      );
    });
  }
});
