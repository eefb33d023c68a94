import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readControllerSettings } from '../../src/config/controller.ts';
import { readWebhookSettings } from '../../src/config/webhook.ts';
import { chartObjects, needTools } from './support/render.ts';

const docs = new URL('../../docs/', import.meta.url).pathname;
const example = /```yaml\n(# values of the chart\n[^]*?)```/g;
const examples = globSync('**/*.md', { cwd: docs }).flatMap((page) =>
  [...readFileSync(docs + page, 'utf8').matchAll(example)].map(([, text = ''], index) => ({ page, index, text })),
);

describe('the values of the chart that docs/ gives as examples', () => {
  before(async function () {
    await needTools(this);
  });

  it('are there', () => {
    assert(examples.length >= 2);
  });

  for (const { page, index, text } of examples) {
    it(`are taken by the chart and the programs: ${page}, example ${index + 1}`, async () => {
      const pods = (await chartObjects(parse(text))).flatMap(({ spec }) => spec?.template ?? []);
      assert.equal(pods.length, 2);
      for (const { metadata, spec } of pods) {
        const [{ env, volumeMounts }] = spec.containers;
        const told = Object.fromEntries(env.map((entry: any) => [entry.name, entry.value ?? 'x']));
        const isWebhook = metadata.labels['app.kubernetes.io/component'] === 'webhook';
        const read = isWebhook ? readWebhookSettings([], told) : readControllerSettings([], told);
        assert('values' in read, JSON.stringify(read));
        const volumes = new Set(spec.volumes.map(({ name }: any) => name));
        assert(volumeMounts.every(({ name }: any) => volumes.has(name)));
      }
    });
  }
});
