import assert from 'node:assert/strict';
import { createClient } from '../../src/kube/client.ts';
import { controllerOf, createOwnerResolver, findOwner } from '../../src/kube/owners.ts';
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

  it('is that of the whole reference: the uid of another owner leads no Event of that one elsewhere', async () => {
    const other = { ...deployment, name: 'evil', uid: 'uid-evil' };
    const evil = { metadata: { name: 'evil', ownerReferences: [{ ...other, controller: true }] } };
    const { resolve } = resolver([200, evil], [200, ofDeployment]);
    assert.deepEqual(await resolve({ ...replicaSet, name: 'evil' }), other);
    assert.deepEqual(await resolve(), deployment);
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

describe('an owner that a Pod names', () => {
  const find = async (
    owner: object,
    status = 200,
    body: object = {},
  ): Promise<readonly [string, readonly string[]]> => {
    const calls: string[] = [];
    const client = createClient(async ({ path, accept }) => {
      calls.push(path);
      assert.match(accept, /PartialObjectMetadata/);
      return answer(status, body);
    });
    return [await findOwner(client, { ...replicaSet, ...owner }, 'shop', { signal }), calls];
  };
  const there = { metadata: { name: 'web-1', uid: replicaSet.uid } };

  it('exists where the apiserver has it under its uid', async () => {
    for (const [owner, path] of [
      [{}, '/apis/apps/v1/namespaces/shop/replicasets/web-1'],
      [{ kind: 'StatefulSet' }, '/apis/apps/v1/namespaces/shop/statefulsets/web-1'],
      [{ apiVersion: 'batch/v1', kind: 'Job' }, '/apis/batch/v1/namespaces/shop/jobs/web-1'],
      [{ apiVersion: 'v1', kind: 'ReplicationController' }, '/api/v1/namespaces/shop/replicationcontrollers/web-1'],
    ] as const)
      assert.deepEqual(await find(owner, 200, there), ['present', [path]]);
  });

  it('does not where it is gone, is going, or is another of its name', async () => {
    assert.equal((await find({}, 404, { message: 'not found' }))[0], 'absent');
    assert.equal((await find({}, 200, { metadata: { uid: 'another' } }))[0], 'absent');
    const going = { metadata: { uid: replicaSet.uid, deletionTimestamp: '2030-01-01T00:00:00Z' } };
    assert.equal((await find({}, 200, going))[0], 'absent');
  });

  it('does not where no Pod comes from its kind, which is not asked for', async () => {
    for (const owner of [
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { apiVersion: 'v1', kind: 'Pod' },
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      { apiVersion: 'batch/v1', kind: 'ReplicaSet' },
    ])
      assert.deepEqual(await find(owner, 200, there), ['absent', []]);
  });

  it('is not asked for where it is a custom resource, also one of the same kind, and unknown where that is forbidden', async () => {
    for (const apiVersion of ['argoproj.io/v1alpha1', 'apps.kruise.io/v1beta1'])
      assert.deepEqual(await find({ apiVersion, kind: 'StatefulSet' }, 200, there), ['unreadable', []]);
    assert.equal((await find({}, 403, { message: 'forbidden' }))[0], 'unreadable');
    await assert.rejects(find({}, 503, { message: 'not now' }), /not now/);
  });

  it('is none where it could not exist', () => {
    const reference = { ...replicaSet, controller: true };
    assert.deepEqual(controllerOf({ ownerReferences: [reference] }), replicaSet);
    for (const wrong of [
      { name: 'Web' },
      { name: 'a/../b' },
      { name: 'web\nkernel: x' },
      { name: '' },
      { kind: 'Replica Set' },
      { kind: 'ReplicaSet/x' },
      { uid: 'a b' },
      { uid: '' },
      { apiVersion: 'apps/v1/../..' },
    ])
      assert.equal(controllerOf({ ownerReferences: [{ ...reference, ...wrong }] }), undefined, JSON.stringify(wrong));
  });
});
