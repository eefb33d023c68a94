import assert from 'node:assert/strict';
import { createActs } from '../../../src/controllers/hardware/acts.ts';
import { createHardwareCache } from '../../../src/controllers/hardware/cache.ts';
import type { Decision } from '../../../src/controllers/hardware/decision.ts';
import type { HardwareDeps } from '../../../src/controllers/hardware/deps.ts';
import { createClient } from '../../../src/kube/client.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { pod, quarantine, settings } from './support/snapshot.ts';

const reading = { check: 'temperature', message: 'coretemp is 95 °C, more than 90 °C' };

/** The calls that acting on a decided move makes, where `meanwhile` happens between the decision and the act. */
async function callsOf(meanwhile: (cache: ReturnType<typeof createHardwareCache>) => void): Promise<string[]> {
  const calls: string[] = [];
  const failing = pod('web-0', 'node-a');
  const empty = createHardwareCache({ onChange: () => {}, onManualRelease: () => {} });
  const cache = { ...empty, pods: new Map([[failing.uid, failing]]) };
  const there = quarantine('node-a');
  const known = { ...there, metadata: { ...there.metadata, uid: 'of-node-a', generation: 1 } };
  cache.quarantineHandler.onUpsert(known);
  const client = createClient((request) => {
    calls.push(`${request.method} ${request.path}`);
    return Promise.reject(new Error('this apiserver only counts'));
  });
  const ended = new AbortController();
  const deps = { client, clock: systemClock, cache, settings, prefix: 'health.example.com/', retryMs: 1 };
  const acts = createActs({ ...deps, onError: () => {} } as unknown as HardwareDeps, ended.signal);
  const move: Decision = { kind: 'move', reason: 'failed', pod: failing, reading, isUnanswered: false };
  acts.plan([move]);
  meanwhile(cache);
  const running = acts.run();
  await new Promise((resolve) => setTimeout(resolve, 50));
  ended.abort();
  await running;
  return calls;
}

describe('a move that was decided', () => {
  it('writes the quarantine of its node', async () => {
    const calls = await callsOf(() => {});
    assert.match(calls[0] ?? '', /^PUT .*\/nodequarantines\/node-a$/);
  });

  it('is dropped where a person releases the node before it is begun: it would quarantine the node anew', async () => {
    const calls = await callsOf((cache) => {
      for (const each of cache.quarantines.values()) cache.quarantineHandler.onDelete(each);
    });
    assert.deepEqual(calls, []);
  });
});
