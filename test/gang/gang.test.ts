import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gangOf } from '../../src/gang/gang.ts';
import { type GangPod, gangKinds } from '../../src/gang/kinds.ts';
import { ownerKeyOf, ownerText, quarantineKeyOf } from '../../src/quarantine/quarantine.ts';

type Wish = { readonly labels?: object; readonly annotations?: object; readonly spec?: object };

/** A Pod whose controller is of this apiVersion, kind and name. */
const pod = (apiVersion: string, kind: string, name: string, { labels, annotations, spec }: Wish): GangPod =>
  ({
    metadata: { labels, annotations, ownerReferences: [{ apiVersion, kind, name, uid: name, controller: true }] },
    spec,
  }) as GangPod;

const keyOf = (one: GangPod): string => ownerText(quarantineKeyOf('shop', one) ?? assert.fail('it has no key'));

const jobSet = { 'jobset.sigs.k8s.io/jobset-name': 'train' };
const lws = 'leaderworkerset.sigs.k8s.io/';
const training = (operator: string) => ({
  'training.kubeflow.org/job-name': 'bert',
  'training.kubeflow.org/operator-name': operator,
});
const podGroup = { spec: { schedulingGroup: { podGroupName: 'workers' } } };

describe('the gang of a Pod', () => {
  it('is the JobSet, whichever of its Jobs the Pod is of', () => {
    for (const job of ['train-workers-0', 'train-workers-7', 'train-driver-0']) {
      assert.equal(keyOf(pod('batch/v1', 'Job', job, { labels: jobSet })), 'shop/JobSet/train');
    }
  });

  it('is one group of a LeaderWorkerSet, for the leader also before its webhook has numbered it', () => {
    const name = { [`${lws}name`]: 'vllm' };
    const worker = { ...name, [`${lws}group-index`]: '3', [`${lws}worker-index`]: '1' };
    const leader = { ...name, [`${lws}worker-index`]: '0', 'apps.kubernetes.io/pod-index': '3' };
    assert.equal(keyOf(pod('apps/v1', 'StatefulSet', 'vllm-3', { labels: worker })), 'shop/LeaderWorkerSet/vllm-3');
    assert.equal(keyOf(pod('apps/v1', 'StatefulSet', 'vllm', { labels: leader })), 'shop/LeaderWorkerSet/vllm-3');
    // The ordinal of a worker is its place in the group.
    const unnumbered = { ...name, 'apps.kubernetes.io/pod-index': '3' };
    assert.equal(gangOf('shop', pod('apps/v1', 'StatefulSet', 'vllm-0', { labels: unnumbered })), undefined);
  });

  it('is the job of Kubeflow, with the launcher that a Job creates', () => {
    const launcher = pod('batch/v1', 'Job', 'bert-launcher', { labels: training('mpi-operator') });
    const worker = pod('kubeflow.org/v2beta1', 'MPIJob', 'bert', { labels: training('mpi-operator') });
    const torch = pod('kubeflow.org/v1', 'PyTorchJob', 'bert', { labels: training('pytorchjob-controller') });
    assert.deepEqual([launcher, worker, torch].map(keyOf), [
      'shop/MPIJob/bert',
      'shop/MPIJob/bert',
      'shop/PyTorchJob/bert',
    ]);
  });

  it('is the RayCluster, and the Job of Volcano, which is no Job of Kubernetes', () => {
    const ray = pod('ray.io/v1', 'RayCluster', 'ray', { labels: { 'ray.io/cluster': 'ray' } });
    const volcano = pod('batch.volcano.sh/v1alpha1', 'Job', 'mpi', { annotations: { 'volcano.sh/job-name': 'mpi' } });
    assert.deepEqual([ray, volcano].map(keyOf), ['shop/RayCluster/ray', 'shop/VolcanoJob/mpi']);
  });

  it('is a group that only schedulers know, where no workload has a name', () => {
    const of = (wish: Wish) => keyOf(pod('example.com/v1', 'Trainer', 'one', wish));
    assert.equal(of(podGroup), 'shop/PodGroup/workers');
    assert.equal(of({ labels: { 'kueue.x-k8s.io/pod-group-name': 'workers' } }), 'shop/KueuePodGroup/workers');
    for (const key of ['scheduling.k8s.io/group-name', 'scheduling.volcano.sh/group-name']) {
      assert.equal(of({ annotations: { [key]: 'workers' } }), 'shop/VolcanoPodGroup/workers');
    }
    assert.equal(keyOf(pod('batch/v1', 'Job', 'train-a-0', { ...podGroup, labels: jobSet })), 'shop/JobSet/train');
  });

  it('is none where the name ends with the children: a group that a Job or Volcano makes for itself', () => {
    const ofJob = pod('batch/v1', 'Job', 'backup-29926080', podGroup);
    const ofVolcano = pod('apps/v1', 'ReplicaSet', 'web-5d8f', {
      annotations: { 'scheduling.k8s.io/group-name': 'podgroup-8d0c' },
    });
    assert.deepEqual([ofJob, ofVolcano].map(keyOf), ['shop/CronJob/backup', 'shop/ReplicaSet/web-5d8f']);
  });

  it('is none for a Pod without these marks, which has the key of its owner', () => {
    for (const [apiVersion, kind] of [
      ['apps/v1', 'ReplicaSet'],
      ['apps/v1', 'StatefulSet'],
      ['batch/v1', 'Job'],
      ['apps/v1', 'DaemonSet'],
      ['example.com/v1', 'Trainer'],
    ] as const) {
      const one = pod(apiVersion, kind, 'web', { labels: { app: 'web' }, annotations: { a: 'b' }, spec: {} });
      assert.equal(gangOf('shop', one), undefined);
      assert.deepEqual(quarantineKeyOf('shop', one), ownerKeyOf('shop', one.metadata));
    }
  });

  it('is none where another kind of owner has the label, and none of a name that no object could have', () => {
    const labels = { ...jobSet, 'ray.io/cluster': 'ray', [`${lws}name`]: 'vllm', [`${lws}group-index`]: '0' };
    assert.equal(gangOf('shop', pod('apps/v1', 'ReplicaSet', 'web', { labels })), undefined);
    assert.equal(gangOf('shop', { metadata: { labels: jobSet } }), undefined);
    for (const name of ['a'.repeat(254), 'a/b', 'A b', '"']) {
      const annotations = { 'scheduling.k8s.io/group-name': name };
      assert.equal(gangOf('shop', pod('example.com/v1', 'Trainer', 'one', { annotations })), undefined);
    }
  });
});

describe('the table of gangs', () => {
  it('is that of docs/hardware.md, row by row', () => {
    const page = readFileSync(new URL('../../docs/hardware.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| '));
    for (const { kind, keys, configuredBy } of gangKinds) {
      const row = rows.find((line) => line.split(' | ')[0]?.match(new RegExp(`\\b${kind}\\b`)));
      assert(row, `${kind} has no row`);
      for (const key of keys) assert(row.includes(`\`${key}\``), `the row of ${kind} does not name ${key}`);
      assert(row.endsWith(`| ${configuredBy} |`), `the row of ${kind} does not end in: ${configuredBy}`);
    }
  });

  it('has a kind once, and none that a workload of Kubernetes has', () => {
    const kinds = gangKinds.map(({ kind }) => kind);
    assert.equal(new Set(kinds).size, kinds.length);
    const workloads = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod'];
    assert.deepEqual(
      kinds.filter((kind) => workloads.includes(kind) || !/^[A-Za-z]{1,63}$/.test(kind)),
      [],
    );
  });
});
