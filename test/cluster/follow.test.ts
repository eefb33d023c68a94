import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { createClient } from '../../src/kube/client.ts';
import { fromKubeconfig } from '../../src/kube/config.ts';
import { type ReflectorHandler, runReflector } from '../../src/kube/reflector.ts';
import { eventually, kubectl, useNamespace } from './support/kubectl.ts';

const namespace = 'test-follow';

/** A way to the apiserver of `$KUBECONFIG` that can be cut. */
async function cuttable() {
  const config = new KubeConfig();
  config.loadFromDefault();
  const cluster = config.getCurrentCluster();
  const { hostname, port } = new URL(cluster!.server);
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    const onward = connect(Number(port || 443), hostname.replace(/^\[(.*)\]$/, '$1'));
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on('error', () => {}).on('close', () => (socket.destroy(), onward.destroy(), sockets.delete(end)));
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  assert(address !== null && typeof address === 'object');
  const near = { ...cluster!, server: `https://127.0.0.1:${address.port}`, tlsServerName: 'kubernetes.default.svc' };
  config.loadFromClusterAndUser(near, config.getCurrentUser()!);
  const file = join(mkdtempSync(join(tmpdir(), 'health-injector-kubeconfig-')), 'config');
  writeFileSync(file, config.exportConfig(), { mode: 0o600 });
  const viaProxy = await fromKubeconfig({ userAgent: 'health-injector-test', file });
  assert(viaProxy.problem === undefined, viaProxy.problem);
  return {
    client: createClient(viaProxy.transport),
    proxy,
    sockets,
    cut: () => sockets.forEach((socket) => socket.destroy()),
  };
}

describe('a reflector, on a real apiserver', () => {
  useNamespace(namespace);

  const labels = new Map<string, string | undefined>();
  const heard: string[] = [];
  const failures: string[] = [];
  const stop = new AbortController();
  let way: Awaited<ReturnType<typeof cuttable>>;
  let ended: Promise<void>;
  let isSynced = false;

  type Kept = { readonly name: string; readonly step: string | undefined; readonly keys: readonly string[] };
  const keep = ({ name, step, keys }: Kept): void => {
    assert(!keys.includes('data'), 'metadata alone is asked for');
    labels.set(name, step);
  };
  const handler: ReflectorHandler<Kept> = {
    onReplace: (items) => {
      heard.push('reset');
      labels.clear();
      items.forEach(keep);
    },
    onUpsert: keep,
    onDelete: ({ name }) => labels.delete(name),
    onSynced: () => (isSynced = true),
    onError: (sentence) => failures.push(sentence),
  };
  const label = (name: string, step: string): Promise<string> =>
    kubectl(['label', '-n', namespace, '--overwrite', `configmap/${name}`, `step=${step}`]);
  const has = (name: string, step: string): Promise<true> =>
    eventually(`${name} with ${step}`, 40, async () => labels.get(name) === step);

  before(async () => {
    await kubectl(['create', 'configmap', 'first', '-n', namespace, '--from-literal', 'a=b']);
    await label('first', 'one');
    way = await cuttable();
    ended = runReflector(
      {
        client: way.client,
        path: `/api/v1/namespaces/${namespace}/configmaps`,
        metadataOnly: true,
        fieldSelector: 'metadata.name!=kube-root-ca.crt',
        transform: (object) => {
          const { metadata } = object as { metadata: { name: string; labels?: Record<string, string> } };
          return { name: metadata.name, step: metadata.labels?.['step'], keys: Object.keys(object as object) };
        },
      },
      handler,
      stop.signal,
    );
  });
  after(async () => {
    stop.abort();
    await ended;
    way.cut();
    way.proxy.close();
  });

  it('lists what there is', async () => {
    await eventually('the first list', 20, async () => isSynced);
    assert.deepEqual([...labels], [['first', 'one']]);
  });

  it('sees an object come, change and go', async () => {
    await kubectl(['create', 'configmap', 'second', '-n', namespace]);
    await eventually('second', 20, async () => labels.has('second'));
    await label('second', 'two');
    await has('second', 'two');
    await kubectl(['delete', 'configmap', 'second', '-n', namespace]);
    await eventually('second is gone', 40, async () => !labels.has('second'));
  });

  it('goes on without another list when the connection is cut', async () => {
    way.cut();
    await label('first', 'three');
    await has('first', 'three');
    assert.deepEqual(heard, ['reset']);
    assert.equal(
      failures.filter((sentence) => sentence.includes('could not be handled')).length,
      0,
      failures.join('\n'),
    );
  });

  it('says in a sentence that a kind is not there', async () => {
    const sentences: string[] = [];
    const end = new AbortController();
    const absent = runReflector(
      { client: way.client, path: '/apis/absent.example.com/v1/things', transform: () => undefined },
      { onReplace: () => {}, onUpsert: () => {}, onDelete: () => {}, onError: (text) => sentences.push(text) },
      end.signal,
    );
    await eventually('the sentence', 20, async () => sentences.length > 0);
    end.abort();
    await absent;
    assert.match(sentences[0]!, /does not exist, its CustomResourceDefinition may not be installed: 404/);
  });
});
