import assert from 'node:assert/strict';
import { type TransportRequest, createClient } from '../../../src/kube/client.ts';
import { releaseDevices, taintDevice, taintableDevice } from '../../../src/controllers/hardware/device-taints.ts';
import type { QuarantinedOwner } from '../../../src/quarantine/quarantine.ts';
import { answer } from '../../kube/support/answer.ts';
import { pod, quarantine } from './support/snapshot.ts';

const { signal } = new AbortController();
const prefix = 'health.example.com/';
const device = { driver: 'gpu.example.com', pool: 'node-0', device: 'gpu-1' };
const sick = { resource: 'claim:gpu', id: 'gpu.example.com/node-0/gpu-1', claim: 'train-gpu' };
const failing = { container: 'app', sinceMs: 0, input: 'device', message: '', device: sick } as const;
const train = pod('a', 'node-0', { failing });
const claim = {
  status: { allocation: { devices: { results: [{ request: 'gpu', ...device }] } }, reservedFor: [{ uid: 'a' }] },
};
const claimPath = '/apis/resource.k8s.io/v1/namespaces/shop/resourceclaims/train-gpu';
const kinds = (...names: readonly string[]): object => ({ resources: names.map((name) => ({ name })) });
const owner = { namespace: 'shop', kind: 'Deployment', name: 'train' };
const stored = quarantine('node-0', { owners: ['train'] });
stored.metadata.uid = 'uid-0';

/** An apiserver that serves these paths, and takes every write. */
function serve(served: Readonly<Record<string, object>>) {
  const writes: TransportRequest[] = [];
  const client = createClient(async (request) => {
    const path = request.path.split('?', 1)[0] ?? '';
    if (request.method !== 'GET') writes.push(request);
    if (request.method !== 'GET') return answer(201, {});
    return path in served ? answer(200, served[path] as object) : answer(404, { reason: 'NotFound' });
  });
  return { client, writes };
}

describe('the taint of a device', () => {
  it('is for the device of the claim, in 1.37 and in 1.36 with the beta API', async () => {
    const served = { [claimPath]: claim };
    for (const version of ['v1', 'v1beta2']) {
      const { client } = serve({ ...served, [`/apis/resource.k8s.io/${version}`]: kinds('devicetaintrules') });
      assert.deepEqual(await taintableDevice(client, train, signal), { device });
    }
    const { client } = serve({ ...served, '/apis/resource.k8s.io/v1': kinds('resourceclaims') });
    assert.deepEqual(await taintableDevice(client, train, signal), { why: 'the apiserver has no DeviceTaintRules' });
  });

  it('selects this one device, keeps new Pods off it, and goes with the quarantine', async () => {
    const { client, writes } = serve({ '/apis/resource.k8s.io/v1': kinds('devicetaintrules') });
    await taintDevice({ client, prefix }, device, owner, stored, signal);
    const [{ path = '', body } = {}] = writes as readonly { path?: string; body?: any }[];
    assert.equal(path, '/apis/resource.k8s.io/v1/devicetaintrules');
    assert.deepEqual(body.spec, {
      deviceSelector: device,
      taint: { key: 'health.example.com/hardware', value: 'failed', effect: 'NoSchedule' },
    });
    assert.deepEqual(
      body.metadata.ownerReferences.map(({ kind, uid }: any) => [kind, uid]),
      [['NodeQuarantine', 'uid-0']],
    );
  });

  it('is taken back from the owners that a quarantine lets go, and from no other', async () => {
    const rule = (name: string, of: string, uid = 'uid-0') => ({
      metadata: { name, annotations: { [`${prefix}owner`]: `shop/Deployment/${of}` }, ownerReferences: [{ uid }] },
    });
    const items = [rule('mine', 'train'), rule('of-another', 'web'), rule('elsewhere', 'train', 'uid-9')];
    const rules = '/apis/resource.k8s.io/v1/devicetaintrules';
    const { client, writes } = serve({
      '/apis/resource.k8s.io/v1': kinds('devicetaintrules'),
      [rules]: { metadata: {}, items },
    });
    const [entry] = stored.spec.owners as [QuarantinedOwner];
    const gone = { ...entry, device: { reportedBy: 'Kubelet', id: 'x', tainted: device } } as const;
    await releaseDevices({ client, prefix }, stored, [gone], signal);
    assert.deepEqual(
      writes.map(({ method, path }) => [method, path]),
      [['DELETE', `${rules}/mine`]],
    );
  });
});
