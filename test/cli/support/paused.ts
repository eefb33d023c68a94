import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { runHoldController } from '../../../src/controllers/hold/controller.ts';
import { createHoldMetrics } from '../../../src/controllers/hold/metrics.ts';
import { holdKey } from '../../../src/hold/hold.ts';
import { inject } from '../../../src/inject/inject.ts';
import type { Pod } from '../../../src/inject/pod/pod.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import type { EventRecorder } from '../../../src/kube/event-recorder.ts';
import { serve } from '../../agent/support/agent.ts';
import { createMemoryApiserver } from '../../support/memory-apiserver.ts';
import { testContext } from '../../support/webhook.ts';
import { type Asked, startCluster } from './cluster.ts';

const { prefix } = testContext;
const [pods, events] = ['/api/v1/namespaces/shop/pods', '/api/v1/namespaces/shop/events'];

/** How long the kubelet of a real cluster takes to show an annotation, at least. */
const kubeletMs = 500;

/**
 * A cluster with the controller of holds, and the agent of the Pod `web`, to which a kubelet shows the annotation `hold` of
 * that Pod. `forbidden` is what the user of the command line may not do.
 */
export async function startPausable(forbidden: { patch: boolean; proxy: boolean }, maxPauseMs = 3_600_000) {
  const apiserver = createMemoryApiserver();
  const stored = (name: string): any => apiserver.collectionAt('/api/v1/pods').get(`shop/${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-hold-'));
  const file = join(folder, holdKey);
  writeFileSync(file, '');
  const agent = await serve(['--hold', file, '--container', 'web', '--liveness', 'tcp://127.0.0.1:1']);
  const kubelet = setInterval(
    () => writeFileSync(file, stored('web')?.metadata.annotations[prefix + holdKey] ?? ''),
    kubeletMs,
  );
  const stopping = new AbortController();
  /** As the apiserver shows an Event of events.k8s.io to who lists those of the core. */
  const recordEvent: EventRecorder['event'] = ({ regarding, reason, type, note }) => {
    const metadata = {
      name: `${regarding.name}.${reason}`,
      namespace: 'shop',
      creationTimestamp: new Date().toISOString(),
    };
    apiserver.put(events, { metadata, involvedObject: regarding, reason, type, message: note });
  };
  const errors: string[] = [];
  const controller = runHoldController(
    {
      client: apiserver.client,
      settings: { prefix, maxPauseMs },
      recorder: { event: recordEvent },
      metrics: createHoldMetrics(new Registry()),
      onError: (sentence) => void errors.push(sentence),
      onAction() {},
    },
    stopping.signal,
  );

  const answer = async ({ method, url, body }: Asked): Promise<object | string | undefined> => {
    const call = { signal: stopping.signal };
    if (url === `${pods}/web:9440/proxy/metrics`) {
      return forbidden.proxy ? 'forbidden' : (await agent.get('/metrics')).body;
    }
    if (method === 'PATCH' && forbidden.patch) return 'forbidden';
    try {
      return await (method === 'PATCH'
        ? apiserver.client.patch<object>(url, JSON.parse(body), call)
        : apiserver.client.get<object>(url, call));
    } catch (error) {
      assert(error instanceof ApiError && error.status === 404, String(error));
      return undefined;
    }
  };
  const cluster = await startCluster(answer);
  return {
    kubeconfig: cluster.kubeconfig,
    /** Makes a Pod as the webhook admits it. */
    make(name: string, annotations: Readonly<Record<string, string>>): void {
      const keys = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value]));
      const plain: Pod = {
        metadata: { name, namespace: 'shop', annotations: keys },
        spec: { containers: [{ name: 'web', image: 'web:1' }] },
      };
      apiserver.put(pods, inject(plain, testContext).pod as any);
    },
    annotationsOf: (name: string): Readonly<Record<string, string>> => stored(name).metadata.annotations,
    /** What the kubelet is answered. */
    liveness: () => agent.probe('/livez'),
    async stop(): Promise<void> {
      stopping.abort();
      clearInterval(kubelet);
      await Promise.all([controller, agent.stop(), cluster.stop()]);
      rmSync(folder, { recursive: true });
      assert.deepEqual(errors, []);
    },
  };
}
