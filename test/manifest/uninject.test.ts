import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { inject } from '../../src/inject/inject.ts';
import { uninject } from '../../src/inject/uninject.ts';
import { readManifest } from '../../src/manifest/documents.ts';
import { injectManifest } from '../../src/manifest/edit.ts';
import { safeToEvict } from '../../src/inject/pod/additions.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { withTemplate } from '../../src/inject/workload.ts';
import { deepFreeze } from '../support/invariants.ts';
import { testContext } from '../support/webhook.ts';
import { assertBothWays, injectText, uninjectText } from './support/both-ways.ts';

const { prefix } = testContext;
const statusKey = `${prefix}status`;

const pod = (pattern: string, extra: object = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', annotations: { [`${prefix}pattern`]: pattern, [`${prefix}check`]: 'redis://:6379' } },
    spec: { containers: [{ name: 'app', image: 'app:1', ...extra }] },
  }) as Pod;

const injectedPod = (pattern: string, extra: object = {}): Pod => {
  const outcome = inject(pod(pattern, extra), testContext);
  assert.equal(outcome.kind, 'injected');
  return structuredClone((outcome as { pod: Pod }).pod);
};

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** A Pod whose status names these as added, as anybody may write one. */
const naming = (added: unknown, spec: object, status: object = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', annotations: { [statusKey]: JSON.stringify({ added, ...status }) } },
    spec,
  }) as Pod;

const wasLeft = (name: string): string =>
  `${name} is named in ${statusKey}, but not what is added by that name: it was left.`;

