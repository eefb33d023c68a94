import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { assertBothWays } from './support/both-ways.ts';

const root = new URL('../cases/', import.meta.url).pathname;

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');

/** The same Pod in every form in which manifests come. */
const forms: Readonly<Record<string, (pod: any, text: string) => string>> = {
  'as it is written': (_, text) => text,
  'in a Deployment': ({ metadata, spec }) =>
    stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'app' },
      spec: { replicas: 2, template: { metadata: withoutName(metadata), spec } },
    }),
  'in a CronJob, indented by four': ({ metadata, spec }) => {
    const template = { metadata: withoutName(metadata), spec };
    const jobTemplate = { spec: { template } };
    return stringify(
      { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'app' }, spec: { jobTemplate, schedule: '@daily' } },
      { indent: 4 },
    );
  },
  'in a List after another': (_, text) =>
    `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n  -\n${indented(text)}metadata:\n  resourceVersion: ""\n`,
  'with flush lists': (pod) => stringify(pod, { indentSeq: false }),
  'as JSON with a line for each entry': (pod) => `${JSON.stringify(pod, null, 2)}\n`,
  'as JSON with tabs': (pod) => JSON.stringify(pod, null, '\t'),
  'as JSON on one line': (pod) => JSON.stringify(pod),
  'in flow style': (pod) => stringify(pod, { collectionStyle: 'flow' }),
  'with CRLF': (_, text) => text.replaceAll('\n', '\r\n'),
  'with a byte order mark': (_, text) => `\ufeff${text}`,
  'without a final newline': (_, text) => text.trimEnd(),
  'between documents': (_, text) => `# first\n---\n# none\n---\n${text}...\n---\nkind: ConfigMap\n---\n`,
};

/** A Pod by itself; what an earlier injection wrote is not to be taken back to. */
const isFresh = (text: string): boolean => !/^---|example\.com\/(status|problems):/m.test(text);

const withoutName = (metadata: object): object => ({ ...metadata, generateName: undefined });

const [first] = Object.keys(forms);

const inputs = globSync('**/*.input.yaml', { cwd: root })
  .map((file) => readFileSync(root + file, 'utf8'))
  .filter(isFresh);

describe('a manifest is injected and taken back', () => {
  for (const [form, write] of Object.entries(forms)) {
    it(form, () => {
      let count = 0;
      for (const [index, text] of inputs.entries()) {
        // One form sees every case, the others some of them.
        if (form !== first && index % 4 !== 0) continue;
        const input = write(parse(text), text);
        if (assertBothWays(input) !== input) count++;
      }
      assert(count > (form === first ? 80 : 15), `${count} were injected`);
    });
  }
});
