import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { healthInjector } from './support/health-injector.ts';

const template = `
          template:
            metadata:
              annotations: { health.example.com/pattern: hardware, health.example.com/check: "temperature:?max=90C" }
            spec: { restartPolicy: Never, containers: [{ name: worker, image: worker:1 }] }
`;

/** A JobSet whose Jobs have this in their spec. */
const jobSet = (ofJob: string, failurePolicy = 'failurePolicy: { maxRestarts: 3 }') => `
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: { name: train, namespace: shop }
spec:
  ${failurePolicy}
  replicatedJobs:
    - name: workers
      replicas: 2
      template:
        spec:
          ${ofJob}${template}`;

const rule = (action: string): string =>
  `podFailurePolicy: { rules: [{ action: ${action}, onPodConditions: [{ type: DisruptionTarget, status: "True" }] }] }`;

const lws = (restartPolicy: string) => `
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: { name: vllm, namespace: shop }
spec:
  leaderWorkerTemplate:
    size: 2
    ${restartPolicy}
    workerTemplate:
      metadata:
        annotations: { health.example.com/pattern: hardware, health.example.com/check: "temperature:?max=90C" }
      spec: { containers: [{ name: worker, image: worker:1 }] }
`;

const lint = async (input: string): Promise<string> => (await healthInjector(['lint', '-'], { input })).out;

describe('what the command line says of a gang whose Pods a sick node would be left by', () => {
  it('is that none is moved where the others would hang, and the lines that mend it', async () => {
    const said = await lint(jobSet(rule('Ignore')));
    assert.match(
      said,
      /^standard input:\d+:\d+: warning: JobSet shop\/train \(.*\): No Pod of this gang is moved off a node whose hardware fails, since the others would wait for the Pod that is evicted: podFailurePolicy of its Job has the action Ignore on DisruptionTarget\. In the spec of each Job template of the JobSet, .*: podFailurePolicy: \{rules: \[\{action: FailJob, .*\n$/,
    );
    assert.match(await lint(jobSet('backoffLimit: 6')), /backoffLimit of its Job is 6/);
    assert.match(
      await lint(lws('restartPolicy: None')),
      /restartPolicy of the LeaderWorkerSet is None\. .*: RecreateGroupOnPodRestart\n$/,
    );
  });

  it('is that none is moved where the gang would fail', async () => {
    const said = await lint(jobSet(rule('FailJob'), 'suspend: false'));
    assert.match(
      said,
      /since the gang would fail: the JobSet has no failurePolicy\. In the spec of the JobSet: failurePolicy:/,
    );
  });

  it('is nothing where it starts anew as a whole, or where its Pods are only reported', async () => {
    assert.equal(await lint(jobSet(rule('FailJob'))), '');
    assert.equal(await lint(lws('startupPolicy: LeaderCreated')), '');
    const reported = jobSet(rule('Ignore')).replace(
      'pattern: hardware,',
      'pattern: hardware, health.example.com/on-failure: report,',
    );
    assert.equal(await lint(reported), '');
    const other = jobSet(rule('Ignore'))
      .replace('pattern: hardware', 'pattern: cli')
      .replace('temperature:?max=90C', 'exec:true');
    assert(!(await lint(other)).includes('gang'));
  });

  it('is said by explain too', async () => {
    const { out } = await healthInjector(['explain', '-'], { input: jobSet(rule('Ignore')) });
    assert.match(out, /\n {2}warning {8}No Pod of this gang is moved off a node/);
  });

  it('is nothing of the manifest that docs/hardware.md shows', async () => {
    const page = readFileSync(new URL('../../docs/hardware.md', import.meta.url), 'utf8');
    const [, manifest = ''] = /```yaml\n(apiVersion: jobset[^`]*)```/.exec(page) ?? [];
    const { out, code, errors } = await healthInjector(['lint', '-'], { input: manifest });
    assert.deepEqual([out, code, errors], ['', 0, '1 Pod or workload in 1 file: nothing is wrong.\n']);
  });

  it('is said of a Job that a JobSet has created', async () => {
    const job = `
apiVersion: batch/v1
kind: Job
metadata: { name: train-workers-0 }
spec:
  template:
    metadata:
      labels: { jobset.sigs.k8s.io/jobset-name: train }
      annotations: { health.example.com/pattern: hardware, health.example.com/check: "temperature:?max=90C" }
    spec: { restartPolicy: Never, containers: [{ name: worker, image: worker:1 }] }
`;
    assert.match(await lint(job), /backoffLimit of its Job is 6/);
    assert.equal(await lint(job.replace('jobset.sigs.k8s.io/jobset-name: train', 'app: train')), '');
  });
});
