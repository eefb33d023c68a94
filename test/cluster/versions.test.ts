import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { skipReasons } from '../../src/inject/skip-reasons.ts';
import { exportRefusals } from '../../src/export/refusals.ts';
import { program } from '../cli/support/health-injector.ts';
import { runToEnd } from '../support/process.ts';
import { eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { sayOnVersion, serverMinor } from './support/server-minor.ts';

const namespace = 'test-versions';

/** A Pod that asks for a sidecar, and is created as a dry run; its warnings are on standard error. */
const create = (name: string, annotations: Readonly<Record<string, string>>, spec: object) =>
  runToEnd('kubectl', ['create', '-n', namespace, '--dry-run=server', '-o', 'json', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, annotations }, spec }),
  });

const web = { name: 'web', image: 'docker.io/local/web:1', imagePullPolicy: 'IfNotPresent' };

// Each test says what a cluster with the feature gets and what one without it gets, and skips neither.
describe('what not every version of Kubernetes has', () => {
  useNamespace(namespace);
  let minor = 0;
  before(async () => {
    minor = await serverMinor();
  });

  it('an image volume that brings the agent is there, or a sentence says that there is none', async () => {
    const annotations = {
      'health.example.com/pattern': 'cli',
      'health.example.com/check': 'http://:8081/livez',
      'health.example.com/delivery': 'image-volume',
    };
    const { out, errors } = await create('dry', annotations, { containers: [web] });
    const { volumes, containers } = JSON.parse(out).spec;
    const reference = volumes.find(({ name }: { name: string }) => name === 'health-probe-agent')?.image?.reference;
    if (minor < 35) {
      assert.deepEqual([reference, containers[0].livenessProbe], [undefined, undefined]);
      assert(errors.includes(skipReasons['no-image-volumes']), errors);
      sayOnVersion(minor, skipReasons['no-image-volumes']);
      return;
    }
    assert.match(reference, /health-probe/);
    assert.equal(containers[0].livenessProbe.exec.command[0], '/opt/health-probe/health-probe');
  });

  it('the resources of a Pod as a whole leave the Pod valid, and of its QoS class', async () => {
    const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '100m', memory: '64Mi' } };
    const spec = { resources, containers: [web] };
    const asks = { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'http://:8081/livez' };
    const [plain, injected] = [await create('plain', {}, spec), await create('injected', asks, spec)].map(
      ({ code, out, errors }) => {
        assert.equal(code, 0, errors);
        return JSON.parse(out);
      },
    );
    assert.equal(injected.spec.initContainers?.[0]?.name, 'health-probe');
    // Before 1.34 the apiserver drops the field, and nothing is said for the Pod.
    assert.equal(plain.spec.resources === undefined, minor < 34);
    if (minor < 34) sayOnVersion(minor, 'The apiserver drops the resources of the Pod as a whole.');
    const wanted = plain.status.qosClass === 'BestEffort' ? 'Burstable' : plain.status.qosClass;
    assert.equal(injected.status.qosClass, wanted);
  });

  it('an exported policy injects without the webhook, or a sentence says that the kind is missing', async () => {
    const annotations = {
      'health.example.com/pattern': 'sidecar',
      'health.example.com/check': 'http://:8081/livez',
    };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'exported', namespace, annotations },
      spec: { containers: [web] },
    };
    const args = ['export-policy', '--kubernetes-version', `1.${minor}`, '-'];
    const { out, errors } = await runToEnd(process.execPath, [program, ...args], { input: stringify(pod) });
    if (minor < 36) {
      assert.equal(out, '');
      assert(errors.includes(exportRefusals['no-policies-api']), errors);
      sayOnVersion(minor, exportRefusals['no-policies-api']);
      return;
    }
    await kubectl(['apply', '-f', '-'], out);
    const ours = ['mutatingwebhookconfiguration', 'health-injector'];
    const configuration = await get(ours);
    await kubectl(['delete', ...ours]);
    try {
      await eventually('the policy injects', 30, async () => {
        const { spec } = JSON.parse((await create('exported', annotations, { containers: [web] })).out);
        return spec.initContainers?.[0]?.name === 'health-probe' && spec.containers[0].livenessProbe?.httpGet;
      });
      const verified = await runToEnd(process.execPath, [program, 'export-policy', '--verify', '-'], {
        input: stringify(pod),
      });
      assert.deepEqual([verified.code, verified.out], [0, ''], verified.errors);
    } finally {
      await kubectl(['delete', '-f', '-'], out);
      const { name, labels, annotations: kept } = configuration.metadata;
      await kubectl(
        ['create', '-f', '-'],
        JSON.stringify({ ...configuration, metadata: { name, labels, annotations: kept } }),
      );
    }
  });
});
