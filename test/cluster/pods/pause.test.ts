import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { healthInjector } from '../../cli/support/health-injector.ts';
import { deployment } from '../support/deployment.ts';
import { apply, eventually, kubectl, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, isReady, podOf, readyPod, restarted, stateOf } from '../support/pods.ts';

const namespace = 'test-pause';
const prefix = 'health.example.com/';
const timing = { period: '2s', timeout: '3s', 'failure-threshold': '2', 'termination-grace-period': '2s' };

/** How long after its end a container is restarted that fails: its failures in a row, and what the kubelet takes for a restart. */
const restartSeconds = 20;

// The test stops redis with a signal, and process 1 of a PID namespace cannot be stopped from within it.
const pod = { shareProcessNamespace: true };
const redis = (name: string, pattern: string, more: Readonly<Record<string, string>> = {}): object =>
  deployment(name, {
    annotations: { pattern, check: 'redis://:6379', ...timing, ...more },
    container: { image: 'docker.io/local/redis:7' },
    pod,
  });

const annotate = (name: string, ...annotations: readonly string[]): Promise<string> =>
  kubectl(['annotate', 'pod', '-n', namespace, name, ...annotations.map((each) => prefix + each)]);

const signal = async (app: string, word: 'STOP' | 'CONT'): Promise<void> =>
  void (await exec(namespace, await podOf(namespace, app), app, '/usr/bin/pkill', `-${word}`, 'redis-server'));

