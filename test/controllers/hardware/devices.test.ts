import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deviceOfAgent, deviceOfKubelet, mostDeviceNameBytes } from '../../../src/controllers/hardware/devices.ts';
import { jsonBytes } from '../../../src/controllers/hardware/json-bytes.ts';
import { toHardwareNode } from '../../../src/controllers/hardware/nodes.ts';
import { withMoves } from '../../../src/controllers/hardware/quarantines.ts';
import { readAgentAnswer } from '../../../src/controllers/hardware/reading.ts';
import { sickDevicesOf } from '../../../src/quarantine/sick-devices.ts';
import { nowMs, pod } from './support/snapshot.ts';

/** Readings of each check as the agent writes them. */
const readings: readonly (readonly [scheme: string, reading: string, device: string | undefined])[] = [
  ['temperature', 'coretemp Package id 0 95 C >= 90 C', 'coretemp Package id 0'],
  ['temperature', 'nvme0 Composite 84.85 C >= 84 C critical for 5m12s', 'nvme0 Composite'],
  ['temperature', 'k10temp-0000:00:18.3 Tctl crit_alarm 1 != 0', 'k10temp-0000:00:18.3 Tctl'],
  ['memory-errors', 'mc0 uncorrectable errors 1 > 0', 'mc0'],
  ['nvme', 'nvme1 state dead != live', 'nvme1'],
  ['disk', '/var/lib/my store free 1.2 % < 5 %', '/var/lib/my store'],
  ['disk', '/data file system ro != rw', '/data'],
  ['nic', 'eth0 state down != up', 'eth0'],
  ['infiniband', 'mlx5_0/1 state DOWN != ACTIVE; 1 more bad', 'mlx5_0/1'],
  ['pcie', '0000:3b:00.0 width x8 < x16', '0000:3b:00.0'],
  ['gpu', 'gpu3 uncorrected errors 2 > 0', 'gpu3'],
  ['device', '/dev/infiniband/uverbs0 node missing != open', '/dev/infiniband/uverbs0'],
  ['pressure', 'memory some avg60 61.50 % > 60 %', undefined],
  ['clock', 'clock not synchronised != synchronised', undefined],
  ['temperature', 'coretemp is 95 C, more than 90 C', undefined],
  ['gpu', 'blocked: three reads of nvidia-smi in a row', undefined],
];

/** Names of what JSON spells out, what turns a line, and what takes several bytes. */
const names = fc
  .array(fc.constantFrom('a', '1', ' ', '"', '\\', '<', '\n', '\u0000', '\u2028', '\u202E', 'é', '😀'), {
    maxLength: 400,
  })
  .map((characters) => characters.join(''));
const at = (ms: number) => ({ ttlMs: 60_000, now: new Date(nowMs + ms) });

describe('which device failed', () => {
  it('is read off what an agent says, for each check that looks at devices', () => {
    for (const [scheme, reading, device] of readings) {
      assert.equal(deviceOfAgent(scheme, reading)?.id, device, reading);
    }
    const body =
      '[+] clock: pass, well, 1 ms, 1s ago\n[-] temperature: fail, coretemp Package id 0 95 C >= 90 C, 1 ms, 1s ago\n';
    assert.deepEqual(readAgentAnswer(body)?.device, { reportedBy: 'Agent', id: 'coretemp Package id 0' });
  });

  it('is the first that the kubelet calls unhealthy, by its resource and id', () => {
    const resources = [
      { resourceID: 'GPU-0', health: 'Healthy' },
      { resourceID: 'GPU-1', health: 'Unhealthy', message: 'Xid 79' },
    ];
    const [sick] = sickDevicesOf([
      { name: 'app', allocatedResourcesStatus: [{ name: 'nvidia.com/gpu', resources }] } as any,
    ]);
    assert.deepEqual(sick && deviceOfKubelet(sick), { reportedBy: 'Kubelet', resource: 'nvidia.com/gpu', id: 'GPU-1' });
    assert.deepEqual(sickDevicesOf([{ name: 'app' } as any]), []);
  });

  it('stands in the quarantine of its node, and stays there while nothing answers', () => {
    const created = { nodeName: 'node-0', bootId: 'boot', scope: 'Owner' } as const;
    const device = { reportedBy: 'Agent', id: 'mc0' } as const;
    const reading = { check: 'memory-errors', message: 'x', device };
    const moved = pod('a', 'node-0');
    const first = withMoves(undefined, created, [{ pod: moved, reading }], at(0));
    assert.deepEqual(first.owners[0]?.device, device);
    const { check, message } = reading;
    const stale = withMoves(first, created, [{ pod: moved, reading: { check, message }, isStale: true }], at(61_000));
    assert.deepEqual(stale.owners[0]?.device, device);
    assert.equal(
      withMoves(undefined, created, [{ pod: moved, reading: { check, message } }], at(0)).owners[0]?.device,
      undefined,
    );
  });

  it('takes no more room than is kept for it, and stays on one line, whatever its names are', () => {
    fc.assert(
      fc.property(names, fc.constantFrom(...readings.map(([scheme]) => scheme)), (text, scheme) => {
        const devices = [
          deviceOfKubelet({ resource: text, id: text }),
          deviceOfAgent(scheme, `${text} free 95 C >= 90 C`),
        ];
        for (const { resource = '', id } of devices.flatMap((each) => each ?? [])) {
          for (const name of [resource, id]) {
            // Beside the two quotation marks there may be an ellipsis.
            assert(jsonBytes(name) <= mostDeviceNameBytes + 2 + 3, name);
            assert.doesNotMatch(name, /[\p{Cc}\u2028\u202E]/u);
          }
        }
      }),
    );
  });

  it('may be of another Pod before 1.37, where a node has two device plugins', () => {
    const capacity = {
      cpu: '4',
      'hugepages-2Mi': '0',
      'nvidia.com/gpu': '8',
      'rdma/hca': '2',
      'x.kubernetes.io/y': '1',
    };
    const status = { capacity, nodeInfo: { bootID: 'b', kubeletVersion: 'v1.36.3' } };
    const { kubelet, deviceResources } = toHardwareNode(
      { metadata: { name: 'n' }, status } as any,
      'health.example.com/',
    );
    assert.deepEqual(
      { kubelet, deviceResources },
      { kubelet: 'v1.36.3', deviceResources: ['nvidia.com/gpu', 'rdma/hca'] },
    );
  });
});
