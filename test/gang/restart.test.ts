import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'yaml';
import {
  type GangRestart,
  restartOfJobSet,
  restartOfLeaderWorkerSet,
  restartOfPodGroup,
} from '../../src/gang/restart.ts';

const on = (action: string) => ({ action, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] });
const byRules = (...rules: object[]) => ({ backoffLimit: 6, podFailurePolicy: { rules } });
const restarting = { spec: { failurePolicy: { maxRestarts: 3 } } };

const say = (restart: GangRestart): string => (restart.kind === 'whole' ? 'whole' : `${restart.kind}: ${restart.why}`);
const ofJob = (spec: object, more: object = {}, jobSet: unknown = restarting): string =>
  say(restartOfJobSet({ spec, replicatedJob: 'workers', failed: 0, jobs: 4, ...more }, jobSet));

/** A rule about the codes that containers exit with, before one that fails the Job. */
const byCode = (action: string, operator: string, values: readonly number[]): string =>
  ofJob(byRules({ action, onExitCodes: { operator, values } }, on('FailJob')));
const ofGroup = (leaderWorkerTemplate: object): string =>
  say(restartOfLeaderWorkerSet({ spec: { leaderWorkerTemplate } }));

describe('what becomes of a JobSet when one of its Pods is evicted', () => {
  it('is that it starts anew as a whole where its Job fails by that', () => {
    assert.equal(ofJob(byRules(on('FailJob'))), 'whole');
    assert.equal(ofJob({ backoffLimit: 0 }), 'whole');
    assert.equal(ofJob(byRules(on('Count')), { failed: 6 }), 'whole');
  });

  it('is that the Pod alone is created anew, by default too, and with Ignore', () => {
    assert.match(ofJob({}), /^half: backoffLimit of its Job is 6/);
    assert.equal(
      ofJob(byRules(on('Ignore'))),
      'half: podFailurePolicy of its Job has the action Ignore on DisruptionTarget',
    );
    assert.match(ofJob(byRules(on('FailIndex'))), /FailIndex on DisruptionTarget/);
    assert.match(ofJob(byRules(on('Count'))), /^half: backoffLimit/);
    assert.match(ofJob({ backoffLimitPerIndex: 0 }), /^half: its Job has backoffLimitPerIndex/);
  });

  it('is what the first rule says that holds for an eviction', () => {
    assert.match(ofJob(byRules(on('Ignore'), on('FailJob'))), /^half/);
    assert.equal(ofJob(byRules(on('FailJob'), on('Ignore'))), 'whole');
    const other = { action: 'Ignore', onPodConditions: [{ type: 'ConfigIssue', status: 'True' }] };
    assert.equal(ofJob(byRules(other, on('FailJob'))), 'whole');
    const not = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'False' }] };
    assert.equal(ofJob(byRules(not, on('FailJob'))), 'whole');
  });

  it('is open where a rule before it is about the code of a signal', () => {
    assert.match(byCode('Ignore', 'In', [143]), /^half: .* Ignore on exit codes$/);
    assert.match(byCode('Ignore', 'NotIn', [0]), /^half/);
    assert.equal(byCode('FailJob', 'NotIn', [0]), 'whole');
    assert.equal(byCode('Ignore', 'In', [42]), 'whole');
  });

  it('is that it fails for good without restarts, which a rule may spare', () => {
    const fails = byRules(on('FailJob'));
    const withPolicy = (failurePolicy: object | null, restartsCountTowardsMax = 0) =>
      ofJob(fails, {}, { spec: { failurePolicy }, status: { restartsCountTowardsMax } });
    assert.match(ofJob(fails, {}, { spec: {} }), /^ends: the JobSet has no failurePolicy/);
    assert.match(withPolicy(null), /^ends/);
    assert.match(withPolicy({}), /^ends: the JobSet has had 0 of its 0 restarts/);
    assert.equal(withPolicy({ maxRestarts: 3 }, 2), 'whole');
    assert.match(withPolicy({ maxRestarts: 3 }, 3), /^ends: the JobSet has had 3 of its 3 restarts/);
    const spared = { action: 'RestartJobSetAndIgnoreMaxRestarts', onJobFailureReasons: ['PodFailurePolicy'] };
    assert.equal(withPolicy({ rules: [spared] }), 'whole');
    assert.match(withPolicy({ maxRestarts: 3, rules: [{ action: 'FailJobSet' }] }), /^ends: .* FailJobSet/);
    const others = { action: 'FailJobSet', targetReplicatedJobs: ['driver'] };
    const otherReason = { action: 'FailJobSet', onJobFailureReasons: ['BackoffLimitExceeded'] };
    assert.equal(withPolicy({ maxRestarts: 3, rules: [others, otherReason] }), 'whole');
    assert.match(withPolicy({ maxRestarts: 3, rules: [{ action: 'RestartJob' }] }), /^half: .* starts that Job alone/);
  });

  it('is judged by its Job where it cannot be read', () => {
    const job = { spec: byRules(on('FailJob')), replicatedJob: 'workers', failed: 0, jobs: 4 };
    assert.equal(say(restartOfJobSet(job, undefined)), 'whole');
  });

  it('is no half where there is one Pod', () => {
    assert.equal(ofJob({ parallelism: 1 }, { jobs: 1 }), 'whole');
    assert.match(ofJob({ parallelism: 2 }, { jobs: 1 }), /^half/);
    assert.match(ofJob({ parallelism: 1 }, { jobs: 2 }), /^half/);
  });

  it('never fails over a manifest, whatever it holds', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), fc.anything(), (spec, jobSet) => {
        const restart = restartOfJobSet({ spec, replicatedJob: 'a', failed: 0, jobs: 2 }, jobSet);
        assert(['whole', 'half', 'ends'].includes(restart.kind));
        assert(['whole', 'half'].includes(restartOfLeaderWorkerSet(jobSet).kind));
      }),
    );
  });

  it('is mended by lines that make it whole', () => {
    const restart = restartOfJobSet({ spec: {}, replicatedJob: 'a', failed: 0, jobs: 2 }, restarting);
    assert(restart.kind === 'half');
    const [, yaml = ''] = /(podFailurePolicy: .*)$/.exec(restart.mend) ?? [];
    assert.equal(ofJob(parse(yaml) as object), 'whole');
  });
});

