import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { helmTemplate, needTools } from '../deploy/support/render.ts';
import { get, kubectl } from './support/kubectl.ts';

const configuration = ['mutatingwebhookconfiguration', 'health-injector'];
const bundles = ({ webhooks }: any): string[] => webhooks.map(({ clientConfig }: any) => clientConfig.caBundle);

/** Values of a fixture of the chart, without the kinds of Prometheus Operator and cert-manager. */
const valuesOf = (name: string): any => {
  const values = parse(readFileSync(new URL(`../deploy/values/${name}.yaml`, import.meta.url).pathname, 'utf8'));
  delete values.monitoring?.podMonitor;
  delete values.monitoring?.prometheusRule;
  delete values.certificate;
  return values;
};

/** What the apiserver would make of the chart, if it were applied over what is installed. */
async function dryRun(values: object): Promise<any[]> {
  const { code, out, errors } = await helmTemplate(values, []);
  assert.equal(code, 0, errors);
  return JSON.parse(await kubectl(['apply', '--dry-run=server', '-o', 'json', '-f', '-'], out)).items;
}

describe('the Helm chart, before the real apiserver', () => {
  before(async function () {
    await needTools(this);
  });

  for (const name of ['everything', 'by-tag', 'bare', 'from-files']) {
    it(`is taken with the values "${name}"`, async () => {
      const items = await dryRun(valuesOf(name));
      assert(items.some(({ kind }) => kind === 'MutatingWebhookConfiguration'));
    });
  }

  it('leaves the caBundle as the server wrote it', async () => {
    const before = bundles(await get(configuration));
    assert(before.every(Boolean));
    const items = await dryRun({ webhook: { timeoutSeconds: 2 } });
    const changed = items.find(({ kind }) => kind === 'MutatingWebhookConfiguration');
    assert.deepEqual(bundles(changed), before);
    // The entries that only warn have a second, whatever the value.
    const changing = changed.webhooks.filter(({ clientConfig }: any) => clientConfig.service.path === '/mutate');
    assert(changing.length === 2 && changing.every(({ timeoutSeconds }: any) => timeoutSeconds === 2));
  });

  it('is what is installed already by kustomize', async () => {
    for (const item of await dryRun({})) {
      const { kind, metadata } = item;
      const place = metadata.namespace ? ['-n', metadata.namespace] : [];
      const there = await get([kind, metadata.name, ...place]);
      // A Deployment is restarted by the tests, and the chart spells settings out: drift.test.ts compares those.
      if (kind !== 'Deployment') assert.deepEqual(item.spec, there.spec, `${kind}/${metadata.name}`);
      assert.deepEqual(item.rules, there.rules, `${kind}/${metadata.name}`);
      assert.deepEqual(item.webhooks, there.webhooks, `${kind}/${metadata.name}`);
    }
  });
});
