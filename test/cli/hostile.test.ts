import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTexts, overwrite } from '../../src/cli/files.ts';
import { type Ended, runToEnd } from '../support/process.ts';
import { startCluster } from './support/cluster.ts';
import { healthInjector, program, runHere } from './support/health-injector.ts';

/** What would move the cursor, colour what follows, hide or reverse a part of a line, or begin another line. */
const attacks: Readonly<Record<string, string>> = {
  'an escape sequence that clears the screen': '\u001B[2J\u001B[H',
  'an operating system command that writes the clipboard': '\u001B]52;c;ZXZpbA==\u0007',
  'a control sequence of one character': '\u009B31m',
  'a line break and a forged line': '\nPod shop/forged: injected port (liveness of all)',
  'a carriage return that overwrites the line': '\rPod shop/forged: injected port (liveness of all)',
  'a backspace and a deletion': '\u0008\u0008\u007F',
  'text from right to left': '\u202Edekcatta\u202C',
  'an isolate that reorders what follows': '\u2066a\u2067b\u2069',
  'a line separator and a paragraph separator': '\u2028Pod shop/forged\u2029',
  'what nobody can see': '\u200B\u2060\u00AD\uFEFF\u3164',
  'tags, which are text that nobody can see': '\u{E0041}\u{E0042}',
  'half a character': '\uD800',
};

/** The codes with which diff paints a line. */
const ownColour = new RegExp(`${'\u001B'}\\[\\d+m`, 'g');

/** All that no line for people may hold; the line break ends it. */
const unsafe = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const prefix = 'health.example.com/';
const asked = { [`${prefix}pattern`]: 'port', [`${prefix}port`]: '8080' };
const container = { name: 'app', image: 'app:1' };
const pod = (metadata: object = {}, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', annotations: asked, ...metadata },
  spec: { containers: [container], ...spec },
});

/** One object for each place at which the author of a manifest can put a text that some command repeats. */
const objectsWith = (text: string): object[] => [
  { ...pod(), kind: `Pod${text}` },
  { ...pod(), apiVersion: `apps/v1${text}`, kind: 'Deployment' },
  pod({ name: `a${text}` }),
  pod({ name: undefined, generateName: `a${text}` }),
  pod({ namespace: `shop${text}` }),
  pod({}, { containers: [{ ...container, name: `app${text}` }] }),
  pod({}, { containers: [{ ...container, image: `app:1${text}` }] }),
  pod({ annotations: { ...asked, [`${prefix}pattern`]: `port${text}` } }),
  pod({ annotations: { ...asked, [`${prefix}perod${text}`]: '5s' } }),
  pod({ annotations: { ...asked, [`${prefix}port.app${text}`]: '80' } }),
  pod({ annotations: { ...asked, [`other.example/${text}`]: 5 } }),
  pod(
    { annotations: { [`${prefix}status`]: JSON.stringify({ added: [`volumes/${text}`], version: text }) } },
    {
      volumes: [{ name: text, emptyDir: {} }],
    },
  ),
  pod({ annotations: { ...asked, [`${prefix}problems`]: `A sentence${text}` } }),
  pod({ annotations: {}, namespace: `named${text}` }),
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: `named${text}`,
      labels: { [`${prefix}inject`]: 'enabled', 'pod-security.kubernetes.io/enforce': `baseline${text}` },
    },
  },
  {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'HealthPolicy',
    metadata: { name: `web${text}` },
    spec: { inject: { pattern: `port${text}`, [`perod${text}`]: '5s' } },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'b', annotations: { [`${prefix}port`]: `80${text}` } },
    spec: { template: { metadata: { annotations: asked }, spec: { containers: [container] } } },
  },
];

/** The same for a check: what is white space in it begins another check, which may be wrong too. */
const checksWith = (text: string): object[] =>
  ['exec:true ', 'redis://:6379/', 'redis://:6379?tls ', ''].flatMap((check) => [
    pod({ annotations: { [`${prefix}pattern`]: 'cli', [`${prefix}check`]: check + text } }),
    pod({ annotations: { [`${prefix}pattern`]: 'port', [`${prefix}liveness`]: check + text } }),
  ]);

