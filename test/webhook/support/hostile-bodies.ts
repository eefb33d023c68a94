import fc from 'fast-check';
import { reviewOf } from '../../support/webhook.ts';

/** A body that is no review, or one of an object that no apiserver would let through. */
export type Body = { readonly name: string; readonly bytes: Buffer };

/** A Pod that has all that is looked at, each once. */
export const pod = {
  metadata: {
    name: 'app-1',
    generateName: 'app-',
    labels: { app: 'shop' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: 'u', controller: true }],
    annotations: {
      'health.example.com/pattern': 'sidecar,cli',
      'health.example.com/check': 'redis://:$PASSWORD@:6379?tls&ca=/data/ca',
      'health.example.com/liveness.app': 'http://:80/',
    },
  },
  spec: {
    os: { name: 'linux' },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } },
    restartPolicy: 'Always',
    hostNetwork: false,
    securityContext: { runAsUser: 1 },
    initContainers: [{ name: 'cache', image: 'cache:1', restartPolicy: 'Always' }],
    containers: [
      {
        name: 'app',
        image: 'app:1',
        ports: [{ name: 'http', containerPort: 80 }],
        env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'redis', key: 'password' } } }],
        envFrom: [{ configMapRef: { name: 'config' } }],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
        resources: { limits: { memory: '1Gi' } },
        readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
        securityContext: { runAsNonRoot: true },
      },
    ],
    volumes: [{ name: 'data', emptyDir: {} }],
  },
};
const { annotations } = pod.metadata;
const deployment = { metadata: { name: 'app', annotations }, spec: { template: { metadata: {}, spec: pod.spec } } };
const kindOfDeployment = { group: 'apps', version: 'v1', kind: 'Deployment' };

/** The review that all others are made of. */
export const good = reviewOf(pod);
const goodText = JSON.stringify(good);
const reviews: Readonly<Record<string, object>> = {
  Pod: good,
  Deployment: reviewOf(deployment, { kind: kindOfDeployment, oldObject: deployment, operation: 'UPDATE' }),
};

/** One text for each type of JSON, and some that no program likes. */
const texts = {
  null: 'null',
  true: 'true',
  zero: '0',
  'a negative number': '-1',
  'a fraction': '1e-7',
  'an enormous number': '1e400',
  'a number of a thousand digits': '9'.repeat(1_000),
  'an empty text': '""',
  'a text': '"x"',
  'a NUL': '"\\u0000"',
  'half a character': '"\\ud800"',
  'a name of the prototype': '"__proto__"',
  'a long text': `"${'x'.repeat(1_000)}"`,
  'an empty list': '[]',
  'a list of null': '[null]',
  'a list of lists': '[[[]]]',
  'a list of objects': '[{}]',
  'an empty object': '{}',
  'an object that is no text': '{"toString":1,"valueOf":null,"length":-1}',
  'an object with a prototype': '{"__proto__":null,"constructor":{"prototype":{"polluted":1}}}',
  'a deep list': '['.repeat(500) + ']'.repeat(500),
};

type Place = readonly (string | number)[];

/** Where the values of an object are, itself among them. */
function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [at, ...[...keys].flatMap((key) => placesOf((value as Record<string | number, unknown>)[key], [...at, key]))];
}

const mark = '@HERE@';

/** The text before and after the value at a place. */
function around(object: object, place: Place): readonly [string, string] {
  if (place.length === 0) return ['', ''];
  const copy = structuredClone(object) as any;
  const parent = place.slice(0, -1).reduce((value, key) => value[key], copy);
  parent[place.at(-1) as string] = mark;
  const [before = '', after = ''] = JSON.stringify(copy).split(`"${mark}"`);
  return [before, after];
}

/** Every field of a review with a value of each type in its place. */
export const wrongShapes = (): Body[] =>
  Object.entries(reviews).flatMap(([kind, review]) =>
    placesOf(review).flatMap((place) => {
      const [before, after] = around(review, place);
      return Object.entries(texts).map(([type, text]) => ({
        name: `${kind}: /${place.join('/')} is ${type}`,
        bytes: Buffer.from(before + text + after),
      }));
    }),
  );

