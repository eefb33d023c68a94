import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { readTrialAnswer } from '../../src/trial/answer.ts';
import { sumOfPod } from '../../src/trial/sums.ts';
import { serve } from '../agent/support/agent.ts';
import { eventually } from '../support/eventually.ts';

describe('what the real agent answers at /trialz', () => {
  it('is what the controller and the command line read: measured where it passes, and why where it would have restarted', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = ['--period', '1s', '--timeout', '500ms', '--startup-timeout', '2s'];
    const agent = await serve([
      '--verbose',
      '--trial',
      '--container',
      'good',
      ...asked,
      `tcp://127.0.0.1:${port}`,
      '--container',
      'bad',
      ...asked,
      'tcp://127.0.0.1:1',
    ]);
    try {
      const answer = await eventually('a restart that would have been', 30_000, async () => {
        const read = readTrialAnswer((await agent.get('/trialz')).body);
        return read?.containers.some(({ startFailures }) => startFailures > 0) && read;
      });
      const [good, bad] = answer.containers;
      assert.deepEqual([good?.container, good?.restarts, good?.startFailures], ['good', 0, 0]);
      assert((good?.checks[0]?.runs ?? 0) > 0 && good?.checks[0]?.failures === 0);
      assert.equal(good?.starts.length, 1);
      assert.equal(bad?.checks[0]?.runs, bad?.checks[0]?.failures);
      const nowMs = Date.now();
      const { restarts, lastRestart } = sumOfPod([answer], { nowMs, createdMs: nowMs - 60_000 }, undefined);
      assert(restarts > 0);
      assert.match(
        lastRestart,
        /^the check "tcp 127\.0\.0\.1:1" of container "bad" failed: ".*refused.*", until its time to start was over$/,
      );
    } finally {
      await agent.stop();
      server.close();
    }
  });
});
