import assert from 'node:assert/strict';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import type { V1Container } from '@kubernetes/client-node';
import { inject } from '../src/inject/inject.ts';
import { uninject } from '../src/inject/uninject.ts';
import type { InjectionContext } from '../src/inject/decide.ts';
import type { Pod } from '../src/inject/pod/pod.ts';
import { createJsonPatch } from '../src/webhook/json-patch.ts';
import { arbitraryAnnotations } from './support/arbitrary-annotations.ts';
import { arbitraryPod } from './support/arbitrary-pod.ts';
import { doings, namesIn, unmarked } from './support/other-webhook.ts';
import { assertUserKept, deepFreeze } from './support/invariants.ts';
import { testContext } from './support/webhook.ts';

const prefix = testContext.prefix;
const runs = { numRuns: Number(process.env['CONVERGE_RUNS'] ?? 200) };

/** What is ours among the annotations: it does not come from a user. */
const isWritten = (key: string): boolean => [`${prefix}status`, `${prefix}problems`].includes(key);

type Annotations = Readonly<Record<string, string>>;

/** One thing that happens to a Pod between two calls, to the one that is injected and to what the user wrote of it alike. */
type Step =
  | { readonly kind: 'edit'; readonly annotations: Annotations }
  | { readonly kind: 'drop'; readonly share: number }
  | { readonly kind: 'upgrade'; readonly version: string; readonly agentImage: string }
  | { readonly kind: 'call' }
  | { readonly kind: 'container'; readonly name: string; readonly isFirst: boolean };

/** Annotations that are well written, as most are in a cluster; beside them whatever users write. */
const wish: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 1, arbitrary: arbitraryAnnotations },
  {
    weight: 2,
    arbitrary: fc
      .record(
        {
          pattern: fc.constantFrom('sidecar', 'cli', 'port,sidecar', 'sidecar,hardware', 'hardware', 'none'),
          check: fc.constantFrom(
            'tcp://:6379',
            'http://:8080/healthz',
            'temperature:',
            'redis://:6379\nmemory-errors:',
          ),
          period: fc.constantFrom('5s', '30s'),
          liveness: fc.constantFrom('off', 'tcp://:1'),
          'failure-threshold': fc.constantFrom('2', '9'),
          delivery: fc.constantFrom('init-container', 'image-volume'),
          memory: fc.constantFrom('16Mi', '1G'),
          'check.redis': fc.constantFrom('tcp://:6380'),
        },
        { requiredKeys: ['pattern', 'check'] },
      )
      .map((words) => Object.fromEntries(Object.entries(words).map(([key, value]) => [prefix + key, String(value)]))),
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: wish.map((annotations) => ({ kind: 'edit' as const, annotations })) },
  { weight: 1, arbitrary: fc.nat(3).map((share) => ({ kind: 'drop' as const, share })) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('upgrade' as const),
      version: fc.constantFrom('0.0.0', '9.9.9'),
      agentImage: fc.constantFrom('registry.example/health-probe:test', 'other:9'),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'call' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('container' as const),
      name: fc.constantFrom('late', 'later'),
      isFirst: fc.boolean(),
    }),
  },
);

const withAnnotations = (pod: Pod, change: (annotations: Annotations) => Annotations): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, annotations: change(pod.metadata?.annotations ?? {}) },
});

/** The Pod after one step; what is ours stays as the call before has left it. */
function after(pod: Pod, event: Step): Pod {
  switch (event.kind) {
    case 'edit':
      return withAnnotations(pod, (before) => ({
        ...Object.fromEntries(Object.entries(before).filter(([key]) => !key.startsWith(prefix) || isWritten(key))),
        ...Object.fromEntries(Object.entries(event.annotations).filter(([key]) => !isWritten(key))),
      }));
    case 'drop':
      return withAnnotations(pod, (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => isWritten(key) || key.length % 4 > event.share)),
      );
    case 'container': {
      if (pod.spec.containers.some(({ name }) => name === event.name)) return pod;
      const added: V1Container = { name: event.name, image: 'late:1' };
      const containers = event.isFirst ? [added, ...pod.spec.containers] : [...pod.spec.containers, added];
      return { ...pod, spec: { ...pod.spec, containers } };
    }
    default:
      return pod;
  }
}

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** Nothing is only written or empty: neither says anything to the apiserver. */
const settled = (pod: Pod): unknown =>
  JSON.parse(JSON.stringify(pod), (_, value) => (isEmpty(value) ? undefined : value));
const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.values(value).every((item) => item === undefined));

/** The Pod that the webhook makes, by its patch; the input is frozen. */
function call(pod: Pod, context: InjectionContext): Pod {
  const outcome = inject(deepFreeze(plain(pod)), context);
  const patch = plain(createJsonPatch(pod, outcome.pod)) as Parameters<typeof jsonPatch.applyPatch>[1];
  const patched = jsonPatch.applyPatch(plain(pod), patch, true).newDocument;
  assert.deepEqual(patched, plain(outcome.pod), 'the patch makes the Pod');
  const again = inject(deepFreeze(plain(patched)), context);
  assert.deepEqual(createJsonPatch(patched, again.pod), [], 'a second call changes nothing');
  return patched;
}

