import assert from 'node:assert/strict';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import type { V1Container } from '@kubernetes/client-node';
import { inject } from '../src/inject/inject.ts';
import { uninject } from '../src/inject/uninject.ts';
import type { InjectionContext } from '../src/inject/decide.ts';
import type { Pod } from '../src/inject/pod/pod.ts';
import { createJsonPatch } from '../src/webhook/json-patch.ts';
import { arbitraryPod } from './support/arbitrary-pod.ts';
import { type Annotations, type Step, after, isWritten, step, wish, withAnnotations } from './support/edits.ts';
import { doings, namesIn, unmarked } from './support/other-webhook.ts';
import { assertUserKept, deepFreeze } from './support/invariants.ts';
import { testContext } from './support/webhook.ts';

const prefix = testContext.prefix;
const runs = { numRuns: Number(process.env['CONVERGE_RUNS'] ?? 200) };

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

  it('takes the addresses of the Pod from the agent with the check that names them', () => {
    const spec = { containers: [{ name: 'app', image: 'image:1' }] };
    const asking = (check: string): Pod => {
      const annotations = { [`${prefix}pattern`]: 'sidecar', [`${prefix}check`]: check };
      return { apiVersion: 'v1', kind: 'Pod', metadata: { annotations }, spec };
    };
    const context = upgraded({});
    const named = call(asking('redis://pod:6379'), context);
    const wanted = call(asking('tcp://:6379'), context);
    const edited = withAnnotations(named, (before) => ({ ...before, [`${prefix}check`]: 'tcp://:6379' }));
    assert.deepEqual(call(edited, context), wanted);
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
