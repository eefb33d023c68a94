import assert from 'node:assert/strict';
import { parse, stringify } from 'yaml';
import { program } from '../../cli/support/health-injector.ts';
import { runToEnd } from '../../support/process.ts';
import { deployment } from '../support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, isReady, podOf, readyPod, restarted, stateOf } from '../support/pods.ts';
import { applyPolicy, onlyIn } from '../support/policy.ts';

const namespace = 'test-trial';
const enforced = 'test-trial-enforced';
const timing = { period: '2s', timeout: '1s', 'failure-threshold': '3', 'startup-timeout': '20s' };
const inject = { pattern: 'sidecar', check: 'redis://:6379', ...timing, 'termination-grace-period': '2s' };

/** The test stops the servers with a signal, and process 1 of a PID namespace cannot be stopped from within it. */
const pod = { shareProcessNamespace: true };
const redis = (name: string, port = 6379): object =>
  deployment(name, {
    annotations: {},
    container: { image: 'docker.io/local/redis:7', args: ['--port', `${port}`, '--save', ''] },
    pod,
  });

const good = Array.from({ length: 8 }, (_, index) => `good-${index}`);
/** They listen elsewhere than the policy asks. */
const wrong = ['wrong-0', 'wrong-1', 'wrong-2'];
const hanging = 'hangs';
const failing = [hanging, ...wrong];
const all = [...good, ...failing];

const signal = (where: string, target: any, word: 'STOP' | 'CONT'): Promise<string> =>
  exec(where, target, hanging, '/usr/bin/pkill', `-${word}`, 'redis-server');

/** The one Pod of each Deployment on trial, by its name. */
async function podsOnTrial(): Promise<ReadonlyMap<string, any>> {
  const { items } = await get(['pods', '-n', namespace]);
  return new Map(
    items
      .filter(({ metadata }: any) => !metadata.deletionTimestamp)
      .map((each: any) => [each.metadata.labels.app, each]),
  );
}

/** What the agent of a Pod has counted. */
async function tried({ status }: any): Promise<any> {
  const answer = await fetch(`http://${status.podIP}:9440/trialz`);
  assert.equal(answer.status, 200);
  return ((await answer.json()) as any).containers[0];
}

/** The Events about what a Deployment would have suffered. */
const trialEventsOf = async (name: string): Promise<string[]> =>
  (await eventsOf(namespace, name)).filter((text) => text.startsWith('WouldRestart: '));

const statusOf = async (): Promise<any> => (await get(['healthpolicy', namespace])).status ?? {};
const run = (...args: readonly string[]) => runToEnd(process.execPath, [program, ...args]);

