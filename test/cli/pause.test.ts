import assert from 'node:assert/strict';
import { parseHold } from '../../src/hold/hold.ts';
import { healthInjector } from './support/health-injector.ts';
import { startPausable } from './support/paused.ts';

const prefix = 'health.example.com/';
const sidecar = { pattern: 'sidecar', check: 'redis://:6379' };

/** Milliseconds from now until the time that a sentence names. */
const isAhead = (sentence: string): number => Date.parse(/until (\S+Z)/.exec(sentence)?.[1] ?? '') - Date.now();

describe('health-injector pause', () => {
  const forbidden = { patch: false, proxy: false };
  let cluster: Awaited<ReturnType<typeof startPausable>>;
  before(async () => {
    cluster = await startPausable(forbidden);
    cluster.make('web', sidecar);
    cluster.make('inside', { ...sidecar, pattern: 'cli' });
    cluster.make('asked', { pattern: 'port', port: '8080' });
    cluster.make('tried', { ...sidecar, trial: 'true' });
    cluster.make('plain', {});
  });
  after(() => cluster.stop());
  const pause = (...args: readonly string[]) => healthInjector(['pause', '--kubeconfig', cluster.kubeconfig, ...args]);
  const holdOf = (name: string) => parseHold(cluster.annotationsOf(name)[`${prefix}hold`]);

  it('is in force when it says so, and over when it says that', async () => {
    assert.equal((await cluster.liveness()).status, 502);
    const begun = await pause('web', '--for', '15m');
    assert.deepEqual([begun.code, begun.errors], [0, '']);
    assert.match(begun.out, /^The liveness of Pod shop\/web is held until \S+Z\.\n$/);
    assert(Math.abs(isAhead(begun.out) - 900_000) < 30_000, begun.out);
    const held = await cluster.liveness();
    assert.deepEqual([held.status, held.body.startsWith('ok, held until ')], [200, true], held.body);
    const ended = await pause('pod/web', '--end');
    assert.deepEqual(ended, { code: 0, out: 'The liveness of Pod shop/web is no longer held.\n', errors: '' });
    assert.equal((await cluster.liveness()).status, 502);
    const again = await pause('web', '--end');
    assert.deepEqual(again, { code: 0, out: 'Pod shop/web is not paused.\n', errors: '' });
  });

  it('begins anew with the same time, and holds readiness only on wish', async () => {
    const first = await pause('web', '--for', '10m', '--readiness');
    assert.match(first.out, /^The liveness and readiness of Pod shop\/web is held until /);
    assert.equal(cluster.annotationsOf('web')[`${prefix}pause-readiness`], 'true');
    const second = await pause('web', '--for', '10m');
    assert.match(second.out, /^The liveness of Pod shop\/web is held until /);
    assert(isAhead(second.out) > isAhead(first.out), `${first.out}${second.out}`);
    assert.equal(holdOf('web')?.readinessUntilMs, undefined);
    assert.equal(cluster.annotationsOf('web')[`${prefix}pause-readiness`], undefined);
  });

  it('says until when it is held where the administrator allows no more', async () => {
    const { out } = await pause('web', '--for', '4h');
    assert(Math.abs(isAhead(out) - 3_600_000) < 30_000, out);
  });

  it('says that the kubelet has yet to show it where no agent can be asked', async () => {
    const soon =
      /is held until \S+Z, as soon as the kubelet has shown it to the agent, which takes some two seconds\.\n$/;
    const inside = await pause('inside', '--for', '15m');
    assert.match(inside.out, soon);
    assert.equal(holdOf('inside')?.source, '15m');
    forbidden.proxy = true;
    const unseen = await pause('web', '--for', '16m');
    forbidden.proxy = false;
    assert.deepEqual([unseen.code, soon.test(unseen.out)], [0, true], unseen.out);
  });

  const refused: Readonly<Record<string, readonly [name: string, sentence: RegExp]>> = {
    'whose pattern nobody can hold': [
      'asked',
      /cannot be paused: pattern port cannot be held, only sidecar and cli can: /,
    ],
    'that is on trial': ['tried', /cannot be paused: it is on trial, and has no probe that could be held\.$/],
    'that carries nothing of ours': ['plain', /cannot be paused: health-injector has added no check to it\.$/],
    'that is not there': ['none', /^There is no Pod shop\/none\.$/],
  };
  for (const [what, [name, sentence]] of Object.entries(refused)) {
    it(`refuses a Pod ${what}, and writes nothing`, async () => {
      const { code, out, errors } = await pause(name, '--for', '15m');
      assert.deepEqual([code, out], [2, '']);
      assert.match(errors.trimEnd(), sentence);
      if (name !== 'none') assert.equal(cluster.annotationsOf(name)[`${prefix}pause`], undefined);
    });
  }

  it('says why the controller refuses it, as soon as that does', async () => {
    const none = await startPausable({ patch: false, proxy: false }, 0);
    none.make('web', sidecar);
    const { code, errors } = await healthInjector(['pause', '--kubeconfig', none.kubeconfig, 'web', '--for', '15m']);
    await none.stop();
    assert.deepEqual([code, errors], [2, 'The liveness of Pod web is not held: the administrator allows no pauses.\n']);
  });

  it('names the right that is missing', async () => {
    forbidden.patch = true;
    const { code, errors } = await pause('web', '--for', '17m');
    forbidden.patch = false;
    assert.equal(code, 2);
    assert.equal(errors, 'Pod shop/web could not be annotated: you lack the right to patch pods in namespace shop.\n');
  });

  const wrong: Readonly<Record<string, readonly [args: readonly string[], sentence: RegExp]>> = {
    'no Pod': [['--for', '15m'], /^expected one Pod, such as pause web-5c9f --for 15m\./m],
    'two Pods': [['web', 'inside', '--for', '15m'], /^expected one Pod, /m],
    'neither a time nor an end': [['web'], /^expected --for TIME, or --end, and not both\./m],
    'a time and an end': [['web', '--for', '15m', '--end'], /^expected --for TIME, or --end, and not both\./m],
    'a time that is none': [['web', '--for', 'soon'], /^--for is "soon", expected a duration such as 15m or 1h/m],
  };
  for (const [what, [args, sentence]] of Object.entries(wrong)) {
    it(`is called wrongly with ${what}`, async () => {
      const { code, out, errors } = await pause(...args);
      assert.deepEqual([code, out], [64, '']);
      assert.match(errors, sentence);
    });
  }
});
