import { globSync, readFileSync } from 'node:fs';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { summarizePod } from '../../src/controllers/coverage/pod-index.ts';
import { decide } from '../../src/controllers/hardware/decide.ts';
import { toHardwareNode } from '../../src/controllers/hardware/nodes.ts';
import { toObservedPod, trackPod } from '../../src/controllers/hardware/pod.ts';
import { readAgentAnswer, readKubeletNote } from '../../src/controllers/hardware/reading.ts';
import { inject } from '../../src/inject/inject.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import type { HealthPolicy } from '../../src/policy/policy.ts';
import { type Store, createStore } from '../../src/policy/store.ts';
import { policyProblems } from '../../src/policy/validate.ts';
import type { NodeQuarantine } from '../../src/quarantine/quarantine.ts';
import { parseReview } from '../../src/webhook/admission.ts';
import { defaultLimits } from '../../src/webhook/limits.ts';
import { mutate } from '../../src/webhook/mutate.ts';
import { settings } from '../controllers/hardware/support/snapshot.ts';
import { reviewOf, testContext } from '../support/webhook.ts';
import { type Recipe, conform, cook } from './recipe.ts';
import type { Target } from './search.ts';
import { words } from './words.ts';

const { prefix } = testContext;
const folder = new URL('../cases/', import.meta.url).pathname;

type Document = {
  readonly kind?: string;
  readonly metadata?: object;
  readonly spec?: object;
  readonly [key: string]: unknown;
};

const documents: readonly (readonly [string, Document])[] = globSync('**/*.input.yaml', { cwd: folder })
  .toSorted()
  .flatMap((file) =>
    parseAllDocuments(readFileSync(folder + file, 'utf8')).map(
      (document, at) => [`${file.replace('.input.yaml', '')}/${at}`, document.toJSON()] as const,
    ),
  );
const ofKind = (kind: string) => documents.filter(([, document]) => document.kind === kind);
const pods = ofKind('Pod');

const policyObjects = ofKind('HealthPolicy').map(([, document]) => document as unknown as HealthPolicy);
const move = { podName: 'app-0', podUid: 'gone', at: '2030-01-01T11:30:00Z' };
/** The cases leave out what the webhook does not read, and the CRD requires. */
const quarantineObjects = ofKind('NodeQuarantine').map(([name, document]) => {
  const { owners = [], ...spec } = document.spec as { readonly owners?: readonly object[] };
  const whole = {
    bootId: 'boot',
    ...spec,
    owners: owners.map((entry) => Object.assign({ check: '', message: '', moves: [move] }, entry)),
  };
  return [name, { ...document, spec: whole } as unknown as NodeQuarantine] as const;
});

const copies = <T extends { readonly metadata: object }>(list: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, at) => {
    const each = list[at % list.length] as T;
    return { ...each, metadata: { ...each.metadata, name: `copy-${at}` } };
  });

/** A cluster with as many policies and quarantines as a large one has. */
function largeStore(): Store {
  const store = createStore(prefix);
  store.policies.reset(copies(policyObjects, 100));
  store.quarantines.reset(
    copies(
      Array.from(quarantineObjects, ([, each]) => each),
      20,
    ),
  );
  store.namespaces.reset([{ metadata: { name: 'shop', labels: { [`${prefix}inject`]: 'enabled' } } }]);
  return store;
}

const cooked = ({ bases }: Pick<Target, 'bases'>, recipe: Recipe): object =>
  cook(recipe, bases[recipe.base] ?? {}, words);

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'] as const;
const templateOf = (kind: string, pod: Document): object => {
  const template = { metadata: pod.metadata ?? {}, spec: pod.spec ?? {} };
  const spec = kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
  return { kind, metadata: { ...pod.metadata, name: 'app' }, spec };
};

/** Reviews of Pods and of workloads, from the text of the body to the answer, as the webhook handles them. */
export const admissionTarget = (): Target => ({ ...reviewsBelow(Infinity), mostCpuMs: 3 * defaultLimits.reviewCpuMs });

/** Reviews that are too short for V8 to be asked to end them: their length bounds what they cost. */
export const shortReviewTarget = (): Target => ({
  ...reviewsBelow(defaultLimits.limitedFromCharacters),
  mostCpuMs: 3 * 20,
});

function reviewsBelow(characters: number): Omit<Target, 'mostCpuMs'> {
  const store = largeStore();
  const bases = Object.fromEntries(
    pods.flatMap(([name, pod]) => [
      [name, pod],
      [`${name} again`, inject(pod as unknown as Pod, testContext).pod],
      ...workloads.map((kind) => [`${name} in ${kind}`, templateOf(kind, pod)]),
    ]),
  );
  return {
    bases,
    words,
    prepare(recipe) {
      const object = cooked({ bases }, recipe) as Document;
      const kind = / in (\w+)$/.exec(recipe.base)?.[1];
      const group = kind === 'Job' || kind === 'CronJob' ? 'batch' : 'apps';
      const text = JSON.stringify(reviewOf(object, kind ? { kind: { group, version: 'v1', kind } } : {}));
      if (text.length >= characters) return () => undefined;
      return () => {
        const review = parseReview(text);
        if ('rejection' in review) return review;
        return JSON.stringify(
          mutate(review.request, testContext, store.scopeFor(review.request.namespace, 0)).response,
        );
      };
    },
  };
}

