import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

const root = new URL('../../../', import.meta.url).pathname;
const chart = 'deploy/chart/health-injector';
const read = (path: string): string => readFileSync(root + path, 'utf8');

/** A value or group of values in the chart's schema. */
type Entry = { readonly description: string; readonly default?: unknown; readonly properties?: Entries };
type Entries = Readonly<Record<string, Entry>>;

/** What stands at the top of a file that is made of another. */
const made = (from: string): string => `# Made by \`npm run test:update\` from ${from}.\n`;

/** The files that are made of others, by their paths: Helm reads nothing outside of the chart, and Flux passes over symbolic links. */
export function chartFiles(): Readonly<Record<string, string>> {
  const { properties } = JSON.parse(read(`${chart}/values.schema.json`)) as { readonly properties: Entries };
  const { global: _, ...entries } = properties;
  const copies = [
    ['deploy/crds/healthpolicies.yaml', 'healthpolicies.yaml'],
    ['deploy/crds/nodequarantines.yaml', 'nodequarantines.yaml'],
    ['deploy/monitoring/rules.yaml', 'rules.yaml'],
    ['deploy/monitoring/dashboard.json', 'dashboard.json'],
    ['deploy/monitoring/sidecars-dashboard.json', 'sidecars-dashboard.json'],
  ] as const;
  return {
    ...Object.fromEntries(copies.map(([from, to]) => [`${chart}/files/${to}`, read(from)])),
    [`${chart}/values.yaml`]: made('values.schema.json') + valuesOf(entries, ''),
    [`${chart}/README.md`]: readmeOf(entries),
    'deploy/monitoring/prometheus-rule.yaml': made('rules.yaml') + stringify(rule(), { lineWidth: 0 }),
  };
}

const rule = (): object => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'health-injector' },
  spec: parse(read('deploy/monitoring/rules.yaml')),
});

const valuesOf = (entries: Entries, indent: string): string =>
  Object.entries(entries)
    .map(([name, { description, properties, default: value }]) => {
      const head = `${indent}# ${description}\n${indent}`;
      if (properties) return `${head}${name}:\n${valuesOf(properties, `${indent}  `)}`;
      return (
        head +
        stringify({ [name]: value }, { lineWidth: 0, version: '1.1' })
          .trimEnd()
          .replaceAll('\n', `\n${indent}`) +
        '\n'
      );
    })
    .join(indent === '' ? '\n' : '');

const rowsOf = (entries: Entries, before: string): string[] =>
  Object.entries(entries).flatMap(([name, { description, properties, default: value }]) =>
    properties
      ? rowsOf(properties, `${before}${name}.`)
      : [`| \`${before}${name}\` | \`${JSON.stringify(value)}\` | ${description} |`],
  );

const readmeOf = (entries: Entries): string => `# The Helm chart of health-injector

\`\`\`sh
helm install health-injector deploy/chart/health-injector --namespace health-injector --create-namespace
\`\`\`

[docs/operations.md](../../../docs/operations.md) says how to upgrade, monitor and uninstall it. Every value has one sentence here and in
\`values.yaml\`. Helm refuses a value that is not listed, or that has another type.

| value | default | meaning |
|---|---|---|
${rowsOf(entries, '').join('\n')}
`;
