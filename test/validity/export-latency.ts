import { exportWorkload } from '../../src/export/workload.ts';
import { inject } from '../../src/inject/inject.ts';
import { eventually } from '../support/eventually.ts';
import { startWebhook, testContext } from '../support/webhook.ts';
import type { Apiserver } from './apiserver.ts';
import { registerWebhook } from './registration.ts';

const ways = ['nothing', 'a policy', 'the webhook'] as const;

/**
 * Creates Pods as a dry run in three namespaces in turn: where nothing adds a sidecar, where an exported policy does, and
 * where the webhook does, which listens on loopback. Prints the quantiles of the times of each.
 */
export async function measureLatency(apiserver: Apiserver, count: number): Promise<void> {
  const { must } = apiserver;
  const webhook = await startWebhook();
  const names = ways.map((_, index) => `latency-${index}`);
  const annotations = { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'redis://:6379' };
  const spec = { containers: [{ name: 'redis', image: 'redis:7' }] };
  const pod = { metadata: { generateName: 'redis-', labels: { app: 'redis' }, annotations }, spec };
  for (const name of names) {
    await must('POST', '/api/v1/namespaces', { metadata: { name, labels: { latency: name } } });
    await must('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
  }
  const exported = exportWorkload(
    {
      source: 'Pod',
      kind: 'Deployment',
      namespace: 'latency-1',
      name: 'redis',
      part: undefined,
      ownAnnotations: annotations,
      pod,
      outcome: inject(pod, testContext),
      hasRules: false,
      hasUidRange: false,
    },
    testContext,
  );
  if (exported.kind === 'refused') throw new Error(exported.why);
  const [policy, binding] = exported.policy.objects as [object, object];
  await must('POST', '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies', policy);
  await must('POST', '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings', binding);
  const { connection } = webhook;
  await registerWebhook(apiserver, {
    name: 'latency',
    connection,
    namespaceSelector: { matchLabels: { latency: 'latency-2' } },
  });
  const create = async (name: string): Promise<boolean> =>
    (await must('POST', `/api/v1/namespaces/${name}/pods?dryRun=All`, { apiVersion: 'v1', kind: 'Pod', ...pod })).spec
      .initContainers !== undefined;
  for (const name of names.slice(1)) await eventually(name, 30_000, () => create(name));
  const times: number[][] = ways.map(() => []);
  for (let round = 0; round < count; round++) {
    for (const [index, name] of names.entries()) {
      const start = performance.now();
      await create(name);
      times[index]?.push(performance.now() - start);
    }
  }
  for (const [index, way] of ways.entries()) {
    const sorted = (times[index] ?? []).toSorted((one, other) => one - other);
    const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
    process.stdout.write(`${count} Pods with ${way}: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms\n`);
  }
  await webhook.stop();
}
