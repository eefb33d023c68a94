import { createServer } from 'node:http';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { itemsOf } from './apiserver.ts';
import { clean, clearNodes, makeFleet, range, simulatedPod } from './fleet-cluster.ts';
import { startController, stop } from './fleet-controller.ts';
import { timeDecide } from './fleet-decide.ts';
import { measureFailure } from './fleet-failure.ts';
import { nodeName, podsPath, podsPerNode } from './fleet-objects.ts';
import { peakMiB, residentMiB } from './measure.ts';

const nodes = Number(process.env['NODES'] ?? '500');
const [failing, many] = [nodes / 10, nodes / 2];
const agentPort = 19_441;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const template = simulatedPod(agentPort);
const port = template.spec?.initContainers?.[0]?.ports?.[0]?.containerPort ?? 0;
const agent = createServer((_request, response) =>
  response
    .writeHead(503)
    .end('[-] temperature: fail, coretemp Package id 0 is at 95 °C, the most is 90 °C, 1ms, 1s ago\n'),
).listen(port, '127.0.0.1');
// What an earlier run left behind, if it was broken off.
await clean();
let letNodesBe = (): void => {};
try {
  const startMs = Date.now();
  letNodesBe = await makeFleet(template, nodes);
  print(`${nodes} nodes, ${nodes * podsPerNode} Pods made within ${((Date.now() - startMs) / 1_000).toFixed(0)} s`);
  const [pods, all] = await Promise.all([itemsOf<V1Pod>(podsPath), itemsOf<V1Node>('/api/v1/nodes')]);
  print(timeDecide(pods, all, new Set(range(0, failing).map(nodeName))));
  const braked = await startController();
  print(
    `controller synced: ${residentMiB(braked.pid).toFixed(0)} MiB resident, ${peakMiB(braked.pid).toFixed(0)} ever`,
  );
  print(await measureFailure('a tenth of the nodes fails', template, braked, 0, failing, 10_000));
  const second = `a second tenth fails, the brake's budget is used`;
  print(await measureFailure(second, template, braked, failing, 2 * failing, 10_000));
  await stop(braked);
  await clearNodes(failing, 2 * failing);
  const unbraked = await startController('--hardware-brake-percent=100');
  const half = 'half of the nodes fails, without a brake';
  print(await measureFailure(half, template, unbraked, 2 * failing, 2 * failing + many, 15_000));
  await stop(unbraked);
} finally {
  await clean();
  letNodesBe();
  agent.close();
}
process.exit(0);
