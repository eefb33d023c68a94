import { isDeepStrictEqual } from 'node:util';
import { PassThrough } from 'node:stream';
import { type Transport, type TransportResponse, createClient } from '../../../../src/kube/client.ts';
import { answer } from '../../../kube/support/answer.ts';

/** What becomes of a call that writes: it, or its answer, may be lost, and nobody may ever say so. */
export type Fault = (
  method: string,
  path: string,
) => 'call' | 'answer' | 'call, in silence' | 'answer, in silence' | undefined;

/** How a call that reads is answered in the apiserver's stead; a promise may never be. */
export type Denial = (path: string) => TransportResponse | Promise<never> | undefined;

const claims = '/api/v1/namespaces/shop/persistentvolumeclaims';
const volumes = '/api/v1/persistentvolumes';
const quarantines = '/apis/health.example.com/v1alpha1/nodequarantines';

/**
 * An apiserver in memory with what lives around it: versions that conflict, watches, Evictions, an owner that makes
 * evicted Pods anew where it may, and webhook replicas that acknowledge quarantines.
 */
export function createWorld({ nodes, port }: { readonly nodes: readonly string[]; readonly port: number }) {
  const collections = new Map<string, Map<string, any>>(
    ['/api/v1/pods', '/api/v1/nodes', quarantines, claims, volumes, 'events'].map((path) => [path, new Map()]),
  );
  const watches: { readonly path: string; readonly body: PassThrough }[] = [];
  const accepted = new Map<string, number>();
  const calls: string[] = [];
  const reads: string[] = [];
  const refused = new Set<string>();
  const objects = new Map<string, object>();
  const forged = new Set<string>();
  let fault: Fault | undefined;
  let denial: Denial | undefined;
  let acknowledges = true;
  let version = 1;
  let uids = 0;

  const of = (path: string): Map<string, any> => collections.get(path) ?? new Map();
  const tell = (path: string, type: string, object: any): void => {
    for (const watch of watches) if (watch.path === path) watch.body.write(`${JSON.stringify({ type, object })}\n`);
  };
  const set = (path: string, object: any): any => {
    const { name } = object.metadata;
    const type = of(path).has(name) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
    of(path).set(name, stored);
    tell(path, type, stored);
    return stored;
  };
  const remove = (path: string, name: string): void => {
    const object = of(path).get(name);
    if (!of(path).delete(name)) return;
    tell(path, 'DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } });
  };

  for (const name of nodes) {
    const status = { nodeInfo: { bootID: 'boot' }, conditions: [{ type: 'Ready', status: 'True' }] };
    set('/api/v1/nodes', { metadata: { name, uid: name }, spec: {}, status });
  }

  /** A Pod of the owner with a sidecar, ready or not. */
  const setPod = (name: string, node: string, owner: string, ready: boolean, ageMs = 3_600_000): any => {
    const there = of('/api/v1/pods').get(name);
    const startedAt = '2020-01-01T00:00:00Z';
    const createdAt = `${new Date(Date.now() - ageMs).toISOString().slice(0, 19)}Z`;
    const conditions = ['Ready', 'ContainersReady'].map((type) => ({
      type,
      status: ready ? 'True' : 'False',
      lastTransitionTime: new Date().toISOString(),
    }));
    return set('/api/v1/pods', {
      metadata: {
        name,
        namespace: 'shop',
        uid: there?.metadata.uid ?? `uid-${++uids}`,
        creationTimestamp: there?.metadata.creationTimestamp ?? createdAt,
        labels: { 'health.example.com/hardware': 'move' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: owner, uid: owner, controller: true }],
      },
      spec: {
        nodeName: node,
        containers: [{ name: 'app' }],
        initContainers: [{ name: 'health-probe-hardware', ports: [{ containerPort: port }] }],
      },
      status: {
        phase: 'Running',
        podIP: '127.0.0.1',
        conditions,
        initContainerStatuses: [
          { name: 'health-probe-hardware', ready, started: true, state: { running: { startedAt } } },
        ],
      },
    });
  };

  /** Nodes of which no quarantine names this owner. */
  const freeNodes = (owner: string): readonly string[] => {
    const closed = [...of(quarantines).values()].filter(({ spec }) =>
      spec.owners.some((entry: any) => entry.owner.name === owner),
    );
    return nodes.filter((node) => !closed.some(({ spec }) => spec.nodeName === node));
  };
  /** What the owner of an evicted Pod does: a StatefulSet makes it anew. */
  let replace = ({ metadata: { name, ownerReferences } }: any): void => {
    const owner = ownerReferences[0].name;
    setPod(name, freeNodes(owner)[0] ?? nodes[0]!, owner, true, 0);
  };

  const evict = (name: string, body: any): TransportResponse => {
    const pod = of('/api/v1/pods').get(name);
    if (!pod) return answer(404, { message: 'not found' });
    const { uid } = pod.metadata;
    if (body.deleteOptions?.preconditions?.uid !== uid) return answer(409, { message: 'the UID does not match' });
    if (refused.has(name)) {
      const cause = {
        reason: 'DisruptionBudget',
        message: 'The disruption budget web needs 1 healthy pods and has 0 currently',
      };
      return answer(429, { message: 'Cannot evict pod', details: { causes: [cause] } });
    }
    accepted.set(uid, (accepted.get(uid) ?? 0) + 1);
    const deletionTimestamp = new Date().toISOString();
    set('/api/v1/pods', { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    setTimeout(() => {
      remove('/api/v1/pods', name);
      replace(pod);
    }, 5);
    return answer(201, { status: 'Success' });
  };

  /** Server-side apply of the one manager that there is: what it leaves out goes. */
  const applyStatus = (name: string, { metadata, status }: any): TransportResponse => {
    const pod = of('/api/v1/pods').get(name);
    if (!pod) return answer(404, { message: 'not found' });
    if (metadata.uid !== pod.metadata.uid) return answer(409, { message: 'the UID does not match' });
    const { 'health.example.com/move-pending': _gone, ...annotations } = pod.metadata.annotations ?? {};
    const types = status.conditions.map(({ type }: any) => type);
    const others = pod.status.conditions.filter(({ type }: any) => !types.includes(type));
    const applied = {
      ...pod,
      metadata: { ...pod.metadata, annotations: { ...annotations, ...metadata.annotations } },
      status: { ...pod.status, conditions: [...others, ...status.conditions] },
    };
    return answer(200, set('/api/v1/pods', applied));
  };

  const write = (method: string, path: string, body: any): TransportResponse => {
    const [, pod] = /\/pods\/([^/]+)\/eviction$/.exec(path) ?? [];
    if (pod !== undefined) return evict(pod, body);
    const [, announced] = /\/pods\/([^/]+)\/status\?/.exec(path) ?? [];
    if (announced !== undefined) return applyStatus(announced, body);
    if (path === quarantines && method === 'POST') {
      const { name } = body.metadata;
      if (of(path).has(name)) return answer(409, { message: 'already exists' });
      const metadata = { name, uid: `uid-${++uids}`, generation: 1, creationTimestamp: new Date().toISOString() };
      return answer(201, acknowledge(set(path, { ...body, metadata })));
    }
    const [, collection = '', name = ''] = /^(.*)\/([^/]+)$/.exec(path) ?? [];
    const there = of(collection).get(name);
    if (!there) return answer(404, { message: 'not found' });
    const { resourceVersion, uid, generation } = there.metadata;
    if (method === 'DELETE') {
      if (body.preconditions.uid !== uid || body.preconditions.resourceVersion !== resourceVersion) {
        return answer(409, { message: 'the precondition failed' });
      }
      remove(collection, name);
      return answer(200, {});
    }
    if (body.metadata.resourceVersion !== resourceVersion)
      return answer(409, { message: 'the object has been modified' });
    const isChanged = !isDeepStrictEqual(body.spec, there.spec);
    const metadata = { ...there.metadata, ...(isChanged && generation ? { generation: generation + 1 } : {}) };
    return answer(200, acknowledge(set(collection, { ...there, spec: { ...there.spec, ...body.spec }, metadata })));
  };

  const acknowledge = (quarantine: any): any => {
    const { name, uid, generation } = quarantine.metadata;
    if (acknowledges && generation !== undefined) {
      setTimeout(() => {
        const there = of(quarantines).get(name);
        if (there?.metadata.uid === uid)
          set(quarantines, { ...there, status: { observedGenerations: { webhook: generation } } });
      }, 5);
    }
    return quarantine;
  };

  const read = (url: URL, signal: AbortSignal): TransportResponse => {
    const { pathname, searchParams } = url;
    if (pathname.endsWith('/endpointslices')) {
      const endpoints = [{ conditions: { ready: true }, targetRef: { name: 'webhook' } }];
      return answer(200, { items: [{ endpoints }] });
    }
    const [, owner] = /^\/apis\/apps\/v1\/namespaces\/[^/]+\/statefulsets\/([^/]+)$/.exec(pathname) ?? [];
    if (owner !== undefined) {
      return forged.has(owner)
        ? answer(404, { message: 'not found' })
        : answer(200, { metadata: { name: owner, uid: owner } });
    }
    const other = objects.get(pathname);
    if (other) return answer(200, other);
    if (pathname.endsWith('/events')) return answer(200, { items: [...of('events').values()] });
    const [, collection = '', name = ''] = /^(.*)\/([^/]+)$/.exec(pathname) ?? [];
    const one = of(collection).get(name);
    if (one) return answer(200, one);
    const all = collections.get(pathname);
    if (!all) return answer(404, { message: 'not found' });
    if (!searchParams.get('watch')) {
      return answer(200, { metadata: { resourceVersion: String(version) }, items: [...all.values()] });
    }
    const body = new PassThrough();
    // What happened since the list, which is taken at once, comes as it is by now.
    for (const object of all.values()) {
      if (Number(object.metadata.resourceVersion) > Number(searchParams.get('resourceVersion'))) {
        body.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
      }
    }
    watches.push({ path: pathname, body });
    signal.addEventListener('abort', () => body.destroy(new Error('aborted')));
    return { status: 200, headers: {}, body };
  };

  const transport: Transport = async ({ method, path, body, signal }) => {
    signal.throwIfAborted();
    if (method === 'GET') {
      reads.push(path);
      return (await denial?.(path)) ?? read(new URL(path, 'https://apiserver'), signal);
    }
    calls.push(`${method} ${path}`);
    const lost = fault?.(method, path);
    // Whoever waits for an answer is told that none comes any more.
    if (lost === 'call') throw new Error('socket hang up');
    if (lost === 'call, in silence') return new Promise(() => {});
    const reply = write(method, path, structuredClone(body));
    if (lost === 'answer, in silence') return new Promise(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (lost === 'answer' || signal.aborted) throw new Error('socket hang up');
    return reply;
  };

  return {
    transport,
    client: createClient(transport),
    calls,
    /** The paths of all that was read of claims and volumes. */
    readsOfVolumes: () => reads.filter((path) => path.includes('persistentvolume')),
    /** Gives a Pod a claim of its own, bound to a volume with this spec. */
    addClaim(pod: any, volumeName: string, spec: object): void {
      const claimName = `data-${pod.metadata.name}`;
      set(volumes, { metadata: { name: volumeName }, spec });
      set(claims, { metadata: { name: claimName }, spec: { volumeName } });
      const volume = { name: 'data', persistentVolumeClaim: { claimName } };
      set('/api/v1/pods', { ...pod, spec: { ...pod.spec, volumes: [volume] } });
    },
    deny: (next: Denial | undefined) => (denial = next),
    accepted,
    refused,
    /** Other objects than Pods, nodes, claims and quarantines, by their paths. */
    objects,
    reads,
    freeNodes,
    /** What becomes of an evicted Pod from now on. */
    setReplace: (next: typeof replace) => void (replace = next),
    /** The owners of which only Pods speak. */
    forged,
    setPod,
    /** Writes any Pod of the namespace `shop`. */
    setAnyPod: (pod: any): any => set('/api/v1/pods', pod),
    remove,
    quarantines: () => [...of(quarantines).values()],
    pods: () => [...of('/api/v1/pods').values()],
    node: (name: string) => of('/api/v1/nodes').get(name),
    /** Writes what others say of a node. */
    changeNode: (name: string, change: (node: any) => object): any =>
      set('/api/v1/nodes', { ...of('/api/v1/nodes').get(name), ...change(of('/api/v1/nodes').get(name)) }),
    /** As a person would, for an owner that has no Pods, or for these. */
    addQuarantine: (nodeName: string, scope: string, owners?: readonly object[]): any => {
      const [since, until] = [0, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString());
      const owner = { namespace: 'shop', kind: 'Deployment', name: 'other' };
      const entry = { owner, check: 'c', message: 'm', since, until, affinity: 'Required', moves: [] };
      const metadata = { name: nodeName, uid: `uid-${++uids}`, generation: 1, creationTimestamp: since };
      return set(quarantines, { metadata, spec: { nodeName, bootId: 'boot', scope, owners: owners ?? [entry] } });
    },
    removeQuarantine: (name: string) => remove(quarantines, name),
    addEvent: (name: string, event: any) => of('events').set(name, event),
    setFault: (next: Fault) => (fault = next),
    setAcknowledges: (next: boolean) => (acknowledges = next),
  };
}

export type World = ReturnType<typeof createWorld>;
