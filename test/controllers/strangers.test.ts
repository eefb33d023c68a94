import assert from 'node:assert/strict';
import { type CoverageContext, summarizePod } from '../../src/controllers/coverage/pod-index.ts';
import { mostClaims, toObservedPod } from '../../src/controllers/hardware/pod.ts';
import { uninject } from '../../src/inject/uninject.ts';
import { annotationsOnly } from '../../src/inject/model/scope.ts';
import { testContext } from '../support/webhook.ts';

const { prefix } = testContext;
const context: CoverageContext = { ...testContext, annotatedOnly: false };

/** Of CPU. Each of these took from half a second to minutes when its cost was a product. */
const mostCpuMs = 750;

/** What a program keeps of a Pod, in characters of JSON. */
const mostKept = 8_192;

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

const podOf = (metadata: object, spec: object): any => ({
  metadata: {
    name: 'p',
    namespace: 'shop',
    uid: 'u',
    creationTimestamp: '2030-01-01T00:00:00Z',
    labels: { [`${prefix}hardware`]: 'move' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o', controller: true }],
    ...metadata,
  },
  spec: { containers: [{ name: 'app' }], ...spec },
});

/** The least CPU of three tries, in milliseconds: other work of the machine makes one of them dear. */
function leastCpuMs(work: () => void): number {
  const spent = times(3, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...spent);
}

const volumes = (name: (at: number) => string) =>
  times(10_000, (at) => ({ name: `v${at}`, persistentVolumeClaim: { claimName: name(at) } }));
const fieldFor = (at: number) => ({ key: 'metadata.name', operator: 'NotIn', values: [`x${at}`] });

describe('what the controllers take from a Pod of a stranger', () => {
  it('costs no product of its folders of the node and its mounts', () => {
    const pod = podOf(
      {},
      {
        volumes: times(10_000, (at) => ({ name: `v${at}`, hostPath: { path: '/a' } })),
        containers: [
          {
            name: 'app',
            volumeMounts: times(20_000, (at) => ({ name: `m${at}`, mountPath: `/${at}`, readOnly: true })),
          },
        ],
      },
    );
    assert(leastCpuMs(() => toObservedPod(pod, prefix)) < mostCpuMs);
    assert.equal(toObservedPod(pod, prefix).ineligible, undefined);
  });

  it('holds each claim once, and no more than are looked up and one', () => {
    assert.deepEqual(toObservedPod(podOf({}, { volumes: volumes(() => 'data') }), prefix).claims, ['data']);
    const { claims } = toObservedPod(podOf({}, { volumes: volumes((at) => `c${at}`) }), prefix);
    assert.equal(claims.length, mostClaims + 1);
  });

  it('holds no more nodes that it is kept off than an owner is', () => {
    const nodeSelectorTerms = times(5_000, (at) => ({ matchFields: [fieldFor(at)] }));
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    const status = JSON.stringify({ added: times(5_000, (at) => `nodeAffinity/x${at}`) });
    const pod = podOf({ annotations: { [`${prefix}status`]: status } }, { affinity: { nodeAffinity: required } });
    assert.equal(toObservedPod(pod, prefix).excludedNodes.length, 256);
  });

  for (const [what, wish] of [
    ['a name of two lines', { name: 'web\nkernel: NODE MUST BE REINSTALLED' }],
    ['a name with a slash', { name: 'a/b' }],
    ['a kind that is a sentence', { kind: 'Node is lost' }],
    ['a kind of 64 characters', { kind: 'K'.repeat(64) }],
    ['a name of 254 characters', { name: 'n'.repeat(254) }],
  ] as const) {
    it(`moves no Pod whose owner has ${what}, which is bare in truth`, () => {
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o', controller: true, ...wish };
      const { ineligible, ownerKey, ownerText } = toObservedPod(podOf({ ownerReferences: [owner] }, {}), prefix);
      assert.deepEqual([ineligible, ownerKey, ownerText], ['bare', undefined, '']);
    });
  }

  for (const field of ['apiVersion', 'kind', 'name', 'uid']) {
    it(`has no owner where the ${field} of the owner is longer than any`, () => {
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o', controller: true };
      const pod = podOf(
        {
          annotations: { [`${prefix}pattern`]: 'sidecar' },
          ownerReferences: [{ ...owner, [field]: 'x'.repeat(1_000_000) }],
        },
        {},
      );
      assert.equal(toObservedPod(pod, prefix).owner, undefined);
      assert(JSON.stringify(toObservedPod(pod, prefix)).length < mostKept);
      assert(JSON.stringify(summarizePod(pod, context, () => annotationsOnly)).length < mostKept);
    });
  }

  it('keeps of many long mistakes what an Event has room for', () => {
    const mistakes = times(60, (at) => [`${prefix}check.${'c'.repeat(50)}${at}`, `${'é'.repeat(2_000)}://`]);
    const pod = podOf(
      { annotations: Object.fromEntries(mistakes) },
      { containers: times(100, (at) => ({ name: 'n'.repeat(250) + at })) },
    );
    const summary = summarizePod(pod, context, () => annotationsOnly);
    assert.equal(summary?.verdict.state, 'invalid-annotations');
    assert(JSON.stringify(summary).length < mostKept);
  });
});

describe('taking back what a stranger says was added', () => {
  const names = times(7_000, (at) => at.toString(36));

  it('costs no product of the volumes and the mounts', () => {
    const status = JSON.stringify({ added: names.map((name) => `volumes/${name}`) });
    const pod = podOf(
      { annotations: { [`${prefix}status`]: status } },
      {
        volumes: names.map((name) => ({ name, emptyDir: { sizeLimit: '1Mi' } })),
        containers: [
          { name: 'app', volumeMounts: times(30_000, (at) => ({ name: `mount-${at}`, mountPath: `/${at}` })) },
        ],
      },
    );
    assert(leastCpuMs(() => uninject(pod, prefix)) < mostCpuMs);
    assert.equal(uninject(pod, prefix)?.template.spec?.volumes, undefined);
  });

  it('costs no product of the nodes and the terms', () => {
    const status = JSON.stringify({ added: names.slice(0, 5_000).map((name) => `nodeAffinity/${name}`) });
    const pod = podOf(
      { annotations: { [`${prefix}status`]: status } },
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: times(60_000, (at) => ({ matchFields: [fieldFor(at)] })),
            },
          },
        },
      },
    );
    assert(leastCpuMs(() => uninject(pod, prefix)) < mostCpuMs);
  });
});
