import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, get, kubectl } from '../kubectl.ts';

export const system = 'health-injector';
export const root: string = new URL('../../../../', import.meta.url).pathname;

/** Something that is broken in a cluster, and the diagnostics that find it. */
export type RealBreak = {
  readonly finds: Readonly<Record<string, 'warning' | 'failed'>>;
  readonly make: () => Promise<unknown>;
  readonly mend?: () => Promise<unknown>;
  /** Where it is looked at as before an installation. */
  readonly isBefore?: true;
  readonly target?: () => Promise<{ readonly kubeconfig?: string; readonly namespace?: string }>;
};

export type RealBreaks = Readonly<Record<string, RealBreak>>;

/** Creates objects, or changes them. */
export const applyObject = (object: object): Promise<string> => kubectl(['apply', '-f', '-'], JSON.stringify(object));

/** Puts an object back as it was read, also where it was deleted. */
async function putBack(object: any): Promise<void> {
  const { name, namespace, labels, annotations } = object.metadata;
  const text = JSON.stringify({ ...object, metadata: { name, namespace, labels, annotations } });
  await kubectl(['replace', '-f', '-'], text).catch(() => kubectl(['create', '-f', '-'], text));
}

/** Changes an object, and puts it back. */
export function changed(finds: RealBreak['finds'], place: readonly string[], change: (object: any) => void): RealBreak {
  let before: any;
  return {
    finds,
    async make() {
      before = await get(place);
      const object = structuredClone(before);
      change(object);
      delete object.metadata.resourceVersion;
      await kubectl(['replace', '-f', '-'], JSON.stringify(object));
    },
    mend: () => putBack(before),
  };
}

/** Deletes an object, and creates it again. What belongs to it stays, where something does. */
export function deleted(finds: RealBreak['finds'], place: readonly string[]): RealBreak {
  let before: any;
  return {
    finds,
    async make() {
      before = await get(place);
      await kubectl(['delete', ...place, '--cascade=orphan', '--wait']);
    },
    mend: () => putBack(before),
  };
}

/** Creates objects, and deletes them. */
export const created = (finds: RealBreak['finds'], ...objects: readonly object[]): RealBreak => {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  return {
    finds,
    make: () => kubectl(['apply', '-f', '-'], list),
    mend: () => kubectl(['delete', '-f', '-', '--ignore-not-found', '--now', '--wait=false'], list),
  };
};

export const ownPods = async (component: string): Promise<any[]> => {
  const { items } = await get(['pods', '-n', system, '-l', `app.kubernetes.io/component=${component}`]);
  return items.filter(({ metadata }: any) => metadata.deletionTimestamp === undefined);
};

/** Sets how many replicas there are, and waits for them; one that terminates still does its work. */
export async function scale(deployment: string, replicas: number): Promise<void> {
  await kubectl(['scale', '-n', system, `deployment/${deployment}`, `--replicas=${replicas}`]);
  await eventually(`${replicas} replicas of ${deployment}`, 120, async () => {
    const { spec, status } = await get(['deployment', deployment, '-n', system]);
    const labels = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
    const { items } = await get(['pods', '-n', system, '-l', labels.join()]);
    return items.length === replicas && (status.availableReplicas ?? 0) === replicas;
  });
}

/** A kubeconfig of an account that may do nothing. */
export async function guestKubeconfig(namespace: string): Promise<string> {
  await applyObject({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'guest', namespace } });
  const token = (await kubectl(['create', 'token', 'guest', '-n', namespace])).trim();
  const config = JSON.parse(await kubectl(['config', 'view', '--minify', '--raw', '-o', 'json']));
  config.users[0].user = { token };
  const file = join(mkdtempSync(join(tmpdir(), 'health-injector-')), 'config');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
