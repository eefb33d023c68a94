import assert from 'node:assert/strict';
import { createClient } from '../../src/kube/client.ts';
import { createOwnerResolver } from '../../src/kube/owners.ts';
import { answer } from './support/answer.ts';

const { signal } = new AbortController();
const replicaSet = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'uid-web-1' };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' };
const ofDeployment = {
  metadata: { name: 'web-1', uid: replicaSet.uid, ownerReferences: [{ ...deployment, controller: true }] },
};

/** A resolver, and an apiserver that answers with the next of these, and counts the calls. */
function resolver(...answers: readonly [status: number, body: object][]) {
  const rest = [...answers];
  const calls: string[] = [];
  const client = createClient(async ({ path, accept }) => {
    calls.push(path);
    assert.match(accept, /PartialObjectMetadata/);
    return answer(...(rest.shift() ?? assert.fail('one call too many')));
  });
  const { resolveRoot } = createOwnerResolver(client);
  return { calls, resolve: (owner = replicaSet) => resolveRoot(owner, 'shop', signal) };
}

describe('the root owner', () => {
  it('is the Deployment of a ReplicaSet, which is asked for once', async () => {
    const { calls, resolve } = resolver([200, ofDeployment]);
    assert.deepEqual([await resolve(), await resolve()], [deployment, deployment]);
    assert.deepEqual(calls, ['/apis/apps/v1/namespaces/shop/replicasets/web-1']);
  });

  it('is the owner itself where it has none, or is gone, which is remembered too', async () => {
    for (const found of [
      [200, { metadata: { name: 'web-1' } }],
      [404, { message: 'not found' }],
    ] as const) {
      const { calls, resolve } = resolver([...found]);
      assert.deepEqual([await resolve(), await resolve()], [replicaSet, replicaSet]);
      assert.equal(calls.length, 1);
    }
  });

  it('is not asked for where a kind has no owner of its own', async () => {
    const { calls, resolve } = resolver();
    const daemonSet = { ...replicaSet, kind: 'DaemonSet' };
    assert.deepEqual(await resolve(daemonSet), daemonSet);
    assert.deepEqual(calls, []);
  });

  it('is asked for again after a failure, which says nothing about it', async () => {
    for (const status of [403, 429, 500]) {
      const { calls, resolve } = resolver([status, { message: 'not now' }], [200, ofDeployment]);
      await assert.rejects(resolve(), /not now/);
      assert.deepEqual(await resolve(), deployment);
      assert.equal(calls.length, 2);
    }
  });
});
