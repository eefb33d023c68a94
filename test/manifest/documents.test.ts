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
    'JSON that lacks a comma': [
      '{"a": 1 "b": 2}',
      'Line 1, column 7 is not YAML that can be read: Block collections are not allowed within flow collections.',
    ],
    'a key that is a map': ['{a: 1}: 2\n', 'Line 1, column 1 is not YAML that can be read: a key is a map.'],
    'a number that JSON does not have': [
      'a: .nan\n',
      'Line 1, column 4 is not YAML that can be read: JSON has no NaN.',
    ],
    'a control character': [
      'a: "b\u0007"\n',
      'Line 1, column 6 is not YAML that can be read: Control characters are not allowed.',
    ],
    'a directive': [
      '%YAML 1.1\n',
      'Line 3, column 1 is not YAML that can be read: Missing directives-end indicator line.',
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

  const readings: Readonly<Record<string, [string, readonly unknown[]]>> = {
    'a quoted text whose lines begin at the left': ['a:\n  b: "c\nd\n e"\n', [{ a: { b: 'c d e' } }]],
    'a quoted text in single quotes, in a list': ["- 'a\nb'\n- c\n", [['a b', 'c']]],
    'a list that is closed at the left': ['a:\n  b: [1,\n2\n]\nc: 3\n', [{ a: { b: [1, 2] }, c: 3 }]],
    'a map that is closed at the left': ['a:\n  - {b: 1,\nc: d\ne\n}\n', [{ a: [{ b: 1, c: 'd e' }] }]],
    'a key that comes twice, of which the last counts': ['a: 1\nb: 2\na: 3\n', [{ a: 3, b: 2 }]],
    'JSON objects one behind another': ['{"a":1}{"a":2}\n\n {"a":"}{"}', [{ a: 1 }, { a: 2 }, { a: '}{' }]],
    'a JSON object and YAML behind dashes': ['{"a":1}\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    'numbers of all bases': [
      'a: 0o17\nb: 017\nc: 0x1F\nd: 0b11\ne: 1_000\nf: 08\ng: 1e3\nh: -0o7\ni: 0o8\n',
      [{ a: 15, b: 15, c: 31, d: 3, e: 1000, f: 8, g: 1000, h: -7, i: '0o8' }],
    ],
    'a key without quotes that is a boolean or a number': ['y: 1\n0x10: 2\n', [{ true: 1, 16: 2 }]],
    'a merge key in its order': [
      'a: &a { b: 1, c: 2 }\nd: { b: 3, <<: *a, c: 4 }\n',
      [{ a: { b: 1, c: 2 }, d: { b: 1, c: 4 } }],
    ],
    'dashes that begin a line, wherever they stand': [
      '--- # a\na: |\n  b\n---\n\n---\n# c\n---\nd: 1\n',
      [{ a: 'b\n' }, { d: 1 }],
    ],
    'nothing behind the end of a document': ['a: 1\n...\nb: [\n', [{ a: 1 }]],
    'nothing behind a line to the left of the first key': ['  a: 1\nb: 2\n', [{ a: 1 }]],
  };
  for (const [what, [text, values]] of Object.entries(readings)) {
    it(`reads ${what}, as kubectl does`, () => {
      const read = readManifest(text);
      assert.deepEqual(read.mistakes, []);
      assert.deepEqual(read.values, values);
    });
  }

  it('refuses what stands beside the dashes, and JSON behind which another text follows two objects', () => {
    assert.deepEqual(readManifest('a: 1\n--- b\n').mistakes, [
      'Line 2, column 1 is not YAML that can be read: behind three dashes that begin a line kubectl takes only a comment.',
    ]);
    assert.deepEqual(readManifest('{"a":1}{"a":2}\n---\nb: 1\n').mistakes, [
      'Line 2, column 1 is not YAML that can be read: it follows two values of JSON, and is none.',
    ]);
  });
});
