import assert from 'node:assert/strict';
import { parse, stringify } from 'yaml';
import { readManifest } from '../../src/manifest/documents.ts';
import { testContext } from '../support/webhook.ts';
import { injectText, uninjectText } from './support/both-ways.ts';

const { prefix } = testContext;

/** A Deployment that people write, with comments and lists that are empty, in these words. */
const manifest = (words: Readonly<Record<string, string>>): string => `# the cache of the shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cache # short
spec:
  selector: { matchLabels: { app: cache } }
  template:
    metadata:
      labels: { app: cache }
      annotations:
${Object.entries(words)
  .map(([key, value]) => `        ${prefix}${key}: ${JSON.stringify(value)} # ${key}`)
  .join('\n')}
    spec:
      volumes: [] # none yet
      containers:
        - name: redis # the server
          image: "redis:7"
          volumeMounts:
      # the end
`;

const asking = { pattern: 'cli', check: 'redis://:6379' };
const wishes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'another check': { ...asking, check: 'tcp://:6380' },
  'another period': { ...asking, period: '30s' },
  'another pattern': { ...asking, pattern: 'sidecar' },
  'the probes of the kubelet alone': { pattern: 'port', check: 'tcp://:6379' },
};

type Words = Readonly<Record<string, string>>;

const wordsIn = (words: Words): string => manifest(words).split('annotations:\n')[1]!.split('    spec:')[0]!;

/** The injected text in which the user has written other words. */
function edited(text: string, from: Words, to: Words): string {
  assert(text.includes(wordsIn(from)));
  return text.replace(wordsIn(from), wordsIn(to));
}

/** The text in which the user has also written a variable. */
const since = (text: string): string =>
  text.replace('volumeMounts:', 'env: [{ name: A, value: b }] # since\n          volumeMounts:');

describe('a manifest that is injected again', () => {
  for (const [what, words] of Object.entries(wishes)) {
    it(`means what a first injection makes of ${what}, and is taken back to the byte`, () => {
      const once = injectText(manifest(asking)).text;
      const twice = injectText(edited(once, asking, words)).text;
      const first = injectText(manifest(words)).text;
      assert.deepEqual(withoutSource(twice), withoutSource(first));
      assert.equal(uninjectText(twice).text, manifest(words));
      const back = injectText(edited(twice, words, asking)).text;
      assert.deepEqual(withoutSource(back), withoutSource(once));
      assert.equal(uninjectText(back).text, manifest(asking));
    });
  }

  it('keeps what its author has written since, and the list for the autoscaler', () => {
    const listed = manifest(asking).replace(
      '    spec:',
      "        cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes: 'data' # mine\n    spec:",
    );
    const once = since(injectText(listed).text);
    assert.equal(injectText(once).text, once, 'the same wish changes no byte');
    const twice = injectText(edited(once, asking, { ...asking, period: '30s' })).text;
    assert.equal(uninjectText(twice).text, edited(since(listed), asking, { ...asking, period: '30s' }));
  });
});

describe('taking back an injection that touched one part of the metadata', () => {
  it('leaves the other part as it was written', () => {
    for (const labels of ['{} # none yet', '', '{ app: a }', '{}', '~']) {
      const status = { version: '0', added: ['redis/livenessProbe'] };
      const probe = { tcpSocket: { port: 1 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 };
      const head = `kind: Pod\nmetadata:\n  labels: ${labels}\n`;
      const spec = 'spec:\n  containers:\n    - name: redis\n      image: redis:7\n';
      const text = `${head}${spec}`;
      const injected = `${head}  annotations:\n    ${prefix}status: '${JSON.stringify(status)}'\n${spec}      livenessProbe: ${JSON.stringify(probe)}\n`;
      assert.deepEqual(readManifest(injected).mistakes, []);
      assert.equal(uninjectText(injected).text, text);
    }
  });
});

/** The values without how the text was written, which a first injection may note differently. */
function withoutSource(text: string): unknown {
  const value = parse(text);
  const annotations = value.spec.template.metadata.annotations;
  const { source: _, ...status } = JSON.parse(annotations[`${prefix}status`]);
  annotations[`${prefix}status`] = status;
  return parse(stringify(value));
}
