import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { deployment } from './support/deployment.ts';
import { hardwarePods } from './support/hardware-pods.ts';
import {
  asking,
  checked,
  eventsOfNode,
  evictions,
  only,
  quarantines,
  releaseAll,
  sleeping,
  stays,
  told,
  useMoving,
} from './support/hardware.ts';
import { apply, eventually, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, isReady, podOf, podsOf, readyPod } from './support/pods.ts';
import { removeSensor, setSensor, useSensors } from './support/sensors.ts';

const namespace = 'test-hardware-stays';
const { runsOn, staysPut, clear } = hardwarePods(namespace);

describe('Pods whose hardware fails and who cannot leave, on a real cluster of two nodes', () => {
  useSensors();
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  useMoving();
  afterEach(clear);

  it('stay while a PodDisruptionBudget refuses, which is told with the advice that then moves them', async () => {
    await only('node-a', async () => {
      await apply(namespace, checked('single'), {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'single' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'single' } } },
      });
      await readyPod(namespace, 'single');
    });
    const { metadata } = await podOf(namespace, 'single');
    setSensor('node-a', 95);
    await told(
      'the refusal',
      () => eventsOf(namespace, 'single'),
      /^MoveHeld: .*disruption budget single.*unhealthyPodEvictionPolicy: AlwaysAllow/,
    );
    await stays(10, () => staysPut('single', metadata.uid));
    const patch = JSON.stringify({ spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } });
    await kubectl(['patch', 'poddisruptionbudget', 'single', '-n', namespace, '--type=merge', '-p', patch]);
    await runsOn('single', 'node-b', 120);
  });

  it('stay where both nodes are hot: the brake holds, nothing loops, and that is told', async () => {
    for (const node of ['node-a', 'node-b']) {
      await only(node, async () => {
        await apply(namespace, checked(`of-${node}`));
        await readyPod(namespace, `of-${node}`);
      });
    }
    const accepted = await evictions(201);
    for (const node of ['node-a', 'node-b']) setSensor(node, 95);
    await told(
      'the brake',
      async () => [...(await eventsOfNode('node-a')), ...(await eventsOfNode('node-b'))],
      /^MoveHeld: .*as many nodes as may be/,
    );
    await stays(30, async () => {
      assert((await quarantines()).length <= 1);
      assert((await evictions(201)) - accepted <= 1);
    });
  });

  it('stay where a sensor flaps, vanishes or shows garbage', async () => {
    await only('node-a', async () => {
      await apply(namespace, checked('calm'));
      await readyPod(namespace, 'calm');
    });
    const { metadata } = await podOf(namespace, 'calm');
    for (let flap = 0; flap < 4; flap++) {
      setSensor('node-a', 95);
      await stays(1, () => staysPut('calm', metadata.uid));
      setSensor('node-a', 40);
      await stays(3, () => staysPut('calm', metadata.uid));
    }
    removeSensor('node-a');
    await stays(6, () => staysPut('calm', metadata.uid));
    for (const garbage of ['', 'garbage', '999999999999']) {
      setSensor('node-a', garbage);
      await stays(6, () => staysPut('calm', metadata.uid));
    }
    assert.deepEqual(await quarantines(), []);
    assert(isReady(await podOf(namespace, 'calm')));
  });

  it('stay where their data is: on a volume of the node alone, which is named', async () => {
    const path = '/run/health-injector-test-volume';
    mkdirSync(path, { recursive: true });
    try {
      const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: '' } };
      const size = { storage: '1Mi' };
      const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: ['node-a'] };
      const pod = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
      const container = { ...sleeping(100_000), volumeMounts: [{ name: 'data', mountPath: '/data' }] };
      await apply(
        namespace,
        {
          apiVersion: 'v1',
          kind: 'PersistentVolume',
          metadata: { name: namespace },
          spec: {
            accessModes: ['ReadWriteOnce'],
            capacity: size,
            claimRef: { namespace, name: 'data' },
            local: { path },
            nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
          },
        },
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          ...claim,
          spec: { ...claim.spec, volumeName: namespace, resources: { requests: size } },
        },
        deployment('store', { annotations: asking, container, pod }),
      );
      const { metadata } = await readyPod(namespace, 'store');
      setSensor('node-a', 95);
      await told(
        'the refusal',
        () => eventsOf(namespace, 'store'),
        new RegExp(`^MoveRefused: .*volume ${namespace} of claim data`),
      );
      await stays(5, () => staysPut('store', metadata.uid));
      assert.deepEqual(await quarantines(), []);
    } finally {
      await clear();
      await kubectl(['delete', 'persistentvolume', namespace, '--ignore-not-found']);
      rmSync(path, { recursive: true });
    }
  });

  for (const isReleased of [false, true]) {
    const what = isReleased
      ? 'also where a person has released the node meanwhile'
      : 'since a sick node is better than none';
    it(`come back where no other node takes them, ${what}`, async () => {
      await kubectl(['label', 'node', 'node-a', 'test-fits=here']);
      try {
        const pod = { nodeSelector: { 'test-fits': 'here' } };
        await apply(namespace, deployment('bound', { annotations: asking, container: sleeping(100_000), pod }));
        const { metadata } = await readyPod(namespace, 'bound');
        setSensor('node-a', 95);
        const waiting = await eventually('a replacement that finds no node', 60, async () => {
          const [next] = await podsOf(namespace, 'bound');
          return next?.metadata.uid !== metadata.uid && !next?.spec.nodeName && next;
        });
        setSensor('node-a', 40);
        if (isReleased) await releaseAll();
        const back = await runsOn('bound', 'node-a', 150);
        assert.notEqual(back.metadata.uid, waiting.metadata.uid);
        await told(
          'why',
          () => eventsOf(namespace, 'bound'),
          isReleased
            ? /^ReplacementUnschedulable: .*node-a, which is released by now/
            : /^ReplacementUnschedulable: .*it may run there now if nowhere else/,
        );
      } finally {
        await kubectl(['label', 'node', 'node-a', 'test-fits-']);
      }
    });
  }
});
