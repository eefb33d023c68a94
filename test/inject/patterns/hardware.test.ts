import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from '../../../src/inject/inject.ts';
import type { Pod } from '../../../src/inject/pod/pod.ts';
import { check, serve } from '../../agent/support/agent.ts';
import { makeTree } from '../../agent/support/tree.ts';
import { eventually } from '../../support/eventually.ts';
import { testContext } from '../../support/webhook.ts';

/** The Pod that checks of hardware make of one without any. */
function injected(annotations: Readonly<Record<string, string>>, containers: readonly string[] = ['app']): Pod {
  const written = Object.entries({ pattern: 'hardware', ...annotations });
  const outcome = inject(
    {
      metadata: {
        annotations: Object.fromEntries(written.map(([key, value]) => [`health.example.com/${key}`, value])),
      },
      spec: { containers: containers.map((name) => ({ name, image: 'app:1' })) },
    },
    testContext,
  );
  assert(outcome.kind === 'injected', JSON.stringify(outcome));
  return outcome.pod;
}

describe('what pattern hardware writes', () => {
  it('has the sidecar not ready once the node that it is shown is hot, and tells the reading', async () => {
    const node = makeTree({
      'class/hwmon/hwmon0/name': 'coretemp\n',
      'class/hwmon/hwmon0/temp1_input': '45000\n',
      'class/hwmon/hwmon0/temp1_label': 'Package id 0\n',
    });
    const pod = injected({ check: 'temperature:?max=90C', period: '1s', 'host-paths': '/var/lib/fake/sys:/sys' });
    const [sidecar] = pod.spec.initContainers ?? [];
    assert.deepEqual(sidecar?.args?.slice(0, 3), ['serve', '--port', '9441']);
    const args = sidecar.args.slice(3).map((arg) => (arg === '/host/sys' ? node.root : arg));
    const agent = await serve(args);
    const path = sidecar.readinessProbe?.httpGet?.path ?? '';
    await eventually('ready', 5_000, async () => (await agent.get(path)).status === 200);
    node.write('class/hwmon/hwmon0/temp1_input', '95000\n');
    await eventually('not ready', 5_000, async () => (await agent.get(path)).status === 503);
    assert.match((await agent.get(`${path}?verbose`)).body, /95 C >= 90 C/);
    assert.equal(await agent.stop(), 0);
  });

  it('has nobody restart the sidecar, which would forget a memory error and be ready again', async () => {
    const node = makeTree(noErrors);
    const pod = injected({ check: 'memory-errors:', period: '1s', 'host-paths': '/var/lib/fake/sys:/sys' });
    const [sidecar] = pod.spec.initContainers ?? [];
    assert.deepEqual([sidecar?.livenessProbe, sidecar?.startupProbe], [undefined, undefined]);
    const args = (sidecar?.args ?? []).slice(3).map((arg) => (arg === '/host/sys' ? node.root : arg));
    const path = sidecar?.readinessProbe?.httpGet?.path ?? '';
    const first = await serve(args);
    await eventually('ready', 5_000, async () => (await first.get(path)).status === 200);
    node.write('devices/system/edac/mc/mc0/ue_count', '1\n');
    await eventually('not ready', 5_000, async () => (await first.get(path)).status === 503);
    assert.equal(await first.stop(), 0);
    const restarted = await serve(args);
    await eventually('ready all the same', 5_000, async () => (await restarted.get(path)).status === 200);
    assert.equal(await restarted.stop(), 0);
  });

  it('has an exec probe count from one run to the next, in the folder that it is given', async () => {
    const pod = injected({ check: 'memory-errors:', mode: 'cli' });
    const state = stateOf(pod);
    const node = makeTree(noErrors);
    assert.equal((await state.probe('app', node.root)).code, 0);
    assert.equal(readdirSync(state.folder('app')).length, 1);
    node.write('devices/system/edac/mc/mc0/ue_count', '1\n');
    const { code, line } = await state.probe('app', node.root);
    assert.equal(code, 1, line);
    assert.match(line, /uncorrectable errors 1 > 0/);
  });

  it('is counted by an exec probe of pattern cli too, whose folder for the agent is read-only', async () => {
    const pod = injected({ pattern: 'cli', readiness: 'temperature:?max=90C&for=2/3', liveness: 'file:///etc' });
    const state = stateOf(pod);
    const { root } = makeTree(temperature(95));
    assert.deepEqual([(await state.probe('app', root)).code, (await state.probe('app', root)).code], [0, 1]);
    assert.equal(readdirSync(state.folder('app')).length, 1);
    assert(!pod.spec.containers[0]?.livenessProbe?.exec?.command?.includes('--state'));
  });

  it('has one exec probe of a row fail where nothing can be read, and none where one failure makes unready', async () => {
    for (const pattern of [
      { check: 'temperature:', mode: 'cli' },
      { pattern: 'cli', readiness: 'temperature:' },
    ]) {
      const state = stateOf(injected(pattern));
      const { root } = makeTree({});
      const runs: { readonly code: number | null; readonly line: string }[] = [];
      for (let run = 1; run <= 40; run++) runs.push(await state.probe('app', root));
      const failed = runs.flatMap(({ code }, index) => (code === 0 ? [] : [index + 1]));
      assert.deepEqual(failed, [30]);
      assert.match(
        runs[29]?.line ?? '',
        /^said once, the probe holds: 30 runs in a row were unknown: no temperature sensor .*\(temperature\)$/,
      );
      assert.match(runs[39]?.line ?? '', /^unknown: no temperature sensor/);
    }
    const strictly = stateOf(injected({ check: 'temperature:', mode: 'cli', 'failure-threshold': '1' }));
    const { root } = makeTree({});
    for (let run = 1; run <= 31; run++) assert.equal((await strictly.probe('app', root)).code, 0);
  });

  it('has two containers of a Pod that ask the same, the one hot and the other cool, not speak for each other', async () => {
    const [hot, cool] = [makeTree(temperature(95)), makeTree(temperature(45))];
    const asked = 'temperature:?max=90C&for=3/5';
    const pod = injected({ 'check.app': asked, 'check.other': asked, mode: 'cli' }, ['app', 'other']);
    const state = stateOf(pod);
    for (let round = 1; round <= 5; round++) {
      const { line } = await state.probe('app', hot.root);
      assert.match(line, new RegExp(`95 C >= 90 C in ${round} of 5 readings`));
      assert.match((await state.probe('other', cool.root)).line, /^coretemp temp1 45 C < 90 C \(/);
    }
    assert.equal((await state.probe('app', hot.root)).code, 1);
    assert.equal((await state.probe('other', cool.root)).code, 0);
  });
});

const temperature = (degrees: number) => ({
  'class/hwmon/hwmon0/name': 'coretemp\n',
  'class/hwmon/hwmon0/temp1_input': `${degrees}000\n`,
});

const noErrors = { 'devices/system/edac/mc/mc0/ue_count': '0\n', 'devices/system/edac/mc/mc0/ce_count': '0\n' };

/** Runs the exec probes of a Pod on this machine, with its volume for what they count as the kubelet would mount it. */
function stateOf(pod: Pod) {
  const volume = mkdtempSync(join(tmpdir(), 'health-probe-state-'));
  const containerOf = (name: string) => pod.spec.containers.find((container) => container.name === name);
  const mountOf = (name: string) => containerOf(name)?.volumeMounts?.find(({ readOnly }) => !readOnly);
  const folder = (name: string): string => {
    const place = join(volume, mountOf(name)?.subPath ?? '');
    mkdirSync(place, { recursive: true });
    return place;
  };
  const probe = (name: string, sysRoot: string) => {
    const [, verb, ...rest] = containerOf(name)?.readinessProbe?.exec?.command ?? [];
    assert.equal(verb, 'check');
    const args = rest.map((arg) => (arg === mountOf(name)?.mountPath ? folder(name) : arg));
    return check(['--sys-root', sysRoot, ...args]);
  };
  return { folder, probe };
}
