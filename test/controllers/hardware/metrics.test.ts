import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { createHardwareMetrics } from '../../../src/controllers/hardware/metrics.ts';
import { reasonsOf } from '../../../src/controllers/hardware/reasons.ts';
import { eventually } from '../../support/eventually.ts';
import { useLeaders } from './support/leader.ts';
import { pod } from './support/snapshot.ts';

const name = 'health_injector_hardware_held_pods';

describe('the metrics of moves', () => {
  const { newWorld, lead } = useLeaders();

  it('show every label at 0 before anything has happened, so that the first of each is an increase', async () => {
    const registry = new Registry();
    createHardwareMetrics(registry);
    const text = await registry.metrics();
    for (const kind of ['hold', 'refuse', 'release'] as const) {
      for (const reason of reasonsOf(kind)) {
        const line = `\nhealth_injector_hardware_decisions_total{kind="${kind}",reason="${reason}"} 0\n`;
        assert(text.includes(line), line);
      }
    }
    for (const reason of reasonsOf('hold')) assert(text.includes(`\n${name}{reason="${reason}"} 0\n`), reason);
    assert(text.includes('\nhealth_injector_hardware_evictions_total{result="failed"} 0\n'));
  });

  it('show how many Pods are held by what, and none of them any more once it is otherwise', async () => {
    const registry = new Registry();
    const metrics = createHardwareMetrics(registry);
    const held = (): Promise<string> => registry.getSingleMetricAsString(name);
    const [one, other] = [pod('a', 'node-a'), pod('b', 'node-b')];
    metrics.holding([
      { kind: 'hold', reason: 'brake', pod: one },
      { kind: 'hold', reason: 'brake', pod: other },
      { kind: 'refuse', reason: 'report', pod: other },
    ]);
    assert.match(await held(), /reason="brake"} 2$/m);
    metrics.holding([{ kind: 'hold', reason: 'owner-cap', pod: one }]);
    assert.match(await held(), /reason="brake"} 0$/m);
    assert.match(await held(), /reason="owner-cap"} 1$/m);
  });

  it('count what failed by few labels: its check, and who named the device', async () => {
    const registry = new Registry();
    const { failed } = createHardwareMetrics(registry);
    failed({ check: 'gpu', message: '', device: { reportedBy: 'Agent', id: 'gpu3' } });
    failed({ check: 'gpu, nic', message: '' });
    failed({ check: 'device', message: '', device: { reportedBy: 'Kubelet', resource: 'x/y', id: 'z' } });
    const text = await registry.getSingleMetricAsString('health_injector_hardware_failures_total');
    assert.deepEqual(text.match(/(?<=\{).*(?=\})/g), [
      'check="gpu",reported_by="Agent"',
      'check="several",reported_by="nobody"',
      'check="device",reported_by="Kubelet"',
    ]);
  });

  it('are those of what a leader finds at each look', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const { registry } = lead(world, { mode: 'dry-run' });
    const shows = (count: number) =>
      eventually(`${count} held`, 2_000, async () =>
        (await registry.getSingleMetricAsString(name)).includes(`reason="dry-run"} ${count}`),
      );
    await shows(1);
    world.setPod('web-0', 'node-a', 'web', true);
    await shows(0);
  });
});
