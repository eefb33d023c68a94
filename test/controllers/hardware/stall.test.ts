import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createSensorReader } from '../../../src/controllers/hardware/readings.ts';
import type { Client } from '../../../src/kube/client.ts';
import type { HardwarePod } from '../../../src/controllers/hardware/pod.ts';

/** A sidecar in a process of its own, which a stall of this one does not stop. */
const sidecar = `
  require('node:http').createServer((request, response) => {
    response.writeHead(503);
    response.end('[-] temperature: fail, 95 °C, 0.2 ms, 1s ago\\n');
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

function standStill(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

describe('a stall of the controller', () => {
  const life = new AbortController();
  let child: ChildProcess;
  let port = 0;
  before(async () => {
    child = spawn(process.execPath, ['-e', sidecar], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
    port = Number(line.toString());
  });
  after(() => {
    life.abort();
    child.kill();
  });

  it('is not counted against a Pod: its sidecar is asked again, and its own answer counts', async () => {
    const target = { mode: 'sidecar', containers: ['health-probe-hardware'], port } as const;
    const pod = { ip: '127.0.0.1', target, failing: undefined } as unknown as HardwarePod;
    const ask = createSensorReader({} as Client, life.signal);
    const answer = ask(pod, life.signal);
    // Longer than the second that a sidecar has: the timer of the deadline is due before its answer is read.
    setImmediate(() => standStill(1_500));
    assert.deepEqual(await answer, {
      kind: 'fails',
      reading: { check: 'temperature', message: 'its sidecar says "95 °C"' },
    });
  });
});
