import { eventually, get, kubectl } from '../kubectl.ts';
import { isReady } from '../pods.ts';
import { pidOf } from '../pid-of.ts';
import { type RealBreaks, applyObject, changed, deleted, ownPods, scale, system } from './break.ts';

const webhook = ['deployment', system, '-n', system];
const controller = ['deployment', 'health-injector-controller', '-n', system];
const lease = ['lease', 'health-injector-controller', '-n', system];

const quarantine = (node: string, until: string): object => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'NodeQuarantine',
  metadata: { name: node },
  spec: {
    nodeName: node,
    owners: [
      {
        owner: { namespace: 'shop', kind: 'Deployment', name: 'redis' },
        check: 'temperature:',
        message: '91 C is above 90 C',
        since: '2026-01-01T00:00:00Z',
        until,
      },
    ],
  },
});

const variable = (deployment: any, name: string): any =>
  deployment.spec.template.spec.containers[0].env.find((each: any) => each.name === name);

const allReady = (component: string, nodes: number): Promise<unknown> =>
  eventually(`${component} on ${nodes} nodes`, 120, async () => {
    const pods = await ownPods(component);
    return pods.length === 2 && pods.every(isReady) && new Set(pods.map(({ spec }) => spec.nodeName)).size === nodes;
  });

/** How webhook and controller run. A Deployment that is paused takes a change of its template and makes no Pods of it. */
export function programBreaks(): RealBreaks {
  let crashed = '';
  // The last right of the webhook is to report which quarantines it has seen.
  const reporting = changed({}, ['clusterrole', system], ({ rules }) => rules.pop());
  return {
    'a Deployment is deleted': deleted({ 'programs-installed': 'failed' }, controller),
    'the webhook gets an image that is nowhere': {
      finds: {
        rollouts: 'failed',
        'own-images': 'failed',
        'one-image': 'warning',
        'version-skew': 'warning',
        'agent-version': 'warning',
      },
      async make() {
        const image = `ghcr.io/health-injector/${system}:9.9.9`;
        const spec = { progressDeadlineSeconds: 2, template: { spec: { containers: [{ name: 'webhook', image }] } } };
        await kubectl(['patch', ...webhook, '--patch', JSON.stringify({ spec })]);
      },
      async mend() {
        await kubectl(['rollout', 'undo', '-n', system, `deployment/${system}`]);
        await kubectl(['patch', ...webhook, '--patch', JSON.stringify({ spec: { progressDeadlineSeconds: 600 } })]);
      },
    },
    'webhook and controller have different settings': changed({ 'same-settings': 'warning' }, controller, (object) => {
      object.spec.paused = true;
      variable(object, 'HEALTH_INJECTOR_EXCLUDED_NAMESPACES').value = 'kube-system';
    }),
    'the account of the controller is not there': changed({ 'service-accounts': 'failed' }, controller, (object) => {
      object.spec.paused = true;
      object.spec.template.spec.serviceAccountName = object.spec.template.spec.serviceAccount = 'nobody';
    }),
    'a container is killed': {
      finds: { 'own-restarts': 'warning' },
      async make() {
        const { spec } = await get(lease);
        const pod = (await ownPods('controller')).find(
          ({ metadata }) => !spec.holderIdentity.startsWith(metadata.name),
        );
        crashed = pod.metadata.name;
        process.kill(pidOf(pod.metadata.uid, 'controller.js'), 'SIGKILL');
      },
      async mend() {
        await kubectl(['delete', 'pod', crashed, '-n', system, '--now']);
        await kubectl(['rollout', 'status', '-n', system, 'deployment/health-injector-controller', '--timeout=60s']);
      },
    },
    'both replicas of the webhook are on one node': {
      finds: { 'webhook-spread': 'warning' },
      async make() {
        await kubectl(['cordon', 'node-b']);
        for (const pod of await ownPods('webhook')) {
          if (pod.spec.nodeName === 'node-b')
            await kubectl(['delete', 'pod', pod.metadata.name, '-n', system, '--wait=false']);
        }
        await allReady('webhook', 1);
      },
      async mend() {
        await kubectl(['uncordon', 'node-b']);
        const [pod] = await ownPods('webhook');
        await kubectl(['delete', 'pod', pod.metadata.name, '-n', system, '--wait=false']);
        await allReady('webhook', 2);
      },
    },
    'the controller is away, the webhook may not report, and quarantines, a taint and a policy are left': {
      finds: {
        'account-rights': 'failed',
        'quarantines-observed': 'warning',
        'controller-replicas': 'failed',
        'leader-elected': 'failed',
        'policies-observed': 'warning',
        'quarantines-hold': 'warning',
        'quarantines-over': 'warning',
        'quarantines-node': 'warning',
        'quarantines-taint': 'warning',
      },
      async make() {
        await scale('health-injector-controller', 0);
        await reporting.make();
        await kubectl(['taint', 'node', 'node-b', 'health.example.com/hardware=yes:PreferNoSchedule']);
        await applyObject(quarantine('node-a', '2026-01-02T00:00:00Z'));
        await applyObject(quarantine('node-gone', '2036-01-01T00:00:00Z'));
        const kind = { apiVersion: 'health.example.com/v1alpha1', kind: 'HealthPolicy', metadata: { name: 'unseen' } };
        await applyObject({ ...kind, spec: { mode: 'Audit' } });
      },
      async mend() {
        await reporting.mend?.();
        await kubectl(['taint', 'node', 'node-b', 'health.example.com/hardware-']);
        await kubectl(['delete', 'nodequarantine', 'node-a', 'node-gone']);
        await kubectl(['delete', 'healthpolicy', 'unseen']);
      },
    },
    // Still away: the Lease stays as it is written.
    'the Lease is held by a Pod that is gone': {
      finds: { 'leader-renews': 'failed', 'leader-runs': 'warning' },
      make: () =>
        kubectl([
          'patch',
          ...lease,
          '--type=merge',
          '--patch',
          JSON.stringify({ spec: { holderIdentity: 'gone_1', renewTime: '2026-01-01T00:00:00.000000Z' } }),
        ]),
      async mend() {
        await kubectl(['delete', ...lease]);
        await scale('health-injector-controller', 2);
      },
    },
  };
}
