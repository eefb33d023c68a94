import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import { get, send } from './apiserver.ts';
import { median } from './measure.ts';
import { type Report, addBar, addRow } from './report.ts';

const namespaces = { asked: 'bench-asked', disabled: 'bench-disabled' } as const;
const rounds = 8;
const podsPerRound = 250;
const connections = 4;
const metric = 'apiserver_admission_webhook_admission_duration_seconds';

/**
 * Creates Pods by dry-run through a real apiserver, in turns in a namespace for which it calls the webhook and in one for
 * which it does not, and returns the lines to print; the cluster of `$KUBECONFIG` must have a health-injector.
 */
export async function benchAdmission(report: Report): Promise<string[]> {
  const { spec, metadata } = parse(readFileSync(new URL('pod.yaml', import.meta.url), 'utf8'));
  const { annotations, labels } = metadata;
  const { volumes: _, ...rest } = spec;
  const containers = rest.containers.map(({ volumeMounts: _mounts, ...container }: any) => container);
  const pod = { metadata: { annotations, labels }, spec: { ...rest, containers, serviceAccountName: 'default' } };
  try {
    for (const [kind, name] of Object.entries(namespaces)) {
      const marks = kind === 'disabled' ? { 'health.example.com/inject': 'disabled' } : {};
      await send('POST', '/api/v1/namespaces', { metadata: { name, labels: marks } });
    }
    // The namespace's ServiceAccount has to be there, and the first calls to have made their connections.
    for (const name of Object.values(namespaces)) await createUntilFine(name, pod);
    const before = await webhookTimes();
    const times: Record<string, number[]> = { asked: [], disabled: [] };
    let wrong = 0;
    for (let round = 0; round < rounds; round++) {
      for (const [kind, name] of Object.entries(namespaces)) {
        const wanted = kind === 'asked';
        const tell = (tookMs: number, isInjected: boolean): void => {
          times[kind]?.push(tookMs);
          if (isInjected !== wanted) wrong += 1;
        };
        await createAll(name, pod, `${round}`, tell);
      }
    }
    if (wrong > 0) throw new Error(`${wrong} Pods had a probe where none was to be, or none where one was`);
    const after = await webhookTimes();
    const [withUs, without] = [times['asked'] ?? [], times['disabled'] ?? []];
    return [...told(report, withUs, without), ownTimes(report, before, after)];
  } finally {
    for (const name of Object.values(namespaces)) await send('DELETE', `/api/v1/namespaces/${name}`, {});
  }
}

function told(report: Report, withUs: readonly number[], without: readonly number[]): string[] {
  const rows = [
    ['a Pod that the webhook is asked about', withUs, true],
    ['the same in a namespace that says inject: disabled', without, false],
  ] as const;
  const title = 'Apiserver, a Pod created by dry-run';
  const lines = rows.map(([name, times, isOurs]) => {
    const middle = `${median(times).toFixed(1)} ms`;
    const p99 = `${(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN).toFixed(1)} ms`;
    addRow(report, title, { what: name, Pods: `${times.length}`, median: middle, p99 });
    addBar(report, `${title}: median time`, { name, value: median(times), text: middle, isOurs });
    return `    ${name.padEnd(52)} median ${middle}  p99 ${p99}`;
  });
  return [`apiserver, Pods created by dry-run over ${connections} connections, ${rounds} rounds in turns`, ...lines];
}

type Times = { readonly count: number; readonly seconds: number; readonly within: ReadonlyMap<number, number> };

/** What the apiserver itself measured about calls of our webhook for Pods. */
async function webhookTimes(): Promise<Times> {
  const text = String(await get('/metrics'));
  const valueOf = (suffix: string, more = ''): number =>
    [
      ...text.matchAll(
        new RegExp(`^${metric}_${suffix}\\{[^}]*name="pods\\.health-injector[^}]*${more}[^}]*\\} (\\S+)$`, 'gm'),
      ),
    ]
      .map(([, value]) => Number(value))
      .reduce((sum, value) => sum + value, 0);
  const bounds = [0.005, 0.025, 0.1];
  return {
    count: valueOf('count'),
    seconds: valueOf('sum'),
    within: new Map(bounds.map((bound) => [bound, valueOf('bucket', `le="${bound}"`)])),
  };
}

function ownTimes(report: Report, before: Times, after: Times): string {
  const count = after.count - before.count;
  const meanMs = `${(((after.seconds - before.seconds) / count) * 1_000).toFixed(2)} ms`;
  const shares = [...after.within].map(([bound, value]) => {
    const share = ((value - (before.within.get(bound) ?? 0)) / count) * 100;
    return [`within ${bound * 1_000} ms`, `${share.toFixed(1)} %`] as const;
  });
  addRow(report, `Apiserver, \`${metric}\` of the webhook`, {
    calls: `${count}`,
    mean: meanMs,
    ...Object.fromEntries(shares),
  });
  return `    ${metric}: ${count} calls, mean ${meanMs}, ${shares.map((share) => share.join(' ')).join(', ')}`;
}

async function createAll(
  namespace: string,
  pod: { metadata: object },
  round: string,
  tell: (tookMs: number, isInjected: boolean) => void,
): Promise<void> {
  const indexes = Array.from({ length: podsPerRound }).keys();
  const worker = async (): Promise<void> => {
    for (const index of indexes) {
      const startMs = performance.now();
      const created = await create(namespace, { ...pod, metadata: { ...pod.metadata, name: `pod-${round}-${index}` } });
      tell(performance.now() - startMs, isInjected(created));
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

const create = (namespace: string, pod: object): Promise<any> =>
  send('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);

const isInjected = ({ spec }: any): boolean =>
  [...(spec.initContainers ?? []), ...spec.containers].some(
    ({ name, livenessProbe }: any) => name.startsWith('health-probe') || livenessProbe,
  );

async function createUntilFine(namespace: string, pod: { metadata: object }): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await create(namespace, { ...pod, metadata: { ...pod.metadata, name: 'first' } });
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
