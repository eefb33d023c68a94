import assert from 'node:assert/strict';
import { parse, stringify } from 'yaml';
import { program } from '../cli/support/health-injector.ts';
import { runToEnd } from '../support/process.ts';
import { deployment } from './support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, exec, isReady, podOf, readyPod, restarted, stateOf } from './support/pods.ts';
import { applyPolicy, onlyIn } from './support/policy.ts';

const namespace = 'test-trial-policy';
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

/** Stops a server for so long that its liveness fails three times, and has it go on. */
async function hang(where: string): Promise<void> {
  const before = await podOf(where, hanging);
  await exec(where, before, hanging, '/usr/bin/pkill', '-STOP', 'redis-server');
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  await exec(where, before, hanging, '/usr/bin/pkill', '-CONT', 'redis-server').catch(() => undefined);
}

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
    for (const name of all) await readyPod(namespace, name, 120);
  });
  after(() => kubectl(['delete', 'healthpolicy', namespace, enforced, '--ignore-not-found']));

  it('adds the agent and no probe, and the status says how many Pods are on trial', async () => {
    for (const name of all) {
      const { spec } = await podOf(namespace, name);
      assert.deepEqual(
        [spec.initContainers.map((container: any) => container.name), spec.containers[0].livenessProbe],
        [['health-probe'], undefined],
      );
    }
    await eventually('all have answered', 120, async () => (await statusOf()).trial?.answered === 12);
  });

  it('restarts nothing and makes nothing unready, where the same in Enforce is restarted', async () => {
    await readyPod(enforced, hanging, 60);
    for (let times = 1; times <= 2; times += 1) {
      await Promise.all([hang(namespace), hang(enforced)]);
      await restarted(enforced, hanging, hanging, times - 1, 60);
      await readyPod(enforced, hanging, 60);
      for (const name of all) {
        const found = await podOf(namespace, name);
        assert.deepEqual([name, stateOf(found, name).restartCount, isReady(found)], [name, 0, true]);
      }
      // It hangs every 90 s.
      if (times === 1) await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    await restarted(enforced, 'wrong-0', 'wrong-0', 0, 60);
  });

  it('names the four that would have been restarted, as often as in Enforce', async () => {
    await eventually('four Pods', 120, async () => {
      const { wouldRestart, wouldBeUnready } = (await statusOf()).trial;
      assert.match(
        wouldRestart.last,
        new RegExp(`^${namespace}/Deployment/(${failing.join('|')}): the check ".*" .*failed: ".+"`),
      );
      return wouldRestart.pods === 4 && wouldBeUnready.pods === 4;
    });
    const { code, out } = await run('trial', '-n', namespace, '-o', 'json');
    assert.equal(code, 1);
    const rows = JSON.parse(out) as { name: string; answered: number; containers: { restarts: number }[] }[];
    const restartsOf = (name: string) => rows.find((row) => row.name === name)?.containers[0]?.restarts ?? -1;
    assert.deepEqual(
      good.map(restartsOf),
      good.map(() => 0),
    );
    const inEnforce = stateOf(await podOf(enforced, hanging), hanging).restartCount;
    assert.deepEqual([restartsOf(hanging), inEnforce], [2, 2]);
    for (const name of wrong) assert(restartsOf(name) > 0, name);
    const printed = await kubectl(['get', 'hp', namespace, '-o', 'wide']);
    assert.match(printed, /WOULD RESTART +ON TRIAL +WOULD BE UNREADY/);
  });

  it('has one Event for each of the four workloads, and none for the others', async () => {
    for (const name of failing) {
      await eventually(`the Event of ${name}`, 60, async () => {
        const events = (await eventsOf(namespace, name)).filter((text) => text.startsWith('WouldRestart: '));
        assert(events.length <= 1, events.join('\n'));
        return events.some((text) =>
          /would have been restarted: its agent says that the check ".*" of container/.test(text),
        );
      });
    }
    for (const name of good) {
      assert.deepEqual(
        (await eventsOf(namespace, name)).filter((text) => text.includes('WouldRestart')),
        [],
      );
    }
  });

  it('is promoted by what the command prints: the eight get their probes, and the four stay on trial', async () => {
    const specOf = async (name: string) => (await podOf(namespace, name)).spec;
    const before = await specOf('good-0');
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
    for (const name of all)
      await kubectl(['rollout', 'status', '-n', namespace, `deployment/${name}`, '--timeout=120s']);
    for (const name of all) {
      const [container] = (await specOf(name)).containers;
      assert.equal(container.livenessProbe !== undefined, good.includes(name), name);
    }
    const { livenessProbe, readinessProbe, startupProbe, ...rest } = (await specOf('good-0')).containers[0];
    assert(livenessProbe && readinessProbe && startupProbe);
    const [{ volumeMounts: _, ...restBefore }, { volumeMounts: __, ...restAfter }] = [before.containers[0], rest];
    assert.deepEqual(restAfter, restBefore, stringify(restAfter));
  });
});
