import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { developmentCertificate } from '../../src/certificates/files.ts';
import { compare, start } from './contest.ts';
import { residentMiB } from './measure.ts';
import { type Report, addRow } from './report.ts';
import { reviewsAcross } from './reviews.ts';

const root = new URL('../../', import.meta.url).pathname;
const prefix = 'health.example.com/';
const policyCount = 1_000;
const namespaceCount = 10_000;

/** Measures what a thousand policies and ten thousand namespaces cost a review, beside a webhook that has none. */
export async function benchPolicies(report: Report): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-bench-'));
  developmentCertificate(directory, new Date());
  const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
  const annotated = parse(readFileSync(`${root}test/bench/pod.yaml`, 'utf8'));
  const { annotations, ...metadata } = annotated.metadata;
  const ours = Object.entries<string>(annotations).filter(([key]) => key.startsWith(prefix));
  const others = Object.entries<string>(annotations).filter(([key]) => !key.startsWith(prefix));
  const silent = { ...annotated, metadata: { ...metadata, annotations: Object.fromEntries(others) } };
  const inject = Object.fromEntries(ours.map(([key, value]) => [key.replace(prefix, ''), value]));
  const file = join(directory, 'policies.json');
  writeFileSync(file, manifests(inject));

  const flags = [`--certificate-directory=${directory}`, '--drain-seconds=0'];
  const none = await start('no policies', 18_445, [`${root}dist/webhook.js`, '--listen=127.0.0.1:18445', ...flags]);
  const many = await start('policies', 18_446, [
    `${root}dist/webhook.js`,
    '--listen=127.0.0.1:18446',
    `--policies=${file}`,
    ...flags,
  ]);
  const unknown = JSON.parse(JSON.stringify(silent).replaceAll('"app":"checkout"', '"app":"nobody"'));
  const lines = [
    `policies: ${policyCount} of them and ${namespaceCount} namespaces, Pods that are all different`,
    ...(await compare(
      report,
      'injected by the last policy / by annotations',
      many,
      none,
      ca,
      reviewsAcross(silent, namespaceCount),
      reviewsAcross(annotated, namespaceCount),
    )),
    ...(await compare(
      report,
      'selected by no policy / without a wish',
      many,
      none,
      ca,
      reviewsAcross(unknown, namespaceCount),
    )),
    `  resident memory: ${residentMiB(many.child.pid as number).toFixed(0)} MiB with policies, ${residentMiB(none.child.pid as number).toFixed(0)} MiB without`,
  ];
  const held = `webhook with ${policyCount} policies and ${namespaceCount} namespaces, after the load`;
  addRow(report, 'Memory', { program: held, resident: `${residentMiB(many.child.pid as number).toFixed(0)} MiB` });
  for (const { child } of [none, many]) child.kill();
  return lines;
}

/** Policies of which all select by the labels of Pod and namespace, and only the last one this Pod. */
function manifests(inject: object): string {
  const policies = Array.from({ length: policyCount }, (_, index) => ({
    apiVersion: `${prefix}v1alpha1`,
    kind: 'HealthPolicy',
    metadata: { name: `policy-${index}` },
    spec: {
      priority: policyCount - index,
      namespaceSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b', 'c'] }] },
      podSelector: { matchLabels: { app: index === policyCount - 1 ? 'checkout' : `app-${index}` } },
      ...(index % 2 === 0 ? { match: { images: [`registry.example/team-${index}/*`, '**/checkout'] } } : {}),
      inject: index === policyCount - 1 ? inject : { pattern: 'auto' },
    },
  }));
  const namespaces = Array.from({ length: namespaceCount }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `shop-${index}`, labels: { tier: 'abc'[index % 3] } },
  }));
  return [...policies, ...namespaces].map((object) => JSON.stringify(object)).join('\n---\n');
}
