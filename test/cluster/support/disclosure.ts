import assert from 'node:assert/strict';
import { secretIn } from '../../support/secrets.ts';
import { endFollowing } from './followed.ts';
import { get, kubectl } from './kubectl.ts';
import { metricsOf } from './metrics-of.ts';

const system = 'health-injector';
const prefix = 'health.example.com/';
const ourAnnotations = [`${prefix}status`, `${prefix}problems`];
/** The kinds whose objects we write annotations into, and our own. */
const written = 'pods,deployments,statefulsets,daemonsets,replicasets,jobs,cronjobs';
const ours = ['healthpolicies.health.example.com', 'nodequarantines.health.example.com'];

/** What was searched: how much by what it is, and what shows a secret. */
export type Searched = { readonly counts: Map<string, number>; readonly shown: string[] };

/** Nothing was searched yet. */
export const nothingSearched = (): Searched => ({ counts: new Map(), shown: [] });

function search(
  { counts, shown }: Searched,
  what: string,
  where: string,
  text: string,
  secrets: readonly string[],
): void {
  if (text.trim() === '') return;
  counts.set(what, (counts.get(what) ?? 0) + 1);
  const found = secretIn(text, secrets);
  if (found !== undefined) shown.push(`${what} of ${where}: ${found}`);
}

/** What is secret in the Secrets of a namespace: lines that are long enough to be told from other text; certificates are public. */
async function secretsOf(namespace: string): Promise<string[]> {
  const { items } = await get(['secrets', '-n', namespace]);
  const texts = items.flatMap(({ data }: any) => Object.values<string>(data ?? {}));
  const lines = texts.flatMap((text: string) => {
    const clear = Buffer.from(text, 'base64').toString();
    const isMade = clear.includes('PRIVATE KEY') || !clear.trim().includes('\n');
    return isMade && !clear.includes('-----BEGIN CERT') ? clear.split('\n') : [];
  });
  return lines.filter((line: string) => line.length >= 12 && !line.startsWith('-----'));
}

/** Searches all that a namespace shows of what we wrote and said: logs, metrics, Events and annotations. */
export async function searchNamespace(namespace: string, searched: Searched): Promise<void> {
  const secrets = [...(await secretsOf(namespace)), ...(await secretsOf(system))];
  const { items: events } = await get(['events', '-n', namespace]);
  for (const event of events)
    search(searched, 'event', `${namespace}/${event.metadata.name}`, JSON.stringify(event), secrets);
  const { items } = await get([written, '-n', namespace]);
  for (const { kind, metadata } of items) {
    const texts = ourAnnotations.map((key) => metadata.annotations?.[key] ?? '');
    search(searched, 'annotation', `${kind} ${namespace}/${metadata.name}`, texts.join('\n'), secrets);
  }
  for (const pod of items.filter(({ kind }: any) => kind === 'Pod')) {
    const { containers, initContainers = [] } = pod.spec;
    for (const container of [...containers, ...initContainers]) {
      if (!container.image.includes('/health-injector/')) continue;
      const where = `${namespace}/${pod.metadata.name}/${container.name}`;
      for (const previous of [[], ['--previous']]) {
        const args = ['logs', '-n', namespace, pod.metadata.name, '-c', container.name, ...previous, '--tail=-1'];
        search(searched, 'log', where, await kubectl(args).catch(nothing), secrets);
      }
      search(searched, 'metrics', where, await metricsOf(pod, container), secrets);
    }
  }
}

/** Fails where a namespace shows a secret. */
export async function assertNamespaceDisclosesNothing(namespace: string): Promise<void> {
  const searched = nothingSearched();
  await searchNamespace(namespace, searched);
  assert.deepEqual(searched.shown, []);
}

/** Searches what is left at the end of a run and what was followed in it, and fails where it shows a secret, or nothing could be searched. */
export async function assertNothingDisclosed(): Promise<void> {
  const searched = nothingSearched();
  const { items } = await get(['namespaces']);
  for (const { metadata } of items) await searchNamespace(metadata.name, searched);
  const secrets = await secretsOf(system);
  for (const kind of ours) {
    for (const object of (await get([kind])).items) {
      search(searched, 'object', `${kind} ${object.metadata.name}`, JSON.stringify(object), secrets);
    }
  }
  const followed = await endFollowing();
  for (const [where, text] of followed.logs) search(searched, 'log', where, text, secrets);
  for (const [where, text] of followed.metrics) search(searched, 'metrics', where, text, secrets);
  const { counts, shown } = searched;
  const told = [...counts].map(([what, count]) => `${count} x ${what}`).join(', ');
  process.stdout.write(`Searched for secrets: ${told}.\n`);
  assert.deepEqual(shown, []);
  // Of every run; what is in an annotation is only where something was injected.
  for (const what of ['event', 'log', 'metrics']) assert(counts.has(what), `no ${what} was searched`);
}

/** A container that has not started, has no earlier life or runs no more has no log or no metrics to be read. */
const nothing = (): string => '';
