import assert from 'node:assert/strict';
import { readManifest } from '../../src/manifest/documents.ts';
import { editManifest } from '../../src/manifest/edit.ts';
import { injectText, uninjectText } from './support/both-ways.ts';

/** The text after the only object of its only document has become another. */
function edited(text: string, wanted: object): string {
  const manifest = readManifest(text);
  const { text: result, mistakes } = editManifest(manifest, [{ object: manifest.objects[0]!, wanted }]);
  assert.deepEqual(mistakes, []);
  return result;
}

const pod = (containers: string, annotations = ''): string => `apiVersion: v1
kind: Pod
metadata:
  name: app
  annotations:
    health.example.com/pattern: port
    health.example.com/check: http://:8080/healthz
${annotations}spec:
  containers:
${containers}`;

describe('editing a manifest', () => {
  it('quotes what a reader of YAML 1.1 would take for something else', () => {
    const wanted = { a: 1, off: 'yes', n: '012', time: '1:30', tilde: '~', equals: '=', 'a: b': '- c', empty: '' };
    assert.equal(
      edited('a: 1\n', wanted),
      'a: 1\n"off": "yes"\n"n": "012"\ntime: "1:30"\ntilde: "~"\nequals: "="\n"a: b": "- c"\nempty: ""\n',
    );
  });

  it('writes long texts as blocks, and what cannot be seen as escapes', () => {
    const wanted = {
      a: 1,
      text: 'one\ntwo',
      ends: 'one\ntwo\n',
      odd: 'one\n two',
      control: 'a\u0085\u2028\ud800',
      list: [[1], [], {}, null],
    };
    assert.equal(
      edited('a: 1\n', wanted),
      'a: 1\ntext: |-\n  one\n  two\nends: |\n  one\n  two\nodd: "one\\n two"\ncontrol: "a\\u0085\\u2028\\ud800"\nlist:\n  - - 1\n  - []\n  - {}\n  - null\n',
    );
  });

  it('keeps the quotes of a text that changes', () => {
    const before = `a: "x" # a\nb: 'x' # b\nc: x # c\nd: |\n  x\n\n# d\ne: "x"\nf: x\ng: { h: x, i: 'x' }\n`;
    const value = "it's, \n".trim();
    const wanted = { a: value, b: value, c: value, d: value, e: 'x\u0085', f: 5, g: { h: value, i: value } };
    assert.equal(
      edited(before, wanted),
      `a: "it's," # a\nb: 'it''s,' # b\nc: it's, # c\nd: it's,\n\n# d\ne: "x\\u0085"\nf: 5\ng: { h: "it's,", i: 'it''s,' }\n`,
    );
  });

  it('takes out the first, the last and the only entry', () => {
    const before =
      'a:\n  - x: 1\n    y: 2\n    name: a\n  - name: b\n  # b\nc: # c\n  - d\ne: { f: 1, g: 2, h: 3 }\ni: [1, 2]\n';
    const wanted = { a: [{ name: 'a' }], c: [], e: { g: 2 }, i: [2] };
    assert.equal(edited(before, wanted), 'a:\n  - name: a\n  # b\nc: [] # c\ne: { g: 2 }\ni: [2]\n');
  });

  it('puts entries before, between and after others', () => {
    const before =
      'a:\n# first\n- name: app\n- name: web\nb: [{name: app}, {name: web}]\nc: [\n  {name: app},\n  {name: web},\n]\n';
    const list = ['1', 'app', '2', 'web', '3'].map((name) => ({ name }));
    assert.equal(
      edited(before, { a: list, b: list, c: list }),
      `a:
- name: "1"
# first
- name: app
- name: "2"
- name: web
- name: "3"
b: [{name: "1"}, {name: app}, {name: "2"}, {name: web}, {name: "3"}]
c: [
  {name: "1"},
  {name: app},
  {name: "2"},
  {name: web},
  {name: "3"},
]
`,
    );
  });

  it('replaces a whole list, a map by a text and a text by a map', () => {
    const before = 'a: [1, 2]\nb:\n  c: 1\nd: text # d\ne:\n- 1\n- 2\nf: {g: [1]}\n';
    assert.equal(
      edited(before, { a: [3, 4], b: 'text', d: { x: [1] }, e: [3], f: { g: 1 } }),
      'a:\n- 3\n- 4\nb: text\nd: # d\n  x:\n  - 1\ne:\n- 3\nf: {g: 1}\n',
    );
  });

  it('writes JSON on one line as tightly as its first fields are', () => {
    assert.equal(edited('{"a":1,"b":[]}', { a: 1, b: [{ c: 1, d: [] }] }), '{"a":1,"b":[{"c":1,"d":[]}]}');
    assert.equal(edited('{"a": 1, "b": {}}', { a: 1, b: { c: 1, d: 2 } }), '{"a": 1, "b": {"c": 1, "d": 2}}');
    assert.equal(edited('{"a":1}', { a: 1, b: 'x' }), '{"a":1, "b":"x"}');
    assert.equal(edited('{\n\t"a": 1\n}', { a: 1, b: [1] }), '{\n\t"a": 1,\n\t"b": [\n\t\t1\n\t]\n}');
  });

  it('changes nothing where nothing is to change', () => {
    assert.deepEqual(editManifest(readManifest('a: 1 # a'), []), { text: 'a: 1 # a', mistakes: [] });
    assert.equal(edited('\ufeffa: 1', { a: 1, b: undefined }), '\ufeffa: 1');
  });

  it('throws where there is no such document', () => {
    const manifest = readManifest('a: 1');
    const object = { ...manifest.objects[0]!, document: 1 };
    assert.throws(() => editManifest(manifest, [{ object, wanted: {} }]), /there is no document 1/);
  });

  it('throws rather than give a text that means something else', () => {
    assert.throws(() => edited('a: 1', { a: 1, b: Number.NaN }), /does not mean what it should/);
  });

  const shared: Readonly<Record<string, [string, string]>> = {
    'a container with an anchor': [
      pod('  - &app\n    name: app\n    image: app:1\n')
        .replace('spec:', 'spec: # of all\n  other: *app\n')
        .replace('  other: *app\n', ''),
      'Pod "app" was left as it is: spec.containers.app has the anchor &app, which other parts of the document may refer to.',
    ],
    'a list of containers that is an alias': [
      pod('').replace(
        'spec:\n  containers:\n',
        'list: &list [{ name: app, image: "app:1" }]\nspec:\n  containers: *list\n',
      ),
      'Pod "app" was left as it is: spec.containers is an alias of what another part of the document holds.',
    ],
    'annotations that come out of a merge key': [
      pod('  - name: app\n')
        .replace(
          'metadata:\n',
          'metadata:\n  <<: { annotations: { health.example.com/pattern: port, health.example.com/check: "tcp://:1" } }\n',
        )
        .replace(/  annotations:\n(    .*\n)+/, ''),
      'Pod "app" was left as it is: metadata.annotations comes out of a merge key.',
    ],
    'an item of a list that is an alias': [
      `apiVersion: v1\nkind: List\nfirst: &first\n  ${pod('  - name: app\n').trimEnd().replaceAll('\n', '\n  ')}\nitems:\n  - *first\n`,
      'Pod "app" was left as it is: items.0 is an alias of what another part of the document holds.',
    ],
    'a list of items that is an alias': [
      `apiVersion: v1\nkind: List\nlist: &list\n- ${pod('  - name: app\n').trimEnd().replaceAll('\n', '\n  ')}\nitems: *list\n`,
      'Pod "app" was left as it is: items is an alias of what another part of the document holds.',
    ],
  };
  for (const [what, [text, sentence]] of Object.entries(shared)) {
    it(`leaves ${what}, says so, and edits the others`, () => {
      const other = pod('  - name: other\n').replace('name: app', 'name: other');
      const { text: result, mistakes } = injectText(`${text}---\n${other}`);
      assert.deepEqual(mistakes, [sentence]);
      assert.equal(result.slice(0, text.length), text);
      assert.match(result.slice(text.length), /livenessProbe/);
    });
  }

  it('leaves a document that cannot be read, and edits the others', () => {
    const broken = 'a: [\n---\n';
    const { text, mistakes } = injectText(`${broken}${pod('  - name: app\n')}`);
    assert.equal(mistakes.length, 1);
    assert.equal(text.slice(0, broken.length), broken);
    assert.match(text, /livenessProbe/);
    assert.equal(uninjectText(text).text, `${broken}${pod('  - name: app\n')}`);
  });
});