describe('taking an injection back', () => {
  it('leaves a Pod alone on which nothing was written', () => {
    assert.equal(uninject(pod('cli'), prefix), undefined);
    assert.equal(uninject({}, prefix), undefined);
  });

  for (const pattern of ['sidecar', 'cli']) {
    it(`gives the Pod before ${pattern}, and does not change the one that came in`, () => {
      assert.deepEqual(plain(uninject(deepFreeze(injectedPod(pattern)), prefix)), { template: pod(pattern), left: [] });
    });
  }

  it('knows what the apiserver has put defaults on', () => {
    const injected = injectedPod('sidecar');
    for (const container of [...injected.spec.containers, ...(injected.spec.initContainers ?? [])]) {
      container.terminationMessagePath = '/dev/termination-log';
      Object.assign(container.livenessProbe ?? {}, { successThreshold: 1 });
    }
    const back = uninject(injected, prefix)!;
    assert.deepEqual(back.left, []);
    assert.equal(back.template.spec?.initContainers, undefined);
    assert.equal(back.template.spec?.containers[0]?.livenessProbe, undefined);
  });

  it('takes the sentences about mistakes away, and keeps a status that it cannot read', () => {
    for (const status of ['mine', '{"added":"all"}', 'null', '[]', `{"added":[]}${' '.repeat(200_000)}`]) {
      const annotations = { [`${prefix}problems`]: 'all', [statusKey]: status };
      const back = uninject({ ...pod('cli'), metadata: { annotations } }, prefix);
      assert.deepEqual(back?.left, [`${statusKey} cannot be read: it was left.`]);
      assert.deepEqual(back.template.metadata, { annotations: { [statusKey]: status } });
      assert.deepEqual(plain(back.template.spec), pod('cli').spec);
    }
  });

  const agent = injectedPod('cli').spec.initContainers?.[0];
  const probe = { tcpSocket: { port: 1 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 };
  const mount = { name: 'health-probe-agent', mountPath: '/opt/health-probe', readOnly: true };
  const volume = { name: 'health-probe-agent', emptyDir: { sizeLimit: '16Mi' } };
  const hostile: Readonly<Record<string, [string, object]>> = {
    'a container of the users': [
      'initContainers/db',
      { initContainers: [{ name: 'db', image: 'db:1', args: ['serve'] }] },
    ],
    'an agent that runs another command': [
      'initContainers/db',
      { initContainers: [{ ...agent, name: 'db', command: ['sh'] }] },
    ],
    'a container whose arguments are no list': [
      'initContainers/db',
      { initContainers: [{ ...agent, name: 'db', args: 'serve' }] },
    ],
    'a volume that holds data': ['volumes/data', { volumes: [{ name: 'data', emptyDir: {} }] }],
    'a volume that the user uses too': [
      `volumes/${volume.name}`,
      { containers: [{ name: 'app', volumeMounts: [{ ...mount, mountPath: '/data' }] }], volumes: [volume] },
    ],
    'a volume in which it looks at what another container keeps': [
      `volumes/${volume.name}`,
      {
        containers: [
          { name: 'app', volumeMounts: [{ ...mount, mountPath: '/opt/health-probe-state', subPath: 'other' }] },
        ],
        volumes: [volume],
      },
    ],
    'a mount of another volume': [
      'app/volumeMounts//opt/health-probe',
      { containers: [{ name: 'app', volumeMounts: [{ ...mount, name: 'data' }] }] },
    ],
    'a probe with a host': [
      'app/livenessProbe',
      { containers: [{ name: 'app', livenessProbe: { ...probe, tcpSocket: { host: 'db', port: 1 } } }] },
    ],
    'a probe without a whole timing': [
      'app/readinessProbe',
      { containers: [{ name: 'app', readinessProbe: { ...probe, timeoutSeconds: undefined } }] },
    ],
    'a probe of two kinds': [
      'app/startupProbe',
      { containers: [{ name: 'app', startupProbe: { ...probe, httpGet: { port: 1 } } }] },
    ],
    'a probe that is no object': ['app/startupProbe', { containers: [{ name: 'app', startupProbe: 'all' }] }],
  };
  for (const [what, [name, part]] of Object.entries(hostile)) {
    it(`leaves ${what}, and says so`, () => {
      const spec = { containers: [{ name: 'app' }], ...part };
      const back = uninject(naming([name], spec), prefix);
      assert.deepEqual(back?.left, [wasLeft(name)]);
      assert.deepEqual(plain(back.template.spec), plain(spec));
      assert.equal(back.template.metadata?.annotations, undefined);
    });
  }

  it('takes out nothing that the status does not name, and nothing that is not there', () => {
    const spec = {
      containers: [{ name: 'app', livenessProbe: probe, volumeMounts: [mount] }],
      initContainers: [agent],
      volumes: [volume],
    };
    const back = uninject(naming(['app/readinessProbe', 'volumes/x', 5, null], spec), prefix);
    assert.deepEqual(plain(back), {
      template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec },
      left: [],
    });
  });

  it('keeps what the user lists for the autoscaler', () => {
    const text = stringify(pod('cli'));
    for (const value of ['data', "'a,b' # c", '"a"', '""', '|\n      a']) {
      const written = text.replace('spec:', `    ${safeToEvict}: ${value}\nspec:`);
      assert.match(assertBothWays(written), /health-probe-agent/);
    }
  });

  it('takes metadata away that it made, and empties what was empty', () => {
    const wanted = injectedPod('cli', { name: 'app' });
    const annotations = Object.fromEntries(
      Object.entries(wanted.metadata?.annotations ?? {}).filter(([key]) => !/(pattern|check)$/.test(key)),
    );
    const head = 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n';
    const forms = [
      '',
      '{}',
      '# none',
      '~ # none',
      '\n      annotations: {}',
      '{ annotations: }',
      '\n      annotations: # none',
    ];
    for (const form of forms) {
      const metadata = form === '' ? '' : `    metadata: ${form}\n`;
      const text = `${head}${metadata}    spec:\n      containers: [{ name: app, image: "app:1" }]\n`;
      const manifest = readManifest(text);
      const edits = manifest.objects.map((object) => ({
        object,
        wanted: withTemplate(object.value, ['spec', 'template'], { metadata: { annotations }, spec: wanted.spec }),
      }));
      const injected = injectManifest(manifest, edits, prefix);
      assert.deepEqual(readManifest(injected.text).mistakes, []);
      assert.match(injected.text, /status: '/);
      assert.equal(uninjectText(injected.text).text, text);
    }
  });

  it('leaves the list for the autoscaler where nothing of it was added', () => {
    for (const value of ['', null, 5, 'data,,tmp']) {
      const annotations = { [statusKey]: '{"added":[]}', [safeToEvict]: value } as Record<string, string>;
      const back = uninject({ metadata: { annotations } }, prefix);
      assert.deepEqual(back?.template.metadata, { annotations: { [safeToEvict]: value } });
    }
  });

  it('keeps what the user has added to a list or map since', () => {
    const text = stringify(pod('cli', { volumeMounts: [] }));
    const mine = '    - name: mine\n      emptyDir: {}\n';
    const injected = injectText(text).text.replace('  volumes:\n', `  volumes:\n${mine}`);
    assert.equal(uninjectText(injected).text, `${text}  volumes:\n${mine}`);
  });

  it('knows its own in a manifest that another tool has printed anew', () => {
    const injected = injectText(stringify(pod('cli', { volumeMounts: [], livenessProbe: null }))).text;
    const sorted = stringify(parse(injected), { sortMapEntries: true, indentSeq: false });
    assert.deepEqual(parse(uninjectText(sorted).text), pod('cli', { volumeMounts: [], livenessProbe: null }));
  });

  it('is not led by what a status says of how things were written', () => {
    const injected = injectText(stringify(pod('cli', { volumeMounts: [] }))).text;
    const spelling = fc.oneof(
      fc.constantFrom(
        ': []',
        ': [] #',
        ': {}',
        ' []',
        ':\n[]',
        ': []\nspec: {}',
        ': ~',
        ':',
        '',
        ': [],',
        ': |\n  a',
        '}',
        ': [1]',
      ),
      fc.string({ unit: fc.constantFrom(':', ' ', '[', ']', '#', '\n', '{', '}', 'a', '-', '~', ',') }),
    );
    const places = [
      'spec.containers.app.volumeMounts',
      'spec.volumes',
      'spec.initContainers',
      'spec.containers.app.livenessProbe',
      'metadata.annotations',
    ];
    const sources = fc.dictionary(fc.constantFrom(...places), spelling);
    const check = fc.property(sources, fc.boolean(), (source, isJson) => {
      const document = parse(injected);
      const status = JSON.parse(document.metadata.annotations[statusKey]);
      document.metadata.annotations[statusKey] = JSON.stringify({ ...status, source });
      const text = isJson ? JSON.stringify(document) : stringify(document);
      const { text: back, mistakes } = uninjectText(text);
      assert.deepEqual(mistakes, []);
      const { spec, metadata } = parse(back);
      assert.deepEqual(metadata, pod('cli').metadata);
      assert.deepEqual(Object.keys(spec.containers[0].volumeMounts ?? []), []);
      for (const list of [spec.volumes, spec.initContainers]) assert.deepEqual(list ?? [], []);
      assert.deepEqual(spec.containers[0].livenessProbe ?? {}, {});
      assert.deepEqual(
        Object.keys(spec).filter((key) => !['containers', 'volumes', 'initContainers'].includes(key)),
        [],
      );
    });
    fc.assert(check, { numRuns: 300 });
  });

  it('keeps the note of how things were written when it is injected again', () => {
    const { text } = injectText(stringify(pod('cli', { volumeMounts: [] })));
    const outcome = inject(parse(text) as Pod, { ...testContext, version: '9.9.9' });
    assert.equal(outcome.kind, 'injected');
    const status = JSON.parse((outcome as { pod: Pod }).pod.metadata?.annotations?.[statusKey] ?? '');
    assert.deepEqual(status.source, { 'spec.containers.app.volumeMounts': ': []' });
  });

  it('bears any shape of a Pod', () => {
    const odd = fc.constantFrom(null, 'text', 5, [], {}, [null], ['x'], [{}], [{ name: 5 }], undefined);
    const shape = fc.record({ containers: odd, initContainers: odd, volumes: odd });
    const added = [
      'initContainers/undefined',
      'volumes/undefined',
      'initContainers/5',
      '5/livenessProbe',
      'undefined/livenessProbe',
    ];
    fc.assert(
      fc.property(shape, (spec) => {
        const back = uninject(naming(added, spec, { source: 'text' }), prefix);
        assert.deepEqual(plain(back?.template.spec), plain(spec));
      }),
      { numRuns: 300 },
    );
  });
});
