import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { runHoldController } from '../../../src/controllers/hold/controller.ts';
import { createHoldMetrics } from '../../../src/controllers/hold/metrics.ts';
import { inject } from '../../../src/inject/inject.ts';
import type { EventInput } from '../../../src/kube/event.ts';
import { eventually } from '../../support/eventually.ts';
import { createMemoryApiserver } from '../../support/memory-apiserver.ts';
import { testContext } from '../../support/webhook.ts';

const { prefix } = testContext;
const pods = '/api/v1/pods';

describe('the controller of holds', () => {
  let apiserver: ReturnType<typeof createMemoryApiserver>;
  let stopping: AbortController;
  let events: EventInput[];
  let errors: string[];
  let registry: Registry;
  let running: Promise<void>;

  const written = (name: string, key: string): string | undefined =>
    (apiserver.collectionAt(pods).get(`shop/${name}`)?.metadata as any)?.annotations[prefix + key];

  /** Makes a Pod as the webhook admits it, or gives the one that is there other annotations. */
  function annotate(name: string, annotations: Readonly<Record<string, string>>): void {
    const asked = { pattern: 'sidecar', check: 'http://:8080/healthz', ...annotations };
    const keys = Object.fromEntries(Object.entries(asked).map(([key, value]) => [prefix + key, value]));
    const spec = { containers: [{ name: 'web', image: 'web:1' }] };
    const { pod } = inject({ metadata: { name, namespace: 'shop', annotations: keys }, spec }, testContext);
    apiserver.put('/api/v1/namespaces/shop/pods', pod as any);
  }

  const eventOf = (name: string, reason: string) =>
    eventually(`${reason} of ${name}`, 5_000, async () =>
      events.find((event) => event.regarding.name === name && event.reason === reason),
    );

  beforeEach(async () => {
    apiserver = createMemoryApiserver();
    apiserver.collectionAt(pods);
    stopping = new AbortController();
    [events, errors, registry] = [[], [], new Registry()];
    running = runHoldController(
      {
        client: apiserver.client,
        settings: { prefix, maxPauseMs: 3_600_000 },
        recorder: { event: (input) => void events.push(input) },
        metrics: createHoldMetrics(registry),
        onError: (sentence) => void errors.push(sentence),
        onAction: () => {},
      },
      stopping.signal,
    );
    // This apiserver does not repeat what happened before a watch.
    await eventually('the watch', 5_000, async () => apiserver.reads.some((path) => path.includes('watch=')));
  });
  afterEach(async () => {
    stopping.abort();
    await running;
    assert.deepEqual(errors, []);
  });

  it('writes the hold of a pause, and takes both away once it is over', async () => {
    annotate('web-0', { pause: '2s' });
    await eventOf('web-0', 'HealthPaused');
    assert.match(written('web-0', 'hold') ?? '', /^liveness=\S+Z reason=pause for=2s$/);
    assert.match(await registry.metrics(), /^health_injector_paused_pods 1$/m);
    await eventOf('web-0', 'HealthPauseEnded');
    assert.deepEqual([written('web-0', 'pause'), written('web-0', 'hold')], [undefined, undefined]);
    const metrics = await registry.metrics();
    assert.match(metrics, /^health_injector_paused_pods 0$/m);
    assert.match(metrics, /^health_injector_pauses_total\{result="ended"\} 1$/m);
  });

  it('writes nothing but annotations, by the subresource, and of the Pod that it has read', async () => {
    annotate('web-0', { pause: '15m' });
    await eventOf('web-0', 'HealthPaused');
    const [{ method, path, body } = {}] = apiserver.sent;
    assert.deepEqual([method, path], ['PATCH', '/api/v1/namespaces/shop/pods/web-0/status']);
    assert.deepEqual(Object.keys(body), ['metadata']);
    assert.deepEqual(Object.keys(body.metadata), ['uid', 'resourceVersion', 'annotations']);
    assert.equal(apiserver.sent.length, 1);
  });

  it('ends a pause whose annotation is taken away', async () => {
    annotate('web-0', { pause: '15m' });
    await eventOf('web-0', 'HealthPaused');
    annotate('web-0', { hold: written('web-0', 'hold') ?? '' });
    await eventOf('web-0', 'HealthPauseEnded');
    assert.equal(written('web-0', 'hold'), undefined);
  });

  it('reads a Pod again that was written meanwhile', async () => {
    let conflicts = 0;
    apiserver.rules.push((method) => (method === 'PATCH' && conflicts++ === 0 ? { status: 409 } : undefined));
    annotate('web-0', { pause: '15m' });
    await eventOf('web-0', 'HealthPaused');
    assert.deepEqual(
      apiserver.sent.map(({ status }) => status),
      [409, 200],
    );
  });

  it('says once why a pause has no effect, however often the Pod changes', async () => {
    annotate('web-0', { pause: 'soon' });
    await eventOf('web-0', 'HealthPauseRefused');
    annotate('web-0', { pause: 'soon', period: '9s' });
    annotate('web-1', { pause: '15m' });
    await eventOf('web-1', 'HealthPaused');
    assert.equal(events.filter(({ regarding }) => regarding.name === 'web-0').length, 1);
  });

  it('asks nothing about Pods that nobody paused', async () => {
    annotate('web-0', {});
    annotate('web-1', { pause: '15m' });
    await eventOf('web-1', 'HealthPaused');
    assert(!apiserver.reads.some((path) => path.endsWith('/web-0')));
  });
});
