import assert from 'node:assert/strict';
import { claimNameOf, claimedDeviceOf } from '../../../src/controllers/hardware/claimed-device.ts';
import { withMoves } from '../../../src/controllers/hardware/quarantines.ts';
import { exclusionsIn } from '../../../src/quarantine/node-exclusion.ts';
import { nowMs, pod } from './support/snapshot.ts';

const gpu = (device: string, request = 'gpu') => ({ request, driver: 'gpu.example.com', pool: 'node-a', device });
const claim = (results: readonly object[], uids: readonly string[] = ['pod']): any => ({
  status: { allocation: { devices: { results } }, reservedFor: uids.map((uid) => ({ uid })) },
});
const device = (name: string) => ({ device: { driver: 'gpu.example.com', pool: 'node-a', device: name } });
const sick = { resource: 'claim:gpus', id: 'gpu.example.com/node-a/gpu-1' };
const byCdi = { resource: 'claim:gpus', id: 'example.com/gpu=claim-gpu-1' };

const why = (...args: Parameters<typeof claimedDeviceOf>) => (claimedDeviceOf(...args) as { why?: string }).why;
const at = { ttlMs: 60_000, now: new Date(nowMs) };
const move = (uid: string, tainted: boolean) => ({
  pod: pod(uid, 'node-0', { ownerText: 'web' }),
  reading: {
    check: 'device',
    message: 'x',
    device: { reportedBy: 'Kubelet', id: 'y', ...(tainted && { tainted: device('gpu-1').device }) } as const,
  },
});

describe('the device of DRA that fails', () => {
  it('is that of the claim behind its name in the Pod, made from a template or by a person', () => {
    const spec = {
      resourceClaims: [
        { name: 'gpus', resourceClaimTemplateName: 't' },
        { name: 'own', resourceClaimName: 'mine' },
      ],
    };
    const status = { resourceClaimStatuses: [{ name: 'gpus', resourceClaimName: 'train-0-gpus-x7k' }] };
    const made: any = { spec, status };
    assert.equal(claimNameOf(made, 'claim:gpus'), 'train-0-gpus-x7k');
    assert.equal(claimNameOf(made, 'claim:gpus/gpu'), 'train-0-gpus-x7k');
    assert.equal(claimNameOf(made, 'claim:own'), 'mine');
    for (const other of ['nvidia.com/gpu', 'claim:', 'claim:none', ''])
      assert.equal(claimNameOf(made, other), undefined);
    const hostile: any = {
      status: { resourceClaimStatuses: [{ name: 'gpus', resourceClaimName: '../../secrets/x' }] },
    };
    assert.equal(claimNameOf(hostile, 'claim:gpus'), undefined);
  });

  it('is the one that its id names, or the only one of its request', () => {
    assert.deepEqual(claimedDeviceOf(claim([gpu('gpu-0'), gpu('gpu-1')]), sick, 'pod'), device('gpu-1'));
    assert.deepEqual(claimedDeviceOf(claim([gpu('gpu-5')]), byCdi, 'pod'), device('gpu-5'));
    const two = claim([gpu('gpu-2', 'one/small'), gpu('gpu-3', 'two')]);
    assert.deepEqual(claimedDeviceOf(two, { ...byCdi, resource: 'claim:gpus/one' }, 'pod'), device('gpu-2'));
  });

  it('is none where several may be meant, where others hold the claim, and where it has none', () => {
    assert.match(why(claim([gpu('gpu-0'), gpu('gpu-1')]), byCdi, 'pod') ?? '', /which of 2 devices/);
    assert.match(why(claim([gpu('gpu-1')], ['pod', 'other']), sick, 'pod') ?? '', /other Pods hold/);
    assert.match(why({}, sick, 'pod') ?? '', /has no device/);
  });

  it('keeps no Pod off its node, unless the node has failed as a whole before or does after', () => {
    const created = { nodeName: 'node-0', bootId: 'boot', scope: 'Owner' } as const;
    const excluded = (...moves: readonly boolean[]): number => {
      const spec = moves.reduce<ReturnType<typeof withMoves> | undefined>(
        (before, tainted, index) => withMoves(before, created, [move(`pod-${index}`, tainted)], at),
        undefined,
      );
      return exclusionsIn({ spec } as any).length;
    };
    assert.equal(excluded(true), 0);
    assert.equal(excluded(true, true), 0);
    assert.equal(excluded(false), 1);
    assert.equal(excluded(false, true), 1);
    assert.equal(excluded(true, false), 1);
  });
});