describe('what becomes of a group of a LeaderWorkerSet when one of its Pods is evicted', () => {
  it('is that the group starts anew by default, and that the Pod alone does with None', () => {
    assert.equal(ofGroup({ size: 4 }), 'whole');
    assert.equal(ofGroup({ size: 4, restartPolicy: 'RecreateGroupOnPodRestart' }), 'whole');
    assert.equal(ofGroup({ size: 4, restartPolicy: 'None' }), 'half: restartPolicy of the LeaderWorkerSet is None');
    assert.match(ofGroup({ size: 4, restartPolicy: 'Default' }), /^half/);
    assert.equal(ofGroup({ size: 1, restartPolicy: 'None' }), 'whole');
  });
});

const of = (disruptionMode?: unknown) => restartOfPodGroup({ spec: { disruptionMode } });

describe('what becomes of a PodGroup when one of its Pods is evicted', () => {
  it('is that the others hang where it lets its Pods go only together, in the words of 1.36 and of 1.37', () => {
    const [old, now] = [of('PodGroup'), of({ all: {} })];
    assert(old?.kind === 'half' && now?.kind === 'half');
    assert.match(old.mend, /disruptionMode: Pod$/);
    assert.match(now.mend, /disruptionMode: \{single: \{\}\}$/);
  });

  it('is nothing that it says where it lets them go one by one', () => {
    for (const mode of ['Pod', { single: {} }, undefined, null, 7]) assert.equal(of(mode), undefined);
    assert.equal(restartOfPodGroup(undefined), undefined);
  });
});
