import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { readAgentState } from '../../src/cli/explain/agent-state.ts';
import { serve } from '../agent/support/agent.ts';
import { eventually } from '../support/eventually.ts';

describe('what an agent says of its checks', () => {
  it('is read from the metrics and the log of the real agent', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const agent = await serve(['--period', '100ms', '--container', 'web', `tcp://:${port}`]);
    const state = async () => {
      const { body: metrics } = await agent.get('/metrics');
      return readAgentState({ metrics, log: agent.log() });
    };
    const until = (verdict: string) =>
      eventually(verdict, 10_000, async () =>
        (await state()).some((check) => check.verdict === verdict && check.since),
      );
    try {
      await until('pass');
      await new Promise((resolve) => server.close(resolve));
      await until('fail');
      const [check, ...rest] = await state();
      assert(check);
      assert.deepEqual(rest, []);
      assert.equal(check.container, 'web');
      assert.match(check.check, new RegExp(`^tcp 127\\.0\\.0\\.1:${port}$`));
      assert.match(check.reason ?? '', /refused/);
      assert((check.runs['pass'] ?? 0) > 0 && (check.runs['fail'] ?? 0) > 0);
      assert(check.durationMs !== undefined && check.durationMs < 10_000);
      assert(Math.abs(Date.parse(check.lastRun ?? '') - Date.now()) < 60_000);
      assert.equal(check.failures.length, 1);
      assert.equal(check.failures[0]?.at, check.since);
      assert.equal(check.isProven, undefined);
    } finally {
      await agent.stop();
      server.close();
    }
  });

  it('says what it can by the log alone, and by the metrics alone', () => {
    const log = '2026-01-01T00:00:00.000Z level=warn container=a check=x verdict=fail reason="no answer"\n';
    const metrics = 'health_probe_check_verdict{checked_container="a",check="x",verdict="alive"} 1\n';
    const [byLog] = readAgentState({ log, metrics: undefined });
    assert.deepEqual([byLog?.verdict, byLog?.since, byLog?.reason], ['fail', '2026-01-01T00:00:00.000Z', 'no answer']);
    const [byMetrics] = readAgentState({ log: undefined, metrics });
    assert.deepEqual([byMetrics?.verdict, byMetrics?.since], ['alive', undefined]);
    // The line of the log that made it so is not there any more: it does not say since when.
    const [both] = readAgentState({ log, metrics });
    assert.deepEqual(
      [both?.verdict, both?.since, both?.reason, both?.failures.length],
      ['alive', undefined, undefined, 1],
    );
  });

  it('takes what a stranger answers for a text of bounded length', () => {
    const hostile = [
      'health_probe_check_verdict{checked_container="a",check="x",verdict="owned"} 1',
      'health_probe_check_verdict{checked_container="a',
      `health_probe_check_verdict{checked_container="a",check="${'y'.repeat(3_000)}",verdict="pass"} 1`,
      ...Array.from(
        { length: 5_000 },
        (_, index) => `health_probe_check_verdict{checked_container="a",check="${index}",verdict="pass"} 1`,
      ),
      `health_probe_check_last_run_timestamp_seconds{checked_container="a",check="0"} 1e300`,
    ].join('\n');
    const states = readAgentState({
      metrics: hostile,
      log: `${'='.repeat(100_000)}\n9e99 level=warn check=x verdict=fail`,
    });
    assert.equal(states.length, 64);
    assert(states.every(({ check, lastRun }) => check.length <= 256 && lastRun === undefined));
    assert(!JSON.stringify(states).includes('owned'));
  });
});
