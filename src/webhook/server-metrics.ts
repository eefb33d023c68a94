import { promisify } from 'node:util';
import type { Server } from 'node:https';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Shows which version runs, how many connections are open, and how many were closed at once for being too many. */
export function createServerMetrics(registry: Registry, server: Server, version: string): void {
  const build = new Gauge({
    name: 'health_injector_build_info',
    help: 'Always 1: the version that runs.',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version }, 1);
  const count = promisify(server.getConnections.bind(server));
  const open = new Gauge({
    name: 'health_injector_open_connections',
    help: 'Connections that are open, those in the middle of their handshake included.',
    async collect() {
      open.set(await count());
    },
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'health_injector_dropped_connections_total',
    help: 'Connections that were closed at once, because too many were open.',
    registers: [registry],
  });
  server.on('drop', () => dropped.inc());
}
