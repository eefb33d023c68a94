import assert from 'node:assert/strict';
import { readFileSync, globSync } from 'node:fs';
import { parse } from 'yaml';
import { controllerOptions, readControllerSettings } from '../../src/config/controller.ts';
import { version } from '../../src/config/options.ts';
import { readWebhookSettings, webhookOptions } from '../../src/config/webhook.ts';
import { referencesOf } from './support/references.ts';
import { chartDirectory, chartNotes, chartObjects, helmTemplate, identityOf, needTools } from './support/render.ts';
import { type Leaf, leaves, valueAt, without } from './support/values.ts';

const values = (name: string): any =>
  parse(readFileSync(new URL(`values/${name}.yaml`, import.meta.url).pathname, 'utf8'));
/** The files of test/deploy/values. */
const names = ['everything', 'by-tag', 'bare', 'from-files'];
const clusterScoped = /^(CustomResourceDefinition|ClusterRole(Binding)?|MutatingWebhookConfiguration)$/;
const podsOf = (objects: any[]): any[] => objects.flatMap(({ spec }) => spec?.template ?? []);
const containersOf = ({ spec }: any): any[] => [...(spec.initContainers ?? []), ...spec.containers];
const environmentOf = (objects: any[], component: string): string[] =>
  podsOf(objects)
    .filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === component)
    .flatMap(({ spec }) => spec.containers[0].env.map(({ name }: any) => name))
    .toSorted();

/**
 * What makes no sense in a cluster, where there is a service account, and what few want: `webhook.extraEnv` gives it, with
 * `webhook.extraVolumes` and `webhook.extraVolumeMounts` where it names a file.
 */
const elsewhere = ['KUBECONFIG', 'CLIENT_CA', 'CLIENT_NAMES', 'LOG_LEVEL_FILE', 'PLAYGROUND'].map(
  (name) => `HEALTH_INJECTOR_${name}`,
);

const variables = (rows: object): string[] =>
  Object.keys(rows).map((name) => `HEALTH_INJECTOR_${name.toUpperCase().replaceAll('-', '_')}`);

