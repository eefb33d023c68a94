import assert from 'node:assert/strict';
import { claimsOf } from '../../../src/controllers/hardware/pod.ts';
import { isOnlyOn } from '../../../src/controllers/hardware/volumes.ts';

const expression = (key: string, values: readonly string[], operator = 'In') => ({ key, operator, values });
const onHost = (...names: readonly string[]) => ({
  matchExpressions: [expression('kubernetes.io/hostname', names), expression('zone', ['z'])],
});
const affinity = (...nodeSelectorTerms: readonly object[]) => ({
  spec: { nodeAffinity: { required: { nodeSelectorTerms } } },
});

const volumes: readonly (readonly [what: string, volume: object, isOnly: boolean])[] = [
  ['a local disk', { spec: { local: { path: '/mnt/a' }, ...affinity(onHost('node-a')).spec } }, true],
  ['a path of the node, whose affinity nobody wrote', { spec: { hostPath: { path: '/data' } } }, true],
  [
    'a local path that several nodes share',
    { spec: { local: { path: '/lustre' }, ...affinity(onHost('node-a', 'node-b')).spec } },
    false,
  ],
  ['a driver of local disks', affinity(onHost('node-a')), true],
  ['a node whose host name is not its name', affinity(onHost('ip-10-0-0-1')), true],
  ['the field of the name', affinity({ matchFields: [expression('metadata.name', ['node-a'])] }), true],
  ['a key of a driver', affinity({ matchExpressions: [expression('topology.topolvm.io/node', ['node-a'])] }), true],
  ['the same node twice', affinity(onHost('node-a'), onHost('node-a')), true],
  ['an old label', { metadata: { labels: { 'kubernetes.io/hostname': 'node-a' } }, spec: {} }, true],
  ['two nodes in a term', affinity(onHost('node-a', 'node-b')), false],
  ['two terms', affinity(onHost('node-a'), onHost('node-b')), false],
  ['a term of a zone beside one of the node', affinity(onHost('node-a'), { matchExpressions: [] }), false],
  ['a zone', affinity({ matchExpressions: [expression('topology.kubernetes.io/zone', ['z-1'])] }), false],
  ['all but one node', affinity({ matchExpressions: [expression('kubernetes.io/hostname', ['b'], 'NotIn')] }), false],
  ['the network', { spec: { nfs: { server: 'nas', path: '/' } } }, false],
];

describe('a volume of a Pod', () => {
  for (const [what, volume, isOnly] of volumes) {
    it(`by ${what} can be used on ${isOnly ? 'its node alone' : 'other nodes'}`, () => {
      assert.equal(isOnlyOn(volume as any, 'node-a'), isOnly);
    });
  }

  it('binds the next Pod where its claim outlives the Pod', () => {
    const claim = { claimName: 'data-web-0' };
    const pod: any = {
      spec: {
        volumes: [
          { name: 'data', persistentVolumeClaim: claim },
          { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: {} } } },
          { name: 'tmp', emptyDir: {} },
        ],
      },
    };
    assert.deepEqual(claimsOf(pod), ['data-web-0']);
    assert.deepEqual(claimsOf({}), []);
  });
});
