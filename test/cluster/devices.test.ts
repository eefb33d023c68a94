import assert from 'node:assert/strict';
import { asking, only, quarantines, sleeping, told, useMoving } from './support/hardware.ts';
import { deployment } from './support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, podsOf } from './support/pods.ts';
import { useSensors } from './support/sensors.ts';

const namespace = 'test-devices';
const root = new URL('../../', import.meta.url).pathname;
const rights = `${root}deploy/components/hardware-devices/rbac.yaml`;
const controller = ['-n', 'health-injector', 'deployment/health-injector-controller'];
const driver = 'gpu.example.com';
const resource = 'resource.k8s.io/v1';

/** Eight devices of node-a, and a class of them. No driver prepares them: a Pod is scheduled, and does not start. */
const cluster: readonly object[] = [
  {
    apiVersion: resource,
    kind: 'DeviceClass',
    metadata: { name: driver },
    spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] },
  },
  {
    apiVersion: resource,
    kind: 'ResourceSlice',
    metadata: { name: 'test-devices-node-a' },
    spec: {
      driver,
      nodeName: 'node-a',
      pool: { name: 'node-a', generation: 1, resourceSliceCount: 1 },
      devices: Array.from({ length: 8 }, (_, index) => ({ name: `gpu-${index}` })),
    },
  },
];

const claimTemplate = {
  apiVersion: resource,
  kind: 'ResourceClaimTemplate',
  metadata: { name: 'one' },
  spec: { spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: driver } }] } } },
};

/** A Deployment each Pod of which has a device of its own. */
function train(): object {
  const object: any = deployment('train', {
    annotations: asking,
    container: { ...sleeping(100_000), resources: { claims: [{ name: 'gpu' }] } },
  });
  const { template } = object.spec;
  const resourceClaims = [{ name: 'gpu', resourceClaimTemplateName: 'one' }];
  return {
    ...object,
    spec: { ...object.spec, replicas: 2, template: { ...template, spec: { ...template.spec, resourceClaims } } },
  };
}

/** The devices that Pods hold, by the name of the Pod. */
async function devices(): Promise<Map<string, string>> {
  const { items } = await get(['resourceclaims', '-n', namespace]);
  return new Map(
    items.flatMap(({ metadata, status }: any) => {
      const name = status?.reservedFor?.[0]?.name;
      const [result] = status?.allocation?.devices.results ?? [];
      return name && result && !metadata.deletionTimestamp ? [[name, result.device]] : [];
    }),
  );
}

/** Says of a Pod's device what its kubelet would say by the word of the driver. */
const callSick = (pod: string, device: string): Promise<string> => {
  const resources = [{ resourceID: `${driver}/node-a/${device}`, health: 'Unhealthy', message: 'fallen off the bus' }];
  const state = { waiting: { reason: 'ContainerCreating' } };
  const status = {
    containerStatuses: [
      {
        name: 'train',
        ready: false,
        restartCount: 0,
        image: 'none',
        imageID: '',
        state,
        allocatedResourcesStatus: [{ name: 'claim:gpu', resources }],
      },
    ],
  };
  return kubectl([
    'patch',
    'pod',
    '-n',
    namespace,
    pod,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  ]);
};

const clear = () =>
  kubectl(['delete', '--ignore-not-found', 'resourceslice/test-devices-node-a', `deviceclass/${driver}`]);

describe('a device of DRA that fails', () => {
  useSensors();
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useMoving();
  let isServed = false;
  before(async () => {
    const kinds = await kubectl(['api-resources', '--api-group=resource.k8s.io', '-o', 'name']);
    isServed = kinds.includes('devicetaintrules');
    if (!isServed) return;
    await kubectl(['apply', '-f', rights]);
    await kubectl(['set', 'env', ...controller, 'HEALTH_INJECTOR_HARDWARE_DEVICES=taint']);
    await kubectl(['rollout', 'status', ...controller, '--timeout=120s']);
  });
  after(async () => {
    if (!isServed) return;
    await clear();
    await kubectl(['set', 'env', ...controller, 'HEALTH_INJECTOR_HARDWARE_DEVICES-']);
    await kubectl(['delete', '-f', rights]);
  });

  it('is tainted where the cluster has DeviceTaintRules: its Pod comes back to the same node with another, and a release frees it', async function () {
    if (!isServed) this.skip();
    await apply(namespace, ...cluster, claimTemplate);
    await only('node-a', async () => {
      await apply(namespace, train());
      await eventually('two devices are given', 60, async () => (await devices()).size === 2);
    });
    const [[pod = '', device = ''] = []] = await devices();
    // The kubelet, which knows of no such device, writes its own status over this one.
    await eventually('the taint', 30, async () => {
      const rules = (await get(['devicetaintrules'])).items;
      if (rules.length === 0) await callSick(pod, device).catch(() => '');
      return rules.length > 0 && rules;
    });
    const [rule, ...others] = (await get(['devicetaintrules'])).items;
    assert.deepEqual(others, []);
    assert.deepEqual(rule.spec.deviceSelector, { driver, pool: 'node-a', device });
    await told(
      'the move',
      () => eventsOf(namespace, 'train'),
      new RegExp(`^MovedOffNode: .* Device ${device} of pool node-a`),
    );
    const after = await eventually('another device', 60, async () => {
      const held = await devices();
      return held.size === 2 && !held.has(pod) && held;
    });
    assert(![...after.values()].includes(device));
    const places = (await podsOf(namespace, 'train')).map(({ spec }) => spec.nodeName);
    assert.deepEqual(new Set(places), new Set(['node-a']));
    const [{ spec }] = await quarantines();
    assert.deepEqual([spec.owners[0].affinity, spec.owners[0].device.tainted.device], ['None', device]);
    await kubectl(['delete', 'nodequarantine', 'node-a']);
    await eventually('the device is free', 30, async () => (await get(['devicetaintrules'])).items.length === 0);
  });
});
