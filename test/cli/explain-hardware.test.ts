import assert from 'node:assert/strict';
import { inject } from '../../src/inject/inject.ts';
import { testContext } from '../support/webhook.ts';
import { startCluster } from './support/cluster.ts';
import { runHere } from './support/health-injector.ts';

const outcome = inject(
  {
    metadata: {
      name: 'train-0',
      namespace: 'shop',
      uid: 'train-0',
      annotations: { 'health.example.com/pattern': 'hardware', 'health.example.com/check': 'temperature:?max=90C' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'train', uid: 'train', controller: true }],
    },
    spec: { containers: [{ name: 'app', image: 'app:1' }] },
  },
  testContext,
);
assert(outcome.kind === 'injected');
const message = 'Xid 79"\u001b[2J';
const status = {
  containerStatuses: [
    {
      name: 'app',
      ready: true,
      restartCount: 0,
      allocatedResourcesStatus: [
        { name: 'nvidia.com/gpu', resources: [{ resourceID: 'GPU-1', health: 'Unhealthy', message }] },
      ],
    },
  ],
};
const pod = { apiVersion: 'v1', kind: 'Pod', ...outcome.pod, status };
const entry = (name: string, rest: object) => ({
  owner: { namespace: 'shop', kind: 'StatefulSet', name },
  check: 'temperature',
  message: 'Pod shop/train-1: its sidecar says "coretemp Package id 0 95 C >= 90 C"',
  since: '2026-01-01T00:00:00Z',
  until: '2026-01-02T00:00:00Z',
  affinity: 'Required',
  moves: [{ podUid: 'u', podName: 'train-1', at: '2026-01-01T00:00:00Z' }],
  ...rest,
});
const quarantine = {
  metadata: { name: 'node-a' },
  spec: {
    nodeName: 'node-a',
    owners: [entry('train', { device: { reportedBy: 'Agent', id: 'coretemp Package id 0' } }), entry('other', {})],
  },
};
const quarantines = '/apis/health.example.com/v1alpha1/nodequarantines?limit=1000';
const answers = {
  '/api/v1/namespaces/shop/pods/train-0': pod,
  '/api/v1/namespaces/shop/pods/train-0:9441/proxy/readyz?verbose':
    '[+] temperature: pass, coretemp Package id 0 40 C < 90 C, 1 ms, 1s ago\nok\n',
};
const explained = async (all: Readonly<Record<string, object | string>>, ...flags: string[]) => {
  const { kubeconfig, stop } = await startCluster(all);
  try {
    return (await runHere(['explain', ...flags, '--kubeconfig', kubeconfig, 'pod/train-0'])).out;
  } finally {
    await stop();
  }
};

describe('what explain says of the hardware under a Pod', () => {
  it('is what its check reads, which device the kubelet calls sick, and which nodes its owner is kept off', async () => {
    const output = await explained({ ...answers, [quarantines]: { items: [quarantine] } });
    assert.match(output, /^ {4}reads +temperature: pass, coretemp Package id 0 40 C < 90 C$/m);
    assert.match(output, /^ {4}device +of app, the kubelet says "nvidia\.com\/gpu GPU-1 is Unhealthy: Xid 79' \[2J"$/m);
    assert.match(
      output,
      /^ {4}kept off +node node-a since .+, until 2026-01-02T00:00:00Z: 1 moved, temperature: Pod shop\/train-1: /m,
    );
    assert.match(output, /^ {6}device +"coretemp Package id 0", by the word of the agent$/m);
    assert.equal(output.match(/kept off/g)?.length, 1);
  });

  it('is the same for programs', async () => {
    const output = await explained({ ...answers, [quarantines]: { items: [quarantine] } }, '-o', 'json');
    const { readings, sickDevices, quarantines: own } = JSON.parse(output)[0].pod.hardware;
    assert.deepEqual(readings, ['temperature: pass, coretemp Package id 0 40 C < 90 C']);
    assert.deepEqual([sickDevices[0].resource, sickDevices[0].id], ['nvidia.com/gpu', 'GPU-1']);
    assert.deepEqual(
      [own.length, own[0].node, own[0].device, own[0].until, own[0].moves],
      [1, 'node-a', { reportedBy: 'Agent', id: 'coretemp Package id 0' }, '2026-01-02T00:00:00Z', 1],
    );
  });

  it('is that the quarantines are not known to who may not list them, and no word of them where there is no such kind', async () => {
    const hidden = await explained({ ...answers, [quarantines]: 'forbidden' });
    assert.match(
      hidden,
      /not known +which nodes its owner is kept off is not known: you lack the right to list nodequarantines\./,
    );
    assert.doesNotMatch(await explained(answers), /kept off/);
  });
});
