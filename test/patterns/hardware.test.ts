import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from '../../src/health/inject.ts';
import type { Pod } from '../../src/pod/pod.ts';
import { check, serve } from '../agent/support/agent.ts';
import { makeTree } from '../agent/support/tree.ts';
import { eventually } from '../support/eventually.ts';
import { testContext } from '../support/webhook.ts';

/** The Pod that a check of hardware makes of one without any. */
function injected(annotations: Readonly<Record<string, string>>): Pod {
  const written = Object.entries({ pattern: 'hardware', ...annotations });
  const outcome = inject(
    {
      metadata: {
        annotations: Object.fromEntries(written.map(([key, value]) => [`health.example.com/${key}`, value])),
      },
      spec: { containers: [{ name: 'app', image: 'app:1' }] },
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
    assert.equal((await agent.get(sidecar.livenessProbe?.httpGet?.path ?? '')).status, 200);
    assert.equal(await agent.stop(), 0);
  });

  it('has an exec probe count from one run to the next, in the folder that it is given', async () => {
    const node = makeTree({
      'devices/system/edac/mc/mc0/ue_count': '0\n',
      'devices/system/edac/mc/mc0/ce_count': '0\n',
    });
    const state = mkdtempSync(join(tmpdir(), 'health-probe-state-'));
    const pod = injected({ check: 'memory-errors:', mode: 'cli' });
    const [container] = pod.spec.containers;
    const folder = container?.volumeMounts?.find(({ readOnly }) => !readOnly)?.mountPath;
    const [, verb, ...rest] = container?.readinessProbe?.exec?.command ?? [];
    assert.equal(verb, 'check');
    const args = ['--sys-root', node.root, ...rest.map((arg) => (arg === folder ? state : arg))];
    assert.equal((await check(args)).code, 0);
    assert.equal(readdirSync(state).length, 1);
    node.write('devices/system/edac/mc/mc0/ue_count', '1\n');
    const { code, line } = await check(args);
    assert.equal(code, 1, line);
    assert.match(line, /uncorrectable errors 1 > 0/);
  });
});