/** Runs a command in this process as if on a terminal, or with its output in a pipe. */
const told = (args: readonly string[], input: string, isTerminal = true): Promise<Ended> =>
  runHere(args, { input, isTerminal });

const lineCount = (text: string): number => text.split('\n').length;

/** JSON leaves some control characters as they are, which no reader of Kubernetes takes in YAML. */
const escaped = (text: string): string =>
  text.replaceAll(/[\u007F-\u009F]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

const listOf = (objects: readonly object[]): string =>
  objects.map((object) => escaped(JSON.stringify(object, null, 1))).join('\n---\n');

describe('what the author of a manifest writes', () => {
  const forPeople = [
    'inject',
    'explain',
    'explain -o json',
    'lint',
    'lint -o json',
    'lint --strict',
    'lint -o github',
    'lint -o sarif',
    'diff',
    'uninject',
  ];
  const harmless = new Map<string, Promise<Ended>>();
  before(() => {
    for (const line of forPeople) harmless.set(line, told([...line.split(' '), '-'], listOf(objectsWith('x'))));
  });
  for (const [what, attack] of Object.entries(attacks)) {
    it(`cannot reach a terminal as ${what}`, async () => {
      const hostile = listOf(objectsWith(attack));
      assert.equal(objectsWith(attack).length, hostile.split('\n---\n').length);
      for (const line of forPeople) {
        const args = [...line.split(' '), '-'];
        const [expected, got] = [await harmless.get(line)!, await told(args, hostile)];
        for (const text of [got.out, got.errors]) {
          assert.doesNotMatch(text, unsafe, `${line}: ${JSON.stringify(unsafe.exec(text)?.[0])}`);
        }
        assert.equal(
          lineCount(got.errors),
          lineCount(expected.errors),
          `${line} says as many lines as of harmless text`,
        );
        if (!line.includes('diff')) assert.equal(lineCount(got.out), lineCount(expected.out), line);
        assert.equal(got.code, expected.code, line);
        const checks = await told(args, listOf(checksWith(attack)));
        assert.doesNotMatch(checks.out + checks.errors, unsafe);
      }
    });
  }

  it('is shown so that it can be told what it is', async () => {
    const { errors } = await told(['inject', '-'], JSON.stringify(pod({ name: 'a\u001B[2J\n\u202E\u{E0041}' })));
    assert.equal(
      errors,
      String.raw`Pod a\u001b[2J\n\u202e\udb40\udc41: injected port (liveness, readiness of app)` + '\n',
    );
  });

  it('stays the same in data for programs', async () => {
    for (const attack of Object.values(attacks)) {
      const { out } = await told(['explain', '-', '-o', 'json'], JSON.stringify(pod({ name: `a${attack}` })));
      assert.equal(JSON.parse(out)[0].name, `a${attack}`);
    }
  });

  it('goes through a pipe to the byte', async () => {
    const name = `a${Object.values(attacks).join('').replace('\uD800', '')}`;
    const input = `${JSON.stringify({ ...pod({ name }), kind: 'ConfigMap' })}\n# \u001B[2J \u202E\n`;
    assert.equal((await told(['inject', '-'], input, false)).out, input);
    const shown = await told(['inject', '-'], input);
    assert.doesNotMatch(shown.out, unsafe);
    assert.match(shown.out, /\n# \\u001b\[2J \\u202e\n$/);
  });

  it('keeps its line breaks and tabs on a terminal, those of Windows too', async () => {
    const input = 'a: 1\r\nb:\t2\r\n';
    assert.equal((await told(['inject', '-'], input)).out, input);
  });

  it('is escaped on a real terminal, where diff has its own colours all the same', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
    const file = join(folder, 'a.yaml');
    writeFileSync(file, `${JSON.stringify(pod(), null, 2)}\n# \u001B]0;owned\u0007\u202E\n`);
    const onTerminal = (command: string) =>
      runToEnd('script', ['-qec', `${process.execPath} ${program} ${command} ${file}`, '/dev/null'], {
        env: { ...process.env, NO_COLOR: '' },
      });
    const [injected, difference] = [await onTerminal('inject'), await onTerminal('diff')];
    rmSync(folder, { recursive: true });
    assert.match(injected.out, /# \\u001b\]0;owned\\u0007\\u202e\r\n/);
    assert.doesNotMatch(injected.out.replaceAll('\r\n', '\n'), unsafe);
    assert(difference.out.includes('\u001B[32m+ '));
    assert.doesNotMatch(difference.out.replaceAll('\r\n', '\n').replaceAll(ownColour, ''), unsafe);
  });

  const unreadable: Readonly<Record<string, string>> = {
    'the name of an alias': 'a: *b\u001B[2Jc\n',
    'a tag': 'a: !<\u001B[2J> b\nc: [',
    'a key that comes twice': '"\u001B[2J": 1\n"\u001B[2J": 2\n',
    'a directive': '%FOO \u001B[2J\n---\na: [',
    'a scalar': 'a: "\\q\u001B[2J"\n',
  };
  for (const [what, input] of Object.entries(unreadable)) {
    it(`cannot reach a terminal by ${what} that cannot be read`, async () => {
      const { code, out, errors } = await healthInjector(['lint', '-'], { input });
      assert.deepEqual([code, out], [2, '']);
      assert.doesNotMatch(errors, unsafe);
      assert.match(
        errors,
        /^(?:standard input: Line \d+, column \d+ [^\n]+\n)+0 Pods and workloads in 1 file: \d unreadable documents?\.\n$/,
      );
    });
  }

  it('cannot reach a terminal by a warning of the parser', async () => {
    const { errors } = await healthInjector(['lint', '-'], { input: '? { "\u001B[2J": 1 }\n: 2\n' });
    assert.match(errors, /^standard input: Line 1, column \d+ is not YAML that can be read: [\w ]+\.\n[^\n]+\n$/);
    const escapedKey = await healthInjector(['lint', '-'], { input: '? { "\\e[2J": 1 }\n: 2\n' });
    assert.equal(
      escapedKey.errors.split('\n')[0],
      'standard input: Line 1, column 3 is not YAML that can be read: a key is a map.',
    );
  });

  it('has an end: a name, a sentence and the problems of a Pod are cut', async () => {
    const objects = [
      pod({ name: 'n'.repeat(1_000_000) }),
      pod({ annotations: { ...asked, [`${prefix}perod${'k'.repeat(1_000_000)}`]: '5s' } }),
      pod({}, { containers: [{ ...container, name: 'c'.repeat(1_000_000) }] }),
      pod({}, { containers: [{ ...container, image: 'i'.repeat(1_000_000) }] }),
    ];
    for (const line of ['inject', 'explain', 'lint']) {
      for (const object of objects) {
        const { out, errors } = await told([line, '-'], JSON.stringify(object));
        const said = line === 'inject' ? errors : out + errors;
        assert(
          said.split('\n').every((each) => each.length < 33_000),
          line,
        );
      }
    }
    const { errors } = await told(['inject', '-'], JSON.stringify(objects[0]));
    assert.match(errors, /^Pod n{253}…: injected port/);
  });
});

const list = (items: readonly object[]): object => ({ metadata: { resourceVersion: '1' }, items });

describe('what a cluster says', () => {
  it('cannot steer a terminal: names, owners, problems, versions and messages are escaped and bounded', async () => {
    for (const attack of Object.values(attacks)) {
      const problems = Array.from({ length: 1_000 }, () => `A sentence${attack.replaceAll('\n', ' ')}`).join('\n');
      const status = JSON.stringify({ added: ['app/livenessProbe', 'app/readinessProbe'], version: attack });
      const live = pod({
        name: `a${attack}`,
        namespace: 'shop',
        uid: 'u',
        annotations: { ...asked, [`${prefix}problems`]: problems, [`${prefix}status`]: status },
      });
      const owner = { apiVersion: 'apps/v1', kind: `Set${attack}`, name: `o${attack}`, uid: 'o', controller: true };
      const missed = pod({ name: `m${attack}`, namespace: `s${attack}`, uid: 'm', ownerReferences: [owner] });
      const cluster = await startCluster({
        '/api/v1/namespaces/shop/pods/a': live,
        '/api/v1/namespaces/shop': { metadata: { name: 'shop' } },
        '/apis/health.example.com/v1alpha1/healthpolicies': list([]),
        '/apis/health.example.com/v1alpha1/healthpolicies?limit=250': list([]),
        '/api/v1/namespaces?limit=250': list([{ metadata: { name: `s${attack}` } }]),
        '/api/v1/pods?limit=250': list([missed]),
      });
      const [explained, table, absent] = [
        await told(['explain', 'pod/a', '--kubeconfig', cluster.kubeconfig], ''),
        await told(['missed', '--kubeconfig', cluster.kubeconfig], ''),
        await told(
          ['explain', `pod/x${attack.replaceAll(/[/\uD800-\uDFFF]/g, '')}`, '--kubeconfig', cluster.kubeconfig],
          '',
        ),
      ];
      await cluster.stop();
      for (const { out, errors } of [explained, table, absent]) assert.doesNotMatch(out + errors, unsafe);
      assert.deepEqual([explained.code, table.code, absent.code], [0, 1, 2]);
      assert(lineCount(explained.out) < 60, `${lineCount(explained.out)} lines`);
      assert.equal(lineCount(table.out), 3);
      assert.match(table.out.split('\n')[0] ?? '', /^NAMESPACE +OWNER +POD +ASKED +LACKS$/);
      assert.equal(lineCount(absent.errors), 2);
    }
  });
});

describe('the files of somebody else', () => {
  let folder = '';
  let text = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
    text = `${JSON.stringify(pod())}\n`;
    for (const name of ['deploy', 'deploy/below', 'elsewhere']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'elsewhere/mine.yaml'), text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const at = (name: string): string => join(folder, name);

  it('are not written through a link that leads out of the folder that was named, nor is any other then', async () => {
    writeFileSync(at('deploy/a.yaml'), text);
    symlinkSync('../elsewhere/mine.yaml', at('deploy/z.yaml'));
    const { code, out, errors } = await runHere(['inject', '-i', at('deploy')]);
    assert.deepEqual([code, out], [2, '']);
    assert.equal(
      errors,
      `${at('deploy/z.yaml')} leads out of the folder ${at('deploy')}: to write that file, name it itself.\n`,
    );
    for (const name of ['deploy/a.yaml', 'elsewhere/mine.yaml']) assert.equal(readFileSync(at(name), 'utf8'), text);
    assert.equal((await runHere(['inject', '-i', at('deploy/z.yaml')])).code, 0);
    assert.notEqual(readFileSync(at('elsewhere/mine.yaml'), 'utf8'), text);
    assert(lstatSync(at('deploy/z.yaml')).isSymbolicLink());
  });

  it('are not found through a link to a folder, which may lead anywhere, or round and round', async () => {
    writeFileSync(at('deploy/a.yaml'), text);
    symlinkSync('../elsewhere', at('deploy/elsewhere'));
    for (const name of ['one', 'two', 'three']) symlinkSync('.', at(`deploy/${name}`));
    const { code, errors } = await runHere(['inject', '-i', at('deploy')]);
    assert.deepEqual([code, lineCount(errors)], [0, 2]);
    assert.equal(readFileSync(at('elsewhere/mine.yaml'), 'utf8'), text);
  });

  it('are written through a link that stays within the folder, once', async () => {
    writeFileSync(at('deploy/below/a.yaml'), text);
    symlinkSync('below/a.yaml', at('deploy/b.yaml'));
    const { code } = await runHere(['inject', '-i', at('deploy')]);
    assert.equal(code, 0);
    assert.equal(
      JSON.parse(readFileSync(at('deploy/b.yaml'), 'utf8')).spec.containers[0].livenessProbe.periodSeconds,
      10,
    );
    assert(lstatSync(at('deploy/b.yaml')).isSymbolicLink());
  });

  it('are not written where another file has taken the place of the one that was read', async () => {
    writeFileSync(at('deploy/a.yaml'), text);
    const [read] = await readTexts([at('deploy/a.yaml')], () => assert.fail('nothing is read'));
    rmSync(at('deploy/a.yaml'));
    symlinkSync('../elsewhere/mine.yaml', at('deploy/a.yaml'));
    assert.throws(() => overwrite(read!, 'changed'), /a\.yaml cannot be written: it has changed since it was read\.$/);
    assert.equal(readFileSync(at('elsewhere/mine.yaml'), 'utf8'), text);
    rmSync(at('deploy/a.yaml'));
    assert.throws(() => overwrite(read!, 'changed'), /a\.yaml cannot be written: ENOENT/);
  });

  it('are not written where they have changed since they were read', async () => {
    writeFileSync(at('deploy/a.yaml'), text);
    const [read] = await readTexts([at('deploy/a.yaml')], () => assert.fail('nothing is read'));
    writeFileSync(at('deploy/a.yaml'), `${text}\n# what an editor saved meanwhile\n`);
    assert.throws(() => overwrite(read!, 'changed'), /it has changed since it was read/);
    assert.match(readFileSync(at('deploy/a.yaml'), 'utf8'), /meanwhile/);
  });

  it('keep their mode and their other names, and hold nothing of before where they become shorter', async () => {
    writeFileSync(at('deploy/a.yaml'), text);
    chmodSync(at('deploy/a.yaml'), 0o640);
    linkSync(at('deploy/a.yaml'), at('other'));
    await runHere(['inject', '-i', at('deploy')]);
    assert.notEqual(readFileSync(at('other'), 'utf8'), text);
    await runHere(['uninject', '-i', at('deploy')]);
    assert.equal(readFileSync(at('other'), 'utf8'), text);
    assert.equal(statSync(at('deploy/a.yaml')).mode & 0o777, 0o640);
  });

  it('are read where they are no regular ones, but not written', async () => {
    const line = `'${process.execPath}' ${program} inject "$@" <(cat '${at('elsewhere/mine.yaml')}')`;
    const [read, written] = [await runToEnd('bash', ['-c', line]), await runToEnd('bash', ['-c', line, '', '-i'])];
    assert.equal(read.code, 0);
    assert.equal(written.code, 2);
    assert.match(written.errors, /^\/dev\/fd\/\d+ cannot be written: it is no regular file\.\n$/);
  });

  it('are passed over in a folder where they are sockets', async () => {
    const server = createServer().listen(at('deploy/socket.yaml'));
    await once(server, 'listening');
    writeFileSync(at('deploy/a.yaml'), text);
    const { code } = await runHere(['inject', '-i', at('deploy')]);
    server.close();
    assert.equal(code, 0);
  });

  it('have names that cannot steer a terminal either', async () => {
    const name = at('deploy/a\u001B[2J\nforged\u202E.yaml');
    writeFileSync(name, 'a: [');
    const { errors } = await runHere(['lint', at('deploy')]);
    assert.doesNotMatch(errors, unsafe);
    assert.equal(lineCount(errors), 3);
    writeFileSync(name, text);
    const { out } = await runHere(['diff', at('deploy')]);
    assert.doesNotMatch(out, unsafe);
    assert.match(out, /^--- "\/.*a\\033\[2J\\nforged\\342\\200\\256\.yaml"\n/);
  });
});