describe('the Helm chart', () => {
  before(async function () {
    await needTools(this);
  });

  const fixtures = { default: {}, ...Object.fromEntries(names.map((n) => [n, values(n)])) };
  for (const [name, fixture] of Object.entries(fixtures)) {
    it(`makes the same of the values "${name}" each time`, async () => {
      const [first, second] = [await helmTemplate(fixture), await helmTemplate(fixture)];
      assert.equal(first.code, 0, first.errors);
      assert.equal(first.out, second.out);
    });

    it(`makes whole objects of the values "${name}"`, async () => {
      const objects = await chartObjects(fixture);
      assert.equal(new Set(objects.map(identityOf)).size, objects.length);
      for (const { apiVersion, kind, metadata } of objects) {
        assert.match(apiVersion, /^(.+\/)?v1$/);
        assert.equal(metadata.namespace, clusterScoped.test(kind) ? undefined : 'health-injector', kind);
        assert.equal(metadata.labels['app.kubernetes.io/name'], 'health-injector');
        assert.equal(metadata.labels['app.kubernetes.io/part-of'], 'health-injector');
      }
      for (const container of podsOf(objects).flatMap(containersOf)) {
        assert.match(container.image, /(:\d+\.\d+\.\d+|@sha256:[0-9a-f]{64})$/);
        assert.equal(container.securityContext.readOnlyRootFilesystem, true);
        assert(container.resources.limits.memory);
      }
    });

    it(`speaks of its own objects by the values "${name}"`, async () => {
      const objects = await chartObjects(fixture);
      const there = new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
      const configuration = objects.find(({ kind }) => kind === 'MutatingWebhookConfiguration');
      const service = configuration.webhooks[0].clientConfig.service.name;
      const { spec } = podsOf(objects).find(({ metadata }) => Object.values(metadata.labels).includes('webhook'));
      const told = new Map<string, string>(spec.containers[0].env.map((entry: any) => [entry.name, entry.value]));
      assert.equal(told.get('HEALTH_INJECTOR_SERVICE'), service);
      assert.equal(told.get('HEALTH_INJECTOR_WEBHOOK_CONFIGURATION'), configuration.metadata.name);
      const secrets = objects
        .filter(({ kind }) => kind === 'Role')
        .flatMap(({ rules }) => rules[0].resourceNames)
        .filter((each) => each.endsWith('-certificate'));
      const isInSecret = told.get('HEALTH_INJECTOR_CERTIFICATE_SOURCE') !== 'files';
      assert.deepEqual(secrets, isInSecret ? [told.get('HEALTH_INJECTOR_CERTIFICATE_SECRET')] : []);
      const references = objects.flatMap(referencesOf);
      assert(references.length > 9);
      assert.deepEqual(
        references.filter((each) => !there.has(each)),
        [],
      );
    });
  }

  it('has the prefix wherever keys are spoken of', async () => {
    const objects = await chartObjects(values('everything'));
    const rest = JSON.stringify(objects.filter(({ kind }) => kind !== 'CustomResourceDefinition'));
    assert.doesNotMatch(rest, /health\.example\.com\//);
    assert.match(rest, /checks\.example\.org\//);
  });

  it('says at its end what to do next, and warns of what is dangerous', async () => {
    const calm = await chartNotes();
    assert.match(calm, /kubectl -n health-injector rollout status deployment\/health-injector\n/);
    assert.doesNotMatch(calm, /WARNING|<no value>/);
    const daring = await chartNotes({ webhook: { failurePolicy: 'Fail', replicas: 1 } });
    assert.match(daring, /WARNING: webhook.failurePolicy is Fail.*\nkube-system, kube-node-lease, health-injector\./);
    assert.match(daring, /WARNING: webhook.replicas is 1/);
  });

  it('says nothing of a caBundle or a Secret, which the programs own', async () => {
    const { out } = await helmTemplate(values('everything'));
    assert.doesNotMatch(out, /caBundle:|^kind: Secret$/m);
  });

  it('has the caBundle of a certificate from files, which nobody else writes, and no role that could', async () => {
    const objects = await chartObjects(values('from-files'));
    const { webhooks } = objects.find(({ kind }) => kind === 'MutatingWebhookConfiguration');
    for (const { clientConfig } of webhooks) {
      assert.equal(Buffer.from(clientConfig.caBundle, 'base64').toString(), values('from-files').certificate.ca);
    }
    const text = JSON.stringify(objects.filter(({ kind }) => kind.endsWith('Role')));
    assert.doesNotMatch(text, /secrets|mutatingwebhookconfigurations/);
    const [own] = objects.find(({ kind }) => kind === 'PodMonitor').spec.podMetricsEndpoints;
    assert.deepEqual(own.tlsConfig, { insecureSkipVerify: true });
  });

  it('mounts what it is given beside its own', async () => {
    for (const { metadata, spec } of podsOf(await chartObjects(values('from-files')))) {
      const { extraVolumes, extraVolumeMounts } = values('from-files')[metadata.labels['app.kubernetes.io/component']];
      assert.deepEqual(spec.volumes.slice(1), extraVolumes);
      assert.deepEqual(spec.containers[0].volumeMounts.slice(1), extraVolumeMounts);
      assert.equal(spec.volumes[0].name, 'api-access');
    }
  });

  it('asks no cluster and no chance', () => {
    for (const file of globSync('templates/*', { cwd: chartDirectory })) {
      const text = readFileSync(`${chartDirectory}/${file}`, 'utf8');
      assert.doesNotMatch(
        text,
        /\b(lookup|rand\w+|uuidv4|gen(CA|SelfSigned|Signed|PrivateKey)\w*|now|shuffle)\b(?=[^}]*\}\})/,
      );
    }
  });

  it('does something with every value', async function () {
    this.timeout(120_000);
    const rest = new Map<string, Leaf>(leaves().map((leaf) => [leaf.path.join('.'), leaf]));
    for (const fixture of names.map(values)) {
      const { out } = await helmTemplate(fixture);
      for (const [name, { path, value }] of rest) {
        const changed = valueAt(fixture, path);
        if (changed === undefined) continue;
        assert.notDeepEqual(changed, value, `${name} is changed`);
        assert((await helmTemplate(without(fixture, path))).out !== out, `${name} does something`);
        rest.delete(name);
      }
    }
    assert.deepEqual([...rest.keys()], [], 'values that no file of test/deploy/values changes');
  });

  it('knows every setting of the programs', async () => {
    const objects = await chartObjects();
    for (const [component, rows] of [
      ['webhook', webhookOptions] as const,
      ['controller', controllerOptions] as const,
    ]) {
      const wanted = [...variables(rows).filter((name) => !elsewhere.includes(name)), 'POD_NAME'];
      assert.deepEqual(environmentOf(objects, component), wanted.toSorted());
    }
  });

  it('tells the programs nothing that they do not take', async () => {
    for (const name of names) {
      for (const { metadata, spec } of podsOf(await chartObjects(values(name)))) {
        const told = Object.fromEntries(spec.containers[0].env.map((entry: any) => [entry.name, entry.value ?? 'x']));
        const isWebhook = metadata.labels['app.kubernetes.io/component'] === 'webhook';
        const read = isWebhook ? readWebhookSettings([], told) : readControllerSettings([], told);
        assert('values' in read, JSON.stringify(read));
      }
    }
  });

  it('has the version of the programs', () => {
    const chart = parse(readFileSync(`${chartDirectory}/Chart.yaml`, 'utf8'));
    assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  });

  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ replicas: 3 }, /additional properties 'replicas' not allowed/],
    [{ webhook: { port: '8443' } }, /'\/webhook\/port': got string, want integer/],
    [{ webhook: { port: 443 } }, /'\/webhook\/port': minimum: got 443, want 1,?024/],
    [{ webhook: { failurePolicy: 'fail' } }, /'\/webhook\/failurePolicy': value must be one of 'Ignore', 'Fail'/],
    [{ webhook: { timeoutSeconds: 31 } }, /'\/webhook\/timeoutSeconds': maximum: got 31, want 30/],
    [
      { webhook: { resources: { request: {} } } },
      /'\/webhook\/resources': additional properties 'request' not allowed/,
    ],
    [{ controller: { repair: { evict: 'yes' } } }, /'\/controller\/repair\/evict': got string, want boolean/],
    [{ prefix: 'health.example.com' }, /'\/prefix': 'health.example.com' does not match pattern/],
    [{ image: { tag: 1.2 } }, /'\/image\/tag': got number, want string/],
    [{ image: { digest: 'sha256:1' } }, /'\/image\/digest': 'sha256:1' does not match pattern/],
    [{ networkPolicy: { apiserverPorts: [] } }, /'\/networkPolicy\/apiserverPorts': minItems: got 0, want 1/],
    [{ certificate: { source: 'files' } }, /certificate.source is files, but certificate.directory does not say where/],
    [{ certificate: { ca: 'ca.crt' } }, /'\/certificate\/ca': 'ca.crt' does not match pattern/],
    [{ webhook: { extraVolumes: [{ emptyDir: {} }] } }, /'\/webhook\/extraVolumes\/0': missing property 'name'/],
    [{ webhook: { extraVolumeMounts: [{ name: 'x' }] } }, /extraVolumeMounts\/0': missing property 'mountPath'/],
    [{ webhook: { shedMilliseconds: 500 } }, /'\/webhook': additional properties 'shedMilliseconds' not allowed/],
    [{ excludedNamespaces: ['Not_A_Name'] }, /'\/excludedNamespaces\/0': 'Not_A_Name' does not match pattern/],
  ];
  for (const [mistake, sentence] of wrong) {
    it(`refuses ${JSON.stringify(mistake)}`, async () => {
      const { code, errors } = await helmTemplate(mistake);
      assert.equal(code, 1);
      assert.match(errors, sentence);
    });
  }

  it('refuses a PodMonitor where the cluster has none', async () => {
    const { code, errors } = await helmTemplate({ monitoring: { podMonitor: { enabled: true } } }, []);
    assert.equal(code, 1);
    assert.match(errors, /the cluster has no PodMonitor: install Prometheus Operator first/);
  });

  it('is read as a part of another chart, which shares global values', async () => {
    const { code, errors } = await helmTemplate({ global: { imageRegistry: 'registry.example' } });
    assert.equal(code, 0, errors);
  });
});
