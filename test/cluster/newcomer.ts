import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { must } from '../support/process.ts';
import { chartDirectory } from '../deploy/support/render.ts';
import { goTool } from '../deploy/support/go-tool.ts';
import { deployment } from './support/deployment.ts';
import { loadImages } from './support/images.ts';
import { added, inventory } from './support/inventory.ts';
import { apply, eventually, get, kubectl } from './support/kubectl.ts';
import { exec, isReady, podsOf, readyPod, restarted } from './support/pods.ts';
import { applyPolicy } from './support/policy.ts';

/**
 * A newcomer's path on a cluster of `$KUBECONFIG` that has no health-injector: installs the chart, annotates, sees it work,
 * breaks the application, sees it heal, upgrades, uninstalls, and finds nothing left. Ends with 1 at the first surprise.
 */
const system = 'health-injector';
const namespace = 'newcomer';
const crds = ['healthpolicies.health.example.com', 'nodequarantines.health.example.com'];
const step = (sentence: string): void => void process.stdout.write(`${sentence}\n`);

const helmPath = await goTool('helm');
assert(helmPath, 'helm is needed');
const helm = (...args: string[]): Promise<string> => must(helmPath, [...args, '--namespace', system]);
const configuration = (): Promise<any> => get(['mutatingwebhookconfiguration', 'health-injector']);
const bundles = async (): Promise<string[]> =>
  (await configuration()).webhooks.map(({ clientConfig }: any) => clientConfig.caBundle);

await loadImages();
const before = await inventory();
const ours = [...before].filter(
  (object) => object.includes('health-injector') || object.includes('health.example.com'),
);
assert.deepEqual(ours, [], 'a cluster without health-injector');

step('Installs the chart.');
const values = ['--wait', '--timeout', '180s'];
await helm('install', 'health-injector', chartDirectory, '--create-namespace', ...values);
await eventually('the caBundle', 30, async () => (await bundles()).every(Boolean));

step('Annotates a Deployment, on its own metadata, and sees it work.');
await kubectl(['create', 'namespace', namespace]);
await eventually('the service account', 30, () => get(['serviceaccount', 'default', '-n', namespace]));
const plain: any = deployment('web', { annotations: {}, container: { image: 'docker.io/local/web:1' } });
const keys = { pattern: 'sidecar', check: 'http://:8081/livez', period: '1s', 'failure-threshold': '2' };
const annotations = Object.fromEntries(
  Object.entries(keys).map(([key, value]) => [`health.example.com/${key}`, value]),
);
const annotated = { ...plain, metadata: { ...plain.metadata, annotations } };
await eventually('the apiserver to use the webhook', 60, async () => {
  const text = await kubectl(
    ['create', '-n', namespace, '--dry-run=server', '-o', 'json', '-f', '-'],
    stringify(annotated),
  );
  return 'health.example.com/check' in JSON.parse(text).spec.template.metadata.annotations;
});
await apply(namespace, annotated);
const pod = await readyPod(namespace, 'web');
assert.equal(pod.spec.initContainers[0].name, 'health-probe');
assert(pod.spec.containers[0].livenessProbe && pod.spec.containers[0].readinessProbe);

step('Breaks it, and sees it heal.');
await exec(namespace, pod, 'web', '/usr/bin/touch', '/tmp/sick');
await restarted(namespace, 'web', 'web', 0);
const healed = await readyPod(namespace, 'web');
assert.equal(healed.metadata.uid, pod.metadata.uid, 'the same Pod');

step('Upgrades, and upgrades again with another value: the caBundle stays.');
const trusted = await bundles();
await helm('upgrade', 'health-injector', chartDirectory, ...values);
assert.deepEqual(await bundles(), trusted);
await helm('upgrade', 'health-injector', chartDirectory, ...values, '--set', 'webhook.timeoutSeconds=2');
const upgraded = await configuration();
assert.deepEqual(await bundles(), trusted);
const changing = upgraded.webhooks.filter(({ clientConfig }: any) => clientConfig.service.path === '/mutate');
assert(changing.length === 2 && changing.every(({ timeoutSeconds }: any) => timeoutSeconds === 2));
await kubectl(['rollout', 'restart', '-n', namespace, 'deployment/web']);
await kubectl(['rollout', 'status', '-n', namespace, 'deployment/web', '--timeout=120s']);
assert((await podsOf(namespace, 'web')).every((each) => isReady(each) && each.spec.initContainers));

step('Uninstalls: policies are kept, and Pods are created as before.');
await applyPolicy('newcomer', { mode: 'Off', inject: { pattern: 'auto' } });
await helm('uninstall', 'health-injector', '--wait');
await get(['healthpolicy', 'newcomer']);
await apply(namespace, deployment('after', { annotations: keys, container: { image: 'docker.io/local/web:1' } }));
assert.equal((await readyPod(namespace, 'after')).spec.initContainers, undefined);
await kubectl(['delete', 'namespace', namespace, '--wait']);
const onPurpose = [
  // The apiserver makes it for the group, and takes it away with the last of its CRDs.
  'APIService//v1alpha1.health.example.com',
  ...crds.map((name) => `CustomResourceDefinition//${name}`),
  'HealthPolicy//newcomer',
  `Lease/${system}/health-injector-controller`,
  `Namespace//${system}`,
  `Secret/${system}/health-injector-certificate`,
];
await eventually('what stays on purpose, and nothing else', 60, async () => {
  const left = added(before, await inventory());
  // Every namespace has these two, whoever made it.
  const own = left.filter((object) => !/^(ConfigMap\/.*\/kube-root-ca.crt|ServiceAccount\/.*\/default)$/.test(object));
  assert.deepEqual(own, onPurpose);
  return true;
});

step('Takes away what stayed on purpose, and finds nothing left.');
await kubectl(['delete', `namespace/${system}`, ...crds.map((name) => `crd/${name}`), '--wait']);
await eventually('nothing left', 60, async () => {
  const left = added(before, await inventory());
  if (left.length > 0) throw new Error(left.join(', '));
  return true;
});
step('1 passed, 0 failed');