describe('a policy with mode: Trial, on a real cluster', function () {
  useNamespace(namespace);
  useNamespace(enforced);

  before(async () => {
    await applyPolicy(namespace, { mode: 'Trial', namespaceSelector: onlyIn(namespace), inject });
    await applyPolicy(enforced, { mode: 'Enforce', namespaceSelector: onlyIn(enforced), inject });
    // The webhook follows policies, and takes a moment to hear of them.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await apply(namespace, ...all.map((name) => redis(name, name.startsWith('wrong') ? 6380 : 6379)));
    await apply(enforced, redis(hanging), redis('wrong-0', 6380));
    await eventually('twelve Pods on trial are ready', 150, async () => {
      const pods = [...(await podsOnTrial()).values()];
      return pods.length === all.length && pods.every(isReady);
    });
    await readyPod(enforced, hanging, 60);
  });
  after(() => kubectl(['delete', 'healthpolicy', namespace, enforced, '--ignore-not-found']));

  it('adds the agent and no probe', async () => {
    for (const { metadata, spec } of (await podsOnTrial()).values()) {
      const [container] = spec.containers;
      for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe'])
        assert.equal(container[field], undefined);
      const { trial, added } = JSON.parse(metadata.annotations['health.example.com/status']);
      assert.deepEqual([trial, added], [true, ['initContainers/health-probe']]);
    }
  });

  it('counts the restarts that Enforce makes of the same server, and restarts nothing and makes nothing unready', async () => {
    for (const round of [1, 2]) {
      const [here, there] = [await podOf(namespace, hanging), await readyPod(enforced, hanging, 60)];
      await Promise.all([signal(namespace, here, 'STOP'), signal(enforced, there, 'STOP')]);
      const [, counted] = await Promise.all([
        restarted(enforced, hanging, hanging, round - 1, 60),
        eventually('a restart that would have been', 60, async () => {
          const now = await tried(here);
          return now.liveness.restarts === round && now;
        }),
      ]);
      assert.equal(counted.readiness.ready, false);
      assert.match(counted.liveness.reason, /timed out/);
      for (const [name, found] of await podsOnTrial()) {
        assert.deepEqual([name, stateOf(found, name).restartCount, isReady(found)], [name, 0, true]);
      }
      await signal(namespace, here, 'CONT');
      await eventually('a redis that would be ready', 30, async () => (await tried(here)).readiness.ready);
    }
    const { liveness, startup } = await tried(await podOf(namespace, hanging));
    const inEnforce = stateOf(await podOf(enforced, hanging), hanging).restartCount;
    assert.deepEqual([liveness.restarts + startup.failures, inEnforce], [2, 2]);
    await restarted(enforced, 'wrong-0', 'wrong-0', 0, 60);
  });

  it('has a status that says how many Pods are on trial, and names the four that would have been restarted', async () => {
    await eventually('twelve answers, and four Pods', 120, async () => {
      const { answered, wouldRestart, wouldBeUnready } = (await statusOf()).trial;
      if (wouldRestart.pods < failing.length) return false;
      const last = `^${namespace}/Deployment/(${failing.join('|')}): the check ".*" .*failed: ".+"`;
      assert.match(wouldRestart.last, new RegExp(last));
      return wouldRestart.pods === 4 && wouldBeUnready.pods === 4 && answered === 12;
    });
    const { code, out } = await run('trial', '-n', namespace, '-o', 'json');
    assert.equal(code, 1);
    const rows = JSON.parse(out) as { name: string; answered: number; containers: { restarts: number }[] }[];
    const restartsOf = (name: string) => rows.find((row) => row.name === name)?.containers[0]?.restarts ?? -1;
    assert.deepEqual(
      good.map(restartsOf),
      good.map(() => 0),
    );
    assert.equal(restartsOf(hanging), 2);
    for (const name of wrong) assert(restartsOf(name) > 0, name);
    const printed = await kubectl(['get', 'hp', namespace, '-o', 'wide']);
    assert.match(printed, /WOULD RESTART +ON TRIAL +WOULD BE UNREADY/);
  });

  it('has one Event for each of the four workloads, and none for the others', async () => {
    for (const name of failing) {
      await eventually(`the Event of ${name}`, 60, async () => {
        const events = await trialEventsOf(name);
        assert(events.length <= 1, events.join('\n'));
        return events.some((text) =>
          /would have been restarted: its agent says that the check ".*" of container/.test(text),
        );
      });
    }
    for (const name of good) assert.deepEqual(await trialEventsOf(name), []);
  });

  it('is promoted by what the command prints: the eight get their probes, and the four stay on trial', async () => {
    const before = (await podsOnTrial()).get('good-0').spec;
    const { code, out, errors } = await run('trial', '--promote', namespace, '--watched', '1m');
    assert.equal(code, 0);
    assert.equal(parse(out).spec.mode, 'Enforce');
    const lines = errors
      .split('\n')
      .filter((line) => line.includes('/trial=true'))
      .map((line) => line.trim());
    assert.equal(lines.length, 4, errors);
    for (const line of lines) await kubectl(line.split(' ').slice(1));
    await kubectl(['apply', '-f', '-'], out);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await kubectl(['rollout', 'restart', '-n', namespace, 'deployment']);
    await Promise.all(
      all.map((name) => kubectl(['rollout', 'status', '-n', namespace, `deployment/${name}`, '--timeout=120s'])),
    );
    const pods = await podsOnTrial();
    for (const name of all) {
      const [container] = pods.get(name).spec.containers;
      assert.equal(container.livenessProbe !== undefined, good.includes(name), name);
    }
    const { livenessProbe, readinessProbe, startupProbe, ...rest } = pods.get('good-0').spec.containers[0];
    assert(livenessProbe && readinessProbe && startupProbe);
    const [{ volumeMounts: _, ...restBefore }, { volumeMounts: __, ...restAfter }] = [before.containers[0], rest];
    assert.deepEqual(restAfter, restBefore, stringify(restAfter));
  });
});