/** What the sidecar says of its probes: such as 1 for a liveness that is held. */
async function heldBy(name: string, probe = 'liveness'): Promise<string | undefined> {
  const metrics = await kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}:9440/proxy/metrics`]);
  return new RegExp(`^health_probe_hold\\{probe="${probe}"\\} (\\d)$`, 'm').exec(metrics)?.[1];
}

const isHeld = (name: string, value = '1', probe = 'liveness') =>
  eventually(`${probe} of ${name} is ${value}`, 30, async () => (await heldBy(name, probe)) === value);

const eventOf = (name: string, reason: string): Promise<string> =>
  eventually(`${reason} of ${name}`, 20, async () =>
    (await eventsOf(namespace, name)).find((event) => event.startsWith(reason)),
  );

describe('a pause, on the real kubelet', () => {
  useNamespace(namespace);

  before(() =>
    apply(
      namespace,
      redis('sidecar', 'sidecar'),
      redis('cli', 'cli'),
      redis('ready', 'sidecar'),
      deployment('port', {
        annotations: { pattern: 'port', check: 'http://:8081/livez' },
        container: { image: 'docker.io/local/web:1', ports: [{ containerPort: 8080 }] },
      }),
    ),
  );

  it('restarts no process that is stopped, of sidecar and of cli, and restarts it once the pause is over or ended', async () => {
    const heldMs = restartSeconds * 1_000;
    const untilItIsOver = async (): Promise<void> => {
      const { metadata } = await readyPod(namespace, 'sidecar');
      await annotate(metadata.name, `pause=${2 * restartSeconds}s`);
      await isHeld(metadata.name);
      const untilMs = Date.parse(/held until (\S+Z)/.exec(await eventOf(metadata.name, 'HealthPaused'))?.[1] ?? '');
      await signal('sidecar', 'STOP');
      await eventually('readiness tells the truth', 30, async () => !isReady(await podOf(namespace, 'sidecar')));
      await sleep(untilMs - Date.now() - 2_000);
      assert.equal(stateOf(await podOf(namespace, 'sidecar'), 'sidecar').restartCount, 0);
      const after = await restarted(namespace, 'sidecar', 'sidecar', 0);
      assert(Date.now() - untilMs < restartSeconds * 1_000, `${Date.now() - untilMs} ms after its end`);
      assert.equal(after.metadata.name, metadata.name);
      await eventOf(metadata.name, 'HealthPauseEnded');
      const { annotations } = (await readyPod(namespace, 'sidecar')).metadata;
      assert.deepEqual([annotations[`${prefix}pause`], annotations[`${prefix}hold`]], [undefined, undefined]);
    };
    const untilItIsEnded = async (): Promise<void> => {
      const { metadata } = await readyPod(namespace, 'cli');
      const { code, out, errors } = await healthInjector(['pause', metadata.name, '--for', '10m', '-n', namespace]);
      assert.deepEqual([code, errors], [0, '']);
      assert.match(out, /^The liveness of Pod test-pause\/\S+ is held until \S+Z, as soon as the kubelet/);
      await sleep(3_000);
      await signal('cli', 'STOP');
      await sleep(heldMs);
      assert.equal(stateOf(await podOf(namespace, 'cli'), 'cli').restartCount, 0);
      await annotate(metadata.name, 'pause-');
      const endedMs = Date.now();
      await restarted(namespace, 'cli', 'cli', 0);
      assert(Date.now() - endedMs < restartSeconds * 1_000, `${Date.now() - endedMs} ms after its end`);
      await eventOf(metadata.name, 'HealthPauseEnded');
    };
    await Promise.all([untilItIsOver(), untilItIsEnded()]);
  });

  it('holds readiness on wish, says so by the command, and is in force when that says it', async () => {
    const { metadata } = await readyPod(namespace, 'ready');
    const pause = ['pause', metadata.name, '-n', namespace];
    const begun = await healthInjector([...pause, '--for', '5m', '--readiness']);
    assert.match(begun.out, /^The liveness and readiness of Pod \S+ is held until \S+Z\.\n$/, begun.errors);
    assert.equal(await heldBy(metadata.name, 'readiness'), '1');
    await signal('ready', 'STOP');
    await sleep(10_000);
    const held = await podOf(namespace, 'ready');
    assert.deepEqual([isReady(held), stateOf(held, 'ready').restartCount], [true, 0]);
    const explained = await healthInjector(['explain', `pod/${metadata.name}`, '-n', namespace]);
    assert.match(explained.out, /held until \S+Z/);
    await signal('ready', 'CONT');
    const ended = await healthInjector([...pause, '--end']);
    assert.match(ended.out, /^The liveness of Pod \S+ is no longer held\.\n$/, ended.errors);
    assert.equal(await heldBy(metadata.name), '0');
  });

  it('is refused in an Event that says why', async () => {
    const { metadata } = await readyPod(namespace, 'port');
    await annotate(metadata.name, 'pause=15m');
    assert.match(
      await eventOf(metadata.name, 'HealthPauseRefused'),
      /pattern port cannot be held, only sidecar and cli/,
    );
    const ready = await podOf(namespace, 'ready');
    await annotate(ready.metadata.name, 'pause=soon');
    assert.match(await eventOf(ready.metadata.name, 'HealthPauseRefused'), /pause is "soon", expected a duration/);
    await annotate(ready.metadata.name, 'pause-');
    await annotate(ready.metadata.name, 'pause=4h');
    const cut = await eventually('a pause that is cut', 20, async () =>
      (await eventsOf(namespace, ready.metadata.name)).find((event) => event.includes('no more than 1h, not 4h')),
    );
    const untilMs = Date.parse(/held until (\S+Z)/.exec(cut)?.[1] ?? '');
    assert(Math.abs(untilMs - Date.now() - 3_600_000) < 30_000, cut);
    await annotate(ready.metadata.name, 'pause-');
    await isHeld(ready.metadata.name, '0');
  });

  // MEASURE=20: what docs/pause.md says.
  it('is in force within seconds', async function (this: Mocha.Context) {
    const times = Number(process.env['MEASURE'] ?? '1');
    this.timeout(times * 60_000);
    const { metadata, status } = await readyPod(namespace, 'ready');
    const body = async () => (await fetch(`http://${status.podIP}:9440/livez`)).text();
    const until = async (wanted: boolean): Promise<number> => {
      const beganMs = performance.now();
      await annotate(metadata.name, wanted ? 'pause=15m' : 'pause-');
      while ((await body()).includes('held until') !== wanted) await sleep(25);
      return Math.round(performance.now() - beganMs);
    };
    const taken: { readonly begun: number; readonly ended: number }[] = [];
    for (let time = 0; time < times; time += 1) {
      taken.push({ begun: await until(true), ended: await until(false) });
    }
    if (times > 1) process.stdout.write(`${JSON.stringify(taken)}\n`);
    assert(
      taken.every(({ begun, ended }) => begun < 30_000 && ended < 30_000),
      JSON.stringify(taken),
    );
  });
});