/** A Pod that nothing was done to yet; most have no probes of their own, and none is for Windows. */
const user = fc.tuple(arbitraryPod(wish), fc.integer({ min: 0, max: 3 })).map(([pod, share]) => {
  const { os: _, ...spec } = pod.spec;
  const without = ({ livenessProbe, readinessProbe, startupProbe, ...rest }: V1Container): V1Container => ({
    ...rest,
    ...(share === 0 && livenessProbe ? { livenessProbe } : {}),
    ...(share === 0 && readinessProbe ? { readinessProbe } : {}),
    ...(share === 0 && startupProbe ? { startupProbe } : {}),
  });
  const bare: Pod = { ...pod, spec: { ...spec, containers: spec.containers.map(without) } };
  return withAnnotations(bare, (before) =>
    Object.fromEntries(Object.entries(before).filter(([key]) => !isWritten(key))),
  );
});

const byName = <T extends { readonly name: string }>(list: readonly T[] = []): T[] =>
  list.toSorted((one, other) => (one.name < other.name ? -1 : 1));

/** Two lists that others have put their own between may have ours in another order. */
const unordered = (pod: Pod): unknown => {
  const { initContainers, volumes } = pod.spec;
  // The sentences list the containers that there are.
  const { [`${prefix}problems`]: _, ...annotations } = pod.metadata?.annotations ?? {};
  const metadata = { ...pod.metadata, annotations };
  return settled({
    ...pod,
    metadata,
    spec: { ...pod.spec, initContainers: byName(initContainers), volumes: byName(volumes) },
  });
};

const upgraded = ({ version, agentImage }: Partial<Extract<Step, { kind: 'upgrade' }>>): InjectionContext => ({
  ...testContext,
  allowImage: true,
  version: version ?? testContext.version,
  agentImage: agentImage ?? testContext.agentImage,
});

describe('any sequence of edits, upgrades and calls', () => {
  it('gives what a first call gives, and uninject what the user wrote', () => {
    const counts = new Map<string, number>();
    const check = fc.property(user, fc.array(step, { maxLength: 6 }), (input, steps) => {
      let context = upgraded({});
      // Which of the containers stood first in the first call is no longer seen in the Pod: no new one comes before it.
      const events = steps.map((each) => (each.kind === 'container' ? { ...each, isFirst: false } : each));
      let [theirs, ours] = [plain(input), call(plain(input), context)];
      for (const event of events) {
        if (event.kind === 'upgrade') context = upgraded(event);
        theirs = after(theirs, event);
        ours = call(after(ours, event), context);
      }
      ours = call(ours, context);
      const first = inject(deepFreeze(plain(theirs)), context);
      counts.set(first.kind, (counts.get(first.kind) ?? 0) + 1);
      assert.deepEqual(settled(ours), settled(first.pod));
      assertUserKept(theirs, ours);
      const back = uninject(ours, prefix);
      assert.deepEqual(settled((back?.template ?? ours) as Pod), settled(theirs));
      assert.deepEqual(back?.left ?? [], []);
    });
    fc.assert(check, runs);
    for (const kind of ['injected', 'rejected', 'skipped'])
      assert((counts.get(kind) ?? 0) > runs.numRuns / 40, JSON.stringify([...counts]));
  });

  it('keeps what another webhook has added, and mends what it has broken', () => {
    let injected = 0;
    const doing = fc.constantFrom(...Object.keys(doings));
    const event = fc.oneof(step, fc.record({ kind: fc.constant('doing' as const), doing }));
    const check = fc.property(user.map(created), fc.array(event, { minLength: 1, maxLength: 6 }), (input, events) => {
      let context = upgraded({});
      let [theirs, ours] = [plain(input), call(plain(input), context)];
      for (const each of events) {
        if (each.kind === 'container' || (each.kind === 'edit' && speaksOfAll(each.annotations))) continue;
        if (each.kind === 'upgrade') context = upgraded(each);
        if (each.kind === 'doing') {
          const changed = plain(ours);
          doings[each.doing]?.(changed);
          const beside = namesIn(changed);
          ours = call(changed, context);
          assert.deepEqual(namesIn(ours), beside, 'nothing that the other webhook has added is lost');
        } else {
          theirs = after(theirs, each);
          ours = call(after(ours, each), context);
        }
      }
      const first = inject(deepFreeze(plain(theirs)), context);
      if (first.kind === 'injected') injected++;
      assert.deepEqual(unordered(unmarked(ours)), unordered(unmarked(first.pod)));
      for (const { name, args, restartPolicy } of ours.spec.initContainers ?? []) {
        if (name.startsWith('health-probe') && args?.[1] === '--port') assert.equal(restartPolicy, 'Always');
      }
    });
    fc.assert(check, runs);
    assert(injected > runs.numRuns / 10, `${injected} of them`);
  });
});

/** The Pod as the apiserver hands it to a webhook: it says which containers came with it. */
const created = (pod: Pod): Pod => {
  const containers = Object.fromEntries(pod.spec.containers.map(({ name }) => [`k:{"name":"${name}"}`, {}]));
  const fieldsV1 = { 'f:spec': { 'f:containers': containers } };
  const managedFields = [{ manager: 'kube-controller-manager', operation: 'Update', fieldsV1 }];
  return { ...pod, metadata: { ...pod.metadata, managedFields } };
};

/** What asks for all containers asks for those of another webhook too. */
const speaksOfAll = (annotations: Annotations): boolean => annotations[`${prefix}pattern`]?.includes('auto') ?? false;
