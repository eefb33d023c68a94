import { Readable } from 'node:stream';
import { type TransportResponse, createClient } from '../../src/kube/client.ts';

type Metadata = { name: string; namespace?: string; uid?: string; resourceVersion?: string; generation?: number };
export type Stored = { metadata: Metadata; spec?: any; status?: any; [field: string]: unknown };

/** A call that changed something, or was refused. */
export type Sent = { readonly method: string; readonly path: string; readonly body: any; readonly status: number };

/** Answers a call in the apiserver's stead, or changes nothing where it gives undefined. */
export type Rule = (method: string, path: string, body: any) => { status: number; body?: object } | undefined;

/** Answers a GET in the apiserver's stead, or leaves it to the apiserver where it gives undefined. */
export type ReadRule = (path: string) => { status: number; body: object } | undefined;

/** The objects of a namespace are listed with those of all. */
const clusterWide = (path: string): string => path.replace(/\/namespaces\/[^/]+(?=\/)/, '');

const keyOf = ({ namespace = '', name }: Metadata): string => `${namespace}/${name}`;

/**
 * An apiserver in memory, behind the same `Client` as the real one: collections by their path, lists and watches,
 * create, replace with resourceVersion conflicts, merge patch (also of `/status`), and evictions by uid.
 */
export function createMemoryApiserver() {
  const collections = new Map<string, Map<string, Stored>>();
  const watches = new Set<{ readonly path: string; readonly body: Readable }>();
  const sent: Sent[] = [];
  const rules: Rule[] = [];
  const readRules: ReadRule[] = [];
  const reads: string[] = [];
  let version = 1;

  const collectionAt = (path: string): Map<string, Stored> => {
    const found = collections.get(path) ?? new Map<string, Stored>();
    collections.set(path, found);
    return found;
  };
  const happen = (type: string, path: string, object: Stored): void => {
    for (const watch of watches) {
      if (watch.path === path) watch.body.push(`${JSON.stringify({ type, object })}\n`);
    }
  };
  const put = (path: string, object: Stored): Stored => {
    const collection = collectionAt(clusterWide(path));
    const type = collection.has(keyOf(object.metadata)) ? 'MODIFIED' : 'ADDED';
    const stored = {
      ...object,
      metadata: { uid: `uid-${version}`, ...object.metadata, resourceVersion: `${++version}` },
    };
    collection.set(keyOf(stored.metadata), stored);
    happen(type, clusterWide(path), stored);
    return stored;
  };
  const remove = (path: string, name: string, namespace = ''): void => {
    const collection = collectionAt(clusterWide(path));
    const object = collection.get(keyOf({ name, namespace }));
    if (!object) return;
    collection.delete(keyOf(object.metadata));
    object.metadata.resourceVersion = `${++version}`;
    happen('DELETED', clusterWide(path), object);
  };
  const find = (path: string): { readonly collection: string; readonly object: Stored | undefined } => {
    const [, collection = '', name = ''] = /^(.*)\/([^/]+)$/.exec(path) ?? [];
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    return {
      collection,
      object: collectionAt(clusterWide(collection)).get(keyOf({ name, namespace: namespace ?? '' })),
    };
  };

  const get = (url: string, signal: AbortSignal): TransportResponse => {
    const { pathname, searchParams } = new URL(url, 'https://apiserver');
    const ruled = readRules.map((rule) => rule(url)).find(Boolean);
    if (ruled) return answer(ruled.status, ruled.body);
    if (pathname === '/version') return answer(200, { major: '1', minor: '36' });
    if (collections.has(pathname) || searchParams.has('limit')) {
      if (searchParams.has('watch')) return watch(pathname, signal);
      const namespace = /\/namespaces\/([^/]+)\//.exec(pathname)?.[1];
      const items = [...collectionAt(clusterWide(pathname)).values()].filter(
        ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
      );
      return answer(200, { metadata: { resourceVersion: `${version}` }, items });
    }
    const { object } = find(pathname);
    return object ? answer(200, object) : answer(404, { message: 'not found' });
  };
  const watch = (path: string, signal: AbortSignal): TransportResponse => {
    const body = new Readable({ read() {} });
    const entry = { path, body };
    watches.add(entry);
    signal.addEventListener('abort', () => {
      watches.delete(entry);
      body.destroy(new Error('aborted'));
    });
    body.on('error', () => {});
    return { status: 200, headers: {}, body };
  };

  const change = (method: string, path: string, body: any): { status: number; body?: object } => {
    const ruled = rules.map((rule) => rule(method, path, body)).find(Boolean);
    if (ruled) return ruled;
    if (path.endsWith('/eviction')) {
      const { collection, object } = find(path.replace(/\/eviction$/, ''));
      if (!object) return { status: 404 };
      if (object.metadata.uid !== body.deleteOptions.preconditions.uid) return { status: 409 };
      remove(collection, object.metadata.name, object.metadata.namespace);
      return { status: 201, body: {} };
    }
    if (method === 'POST') {
      if (collectionAt(clusterWide(path)).has(keyOf(body.metadata)))
        return { status: 409, body: { message: 'exists' } };
      return { status: 201, body: put(path, { ...body, metadata: { generation: 1, ...body.metadata } }) };
    }
    const isStatus = path.endsWith('/status');
    const { collection, object } = find(path.replace(/\/status$/, ''));
    if (!object) return { status: 404, body: { message: 'not found' } };
    if (method === 'PUT' && body.metadata.resourceVersion !== object.metadata.resourceVersion) {
      return { status: 409, body: { message: 'the object has been modified' } };
    }
    const merged = method === 'PATCH' ? (merge(object, body) as Stored) : { ...body };
    const generation = (object.metadata.generation ?? 1) + (isStatus ? 0 : 1);
    const { annotations } = merged.metadata as { annotations?: object };
    const metadata = { ...object.metadata, ...(annotations && { annotations }), generation };
    return { status: 200, body: put(collection, { ...merged, metadata }) };
  };

  const client = createClient(async ({ method, path, body, signal }) => {
    if (method === 'GET') {
      reads.push(path);
      return get(path, signal);
    }
    const changed = change(method, path, structuredClone(body));
    sent.push({ method, path, body, status: changed.status });
    return answer(changed.status, changed.body ?? { message: `status ${changed.status}` });
  });
  return { client, put, remove, collectionAt, sent, rules, readRules, reads };
}

export type MemoryApiserver = ReturnType<typeof createMemoryApiserver>;

const answer = (status: number, body: object): TransportResponse => ({
  status,
  headers: {},
  body: Readable.from([Buffer.from(JSON.stringify(body))]),
});

/** https://www.rfc-editor.org/rfc/rfc7396 */
function merge(target: any, patch: any): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged = { ...(typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