const status = {
  phase: 'Running',
  podIP: '198.51.100.7',
  startTime: '2030-01-01T11:00:00Z',
  conditions: [
    { type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: '2030-01-01T11:50:00Z' },
  ],
  initContainerStatuses: [
    {
      name: 'health-probe-hardware',
      ready: false,
      started: true,
      state: { running: { startedAt: '2030-01-01T11:00:00Z' } },
    },
  ],
  containerStatuses: [
    { name: 'app', ready: true, started: true, state: { running: { startedAt: '2030-01-01T11:00:00Z' } } },
  ],
};
const livePod = (pod: Document): object => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: 'o', controller: true };
  const named = { name: 'app-1', namespace: 'shop', uid: 'u', creationTimestamp: '2030-01-01T11:00:00Z' };
  const labels = { [`${prefix}hardware`]: 'move' };
  const metadata = { ownerReferences: [owner], ...pod.metadata, ...named, labels };
  return { ...pod, metadata, spec: { nodeName: 'node-a', ...pod.spec }, status };
};
const nodeObject = {
  metadata: { name: 'node-a', labels: {} },
  spec: { taints: [{ key: `${prefix}hardware`, effect: 'NoSchedule' }] },
  status: { nodeInfo: { bootID: 'boot' }, conditions: [{ type: 'Ready', status: 'True' }] },
};
const answerText = {
  body: '[+] redis: pass, PONG, 1 ms, 2 s ago\n[-] temperature: fail, coretemp is 95 °C, more than 90 °C, 3 ms, 2 s ago\n',
};
const noteText = { note: 'Readiness probe failed: coretemp is 95 °C, more than 90 °C (temperature)' };

/** The objects and texts that reach the controller: Pods, Nodes, policies, quarantines, and what a sidecar and the kubelet say. */
export function controllerTarget(): Target {
  const store = largeStore();
  const nowMs = Date.parse('2030-01-01T12:00:00Z');
  const bases: Readonly<Record<string, object>> = Object.fromEntries([
    ...pods.map(([name, pod]) => [`Pod ${name}`, livePod(pod)]),
    ...ofKind('HealthPolicy').map(([name, policy]) => [`HealthPolicy ${name}`, policy]),
    ...quarantineObjects.map(([name, quarantine]) => [`NodeQuarantine ${name}`, quarantine]),
    ...['a', 'b', 'c', 'd'].map((name) => [`Node ${name}`, nodeObject]),
    ...['a', 'b', 'c', 'd'].map((name) => [`Answer ${name}`, answerText]),
    ...['a', 'b', 'c', 'd'].map((name) => [`Note ${name}`, noteText]),
  ]);
  const coverage = { ...testContext, annotatedOnly: false };
  const scopeFor = (namespace: string) => store.scopeFor(namespace, nowMs);
  const known = Array.from(quarantineObjects, ([, each]) => each);
  const facts = { get: () => undefined };
  const decideOn = (pod: object, node: object, quarantine: NodeQuarantine[]): unknown => {
    const tracked = trackPod(toObservedPod(pod as V1Pod, prefix), undefined, nowMs - 60_000);
    return decide(
      {
        pods: [tracked],
        nodes: [
          toHardwareNode(node as V1Node, prefix),
          toHardwareNode({ ...nodeObject, metadata: { name: 'node-b' } } as V1Node, prefix),
        ],
        quarantines: quarantine,
        manualReleases: new Map(),
        inFlight: new Map(),
        retries: new Map(),
        readings: facts,
        owners: facts,
        volumes: facts,
        softened: new Map(),
        reported: new Map(),
      } as never,
      settings,
      nowMs,
    );
  };
  const work: Readonly<Record<string, (object: any) => unknown>> = {
    Pod: (pod) => [summarizePod(pod, coverage, scopeFor), decideOn(pod, nodeObject, known)],
    Node: (node) => decideOn(livePod(pods[0]?.[1] ?? {}), node, []),
    HealthPolicy: (policy) => {
      const problems = policyProblems(policy, testContext);
      store.policies.upsert(policy);
      summarizePod(livePod(pods[0]?.[1] ?? {}) as V1Pod, coverage, scopeFor);
      store.policies.remove(policy);
      return problems;
    },
    NodeQuarantine: (quarantine) => {
      store.quarantines.upsert(quarantine);
      scopeFor('shop');
      store.quarantines.remove(quarantine);
      return decideOn(livePod(pods[0]?.[1] ?? {}), nodeObject, [quarantine]);
    },
    Answer: ({ body }) => (typeof body === 'string' ? readAgentAnswer(body) : undefined),
    Note: ({ note }) => (typeof note === 'string' ? readKubeletNote(note) : undefined),
  };
  return {
    bases,
    words,
    mostCpuMs: 600,
    prepare(recipe) {
      const object = conform(cooked({ bases }, recipe), bases[recipe.base]);
      const [kind = ''] = recipe.base.split(' ', 1);
      return () => work[kind]?.(object);
    },
  };
}
