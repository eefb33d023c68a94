import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { createHardwareMetrics } from '../../../../src/controller/hardware/metrics.ts';
import { runHardware } from '../../../../src/controller/hardware/run-hardware.ts';
import type { HardwareSettings } from '../../../../src/controller/hardware/situation.ts';
import { settings } from './situation.ts';
import type { World } from './world.ts';

/** A sidecar that says what an agent would of a hot sensor. */
export async function startSidecar(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((_request, response) => {
    response.writeHead(503);
    response.end('[-] temperature: fail, coretemp is 95 °C, more than 90 °C, 0.2 ms, 1s ago\nfailed: temperature\n');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

/** A leader with little patience; what it tells and fails at is kept. */
export function startLeader(world: World, rules: Partial<HardwareSettings> = {}) {
  const told: string[] = [];
  const failures: string[] = [];
  const done: string[] = [];
  const stop = new AbortController();
  const registry = new Registry();
  const ended = runHardware(
    {
      connection: world.connection,
      prefix: 'health.example.com/',
      settings: { ...settings, stableMs: 0, minimumAgeMs: 0, percent: 100, mostPerOwner: 100, ...rules },
      webhook: { namespace: 'health-injector', service: 'health-injector', limitMs: 200 },
      tell: {
        about: async ({ name }, reason, note, places) =>
          void told.push(`${name} ${reason} ${places.join('+')} ${note}`),
        released: (node, byHand, note) => void told.push(`${node} NodeReleased ${byHand ? 'by hand ' : ''}${note}`),
      },
      metrics: createHardwareMetrics(registry),
      tickMs: 20,
      retryMs: 200,
      failed: (sentence) => void failures.push(sentence),
      done: (what, message) => void done.push(`${message} ${JSON.stringify(what)}`),
    },
    stop.signal,
  );
  return {
    told,
    failures,
    done,
    registry,
    kill: () => stop.abort(),
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}