const keysOfPrototypes = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toJSON',
  'then',
  'name',
  'length',
];

/** Every object of a review with one more key, which stands first and is a name that JavaScript knows. */
export const prototypes = (): Body[] =>
  placesOf(good).flatMap((place) => {
    const value: unknown = place.reduce<any>((inner, key) => inner[key], good);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    const [before, after] = around(good, place);
    return keysOfPrototypes.map((key) => ({
      name: `/${place.join('/')} has ${key}`,
      bytes: Buffer.from(`${before}{"${key}":{"polluted":true},${JSON.stringify(value).slice(1)}${after}`),
    }));
  });

/** A review that ends after each of its bytes. */
export const truncated = (): Body[] =>
  Array.from({ length: goodText.length }, (_, end) => ({
    name: `ends after ${end} bytes`,
    bytes: Buffer.from(goodText.slice(0, end)),
  }));

const edit = fc.record({
  at: fc.nat(),
  removed: fc.nat({ max: 4 }),
  added: fc.uint8Array({ maxLength: 4 }),
});
const edits = fc.array(edit, { minLength: 1, maxLength: 3 });

/** The bytes with some of them others; the same ones in every run. */
export const damaged = (bytes: Buffer, count: number, seed: number): Body[] =>
  fc.sample(edits, { seed, numRuns: count }).map((list) => ({
    name: `edited: ${JSON.stringify(list.map(({ at, removed, added }) => [at % bytes.length, removed, [...added]]))}`,
    bytes: list.reduce((old, { at, removed, added }) => {
      const place = at % bytes.length;
      return Buffer.concat([old.subarray(0, place), added, old.subarray(place + removed)]);
    }, bytes),
  }));

/** Texts that are no JSON, or JSON that no one would write. */
export const strangeTexts = (): Body[] =>
  [
    '',
    ' ',
    '\0',
    '\uFEFF{}',
    `\uFEFF${goodText}`,
    `${goodText}${goodText}`,
    `${goodText}\0`,
    `// a comment\n${goodText}`,
    goodText.replaceAll('"', "'"),
    goodText.replace('{', '{"uid":1,'),
    goodText.replaceAll('":', '":\0'),
    goodText.replace('}', ',}'),
    'undefined',
    'NaN',
    '-Infinity',
    '0x10',
    '1e999999999',
    '9'.repeat(100_000),
    `"${'\\ud800'.repeat(1_000)}"`,
    '{"a":1,"a":2}',
    '['.repeat(1_000_000),
    '{"a":'.repeat(200_000),
    `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    `[${'{},'.repeat(300_000)}{}]`,
    ...[1_000, 10_000, 100_000].flatMap((depth) => {
      const deep = '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
      return ['"app:1"', '"/data"', '"linux"', '{"app":"shop"}', '"Always"', '{"memory":"1Gi"}', '"redis"', '{}'].map(
        (value) => goodText.replace(value, deep),
      );
    }),
    goodText.replace('"app:1"', `"${'\\ud800'.repeat(10_000)}"`),
    goodText.replace('[{"name":"data","emptyDir":{}}]', `[${'{"name":"data"},'.repeat(20_000)}{"name":"data"}]`),
    goodText.replace('{"app":"shop"}', `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":"v"`).join()}}`),
    // No UTF-8, in the place of a key, of a value and of an image.
    ...['\xff', '\xc0\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xff\xfe{\0}\0'].flatMap((bytes) =>
      ['"app:1"', '"image"', '"shop"'].map((text) => Buffer.from(goodText.replace(text, `"${bytes}"`), 'latin1')),
    ),
  ].map((text, index) => ({
    name: `strange text ${index}: ${text.toString().slice(0, 40)}`,
    bytes: Buffer.from(text),
  }));
