import assert from 'node:assert/strict';
import type { V1ObjectMeta } from '@kubernetes/client-node';
import { inject } from '../../src/inject/inject.ts';
import { warningsOf } from '../../src/inject/outcome.ts';
import { annotationsOnly } from '../../src/inject/model/scope.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { testContext } from '../support/webhook.ts';

const { prefix } = testContext;
const namespace = { name: 'shop', labels: {}, inject: 'enabled' as const, hasUidRange: false };
const enabled = { ...annotationsOnly, namespace };

/** A running Pod of a ReplicaSet, as the webhook has admitted it. */
const injected = (pattern: string): Pod =>
  structuredClone(
    inject(
      {
        metadata: {
          generateName: 'cache-',
          labels: { app: 'cache' },
          annotations: { [`${prefix}pattern`]: pattern, [`${prefix}check`]: 'redis://:6379' },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cache', uid: '1', controller: true }],
        },
        spec: { containers: [{ name: 'redis', image: 'redis:7' }] },
      },
      testContext,
    ).pod,
  );

/** What a command makes of it: another name, no owner, and a shell in the place of the server. */
const copied = (pod: Pod, metadata: V1ObjectMeta, keepsProbes: boolean): Pod => ({
  metadata: { name: 'copy', ...metadata },
  spec: {
    ...pod.spec,
    containers: pod.spec.containers.map(({ livenessProbe, readinessProbe, startupProbe, ...rest }) => ({
      ...rest,
      command: ['sh'],
      ...(keepsProbes ? { livenessProbe, readinessProbe, startupProbe } : {}),
    })) as Pod['spec']['containers'],
  },
});

const byKubectl = { managedFields: [{ manager: 'kubectl', operation: 'Update', apiVersion: 'v1' }] };

/** No scope has a check added to the copy, and no probe of ours is left. */
const assertLeft = (copy: Pod): void => {
  for (const scope of [annotationsOnly, enabled]) {
    const { pod, ...outcome } = inject(copy, testContext, scope);
    assert(outcome.kind === 'skipped', outcome.kind);
    assert(['debug-copy', 'not-asked'].includes(outcome.reason), outcome.reason);
    for (const { livenessProbe, startupProbe, readinessProbe } of pod.spec.containers) {
      assert.deepEqual([livenessProbe, startupProbe, readinessProbe], [undefined, undefined, undefined]);
    }
  }
};

describe('a copy of a Pod for debugging', () => {
  for (const pattern of ['sidecar', 'cli']) {
    it(`of kubectl has no probe of ours, whatever its profile keeps, with ${pattern}`, () => {
      const pod = injected(pattern);
      const { annotations, labels } = pod.metadata as Required<V1ObjectMeta>;
      assertLeft(copied(pod, byKubectl, false));
      assertLeft(copied(pod, { ...byKubectl, annotations }, true));
      assertLeft(copied(pod, { ...byKubectl, annotations }, false));
      assertLeft(copied(pod, { ...byKubectl, annotations, labels }, true));
      const bare = copied(pod, byKubectl, false);
      const { initContainers: _, ...rest } = bare.spec;
      assertLeft({ ...bare, spec: rest });
    });

    it(`of another program is known by what it has kept, with ${pattern}`, () => {
      const pod = injected(pattern);
      const { annotations } = pod.metadata as Required<V1ObjectMeta>;
      assertLeft(copied(pod, {}, false));
      assertLeft(copied(pod, { annotations }, false));
      assertLeft(copied(pod, { annotations: { 'debug.openshift.io/source-container': 'redis' } }, false));
    });
  }

  it('loses what was injected, and its author hears why', () => {
    const pod = injected('sidecar');
    const { annotations = {} } = pod.metadata ?? {};
    const outcome = inject(copied(pod, { ...byKubectl, annotations }, true), testContext);
    assert.equal(outcome.result, 'removed');
    assert.equal(outcome.pod.spec.initContainers, undefined);
    assert.deepEqual(warningsOf(outcome), ['It is a copy of another Pod for debugging: no check may restart it.']);
  });

  it('is no Pod that another command creates, nor one that a controller does', () => {
    const words = { [`${prefix}pattern`]: 'sidecar', [`${prefix}check`]: 'redis://:6379' };
    const managers = ['kubectl-create', 'kubectl-run', 'kubectl-replace', 'kubectl-client-side-apply', 'helm'];
    const pods: V1ObjectMeta[] = [
      ...managers.map((manager) => ({ managedFields: [{ manager, operation: 'Update' }] })),
      { managedFields: [{ manager: 'kubectl', operation: 'Apply' }] },
      { managedFields: [{ manager: 'kubectl', operation: 'Update', subresource: 'ephemeralcontainers' }] },
      { ...byKubectl, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cache', uid: '1' }] },
    ];
    for (const metadata of pods) {
      const outcome = inject(
        { metadata: { name: 'app', annotations: words, ...metadata }, spec: { containers: [{ name: 'redis' }] } },
        testContext,
      );
      assert.equal(outcome.result, 'injected', JSON.stringify(metadata));
    }
  });
});
