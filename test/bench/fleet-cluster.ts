import { execFileSync } from 'node:child_process';
import type { V1Pod } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { quarantinesPath } from '../../src/quarantine/quarantine.ts';
import { eventually } from '../support/eventually.ts';
import { get, itemsOf, renew, send } from './apiserver.ts';
import {
  bindingsPath,
  controllerBinding,
  leaseObject,
  leasesPath,
  namespace,
  namespaceObject,
  nodeName,
  nodeObject,
  nodeStatus,
  ownerObject,
  podName,
  podObject,
  podStatus,
  podsPath,
  podsPerNode,
} from './fleet-objects.ts';

/** The whole numbers from one, up to another without it. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** A Pod as the command line injects it, whose agent listens on this port. */
export const simulatedPod = (agentPort: number): V1Pod => {
  const input = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'simulation',
      annotations: {
        'health.example.com/pattern': 'hardware',
        'health.example.com/check': 'temperature:?max=90C',
        'health.example.com/health-port': String(agentPort),
      },
    },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'simulation', image: 'example.com/simulation:1' }],
    },
  });
  return parse(
    execFileSync('node', ['dist/cli.js', 'inject', '-'], { input, stdio: ['pipe', 'pipe', 'ignore'] }).toString(),
  ) as V1Pod;
};

/** Makes the nodes with their Pods, all healthy, and keeps the nodes ready until what it gives back is called. */
export async function makeFleet(template: V1Pod, nodes: number): Promise<() => void> {
  await send('POST', '/api/v1/namespaces', namespaceObject);
  await Promise.all(
    range(0, nodes).map(async (node) => {
      await send('POST', '/api/v1/nodes', nodeObject(node));
      await send('POST', leasesPath, leaseObject(node));
      await send('PATCH', `/api/v1/nodes/${nodeName(node)}/status`, nodeStatus(node));
    }),
  );
  // A kubelet does it every 10 s; an apiserver on few cores has more to do for what is measured.
  const renewing = setInterval(() => {
    for (const node of range(0, nodes))
      void renew('PATCH', `${leasesPath}/${nodeName(node)}`, leaseObject(node)).catch(() => {});
  }, 15_000);
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await eventually(
    'the ServiceAccount',
    20_000,
    async () => ((await get(account)) as { kind?: string }).kind === 'ServiceAccount',
  );
  // Two Pods of an owner, half the fleet apart: the cap of two moves per owner hides nothing of the brake.
  const owners = (nodes / 2) * podsPerNode;
  await Promise.all(
    range(0, owners).map(async (owner) => {
      const made = (await send('POST', `/apis/batch/v1/namespaces/${namespace}/jobs`, ownerObject(owner))) as V1Pod;
      const [half, place] = [Math.floor(owner / podsPerNode), owner % podsPerNode];
      for (const node of [half, half + nodes / 2]) {
        await send('POST', podsPath, podObject(template, node, place, owner, made.metadata?.uid ?? ''));
        await send('PATCH', `${podsPath}/${podName(node, place)}/status`, podStatus(template, true));
      }
    }),
  );
  return () => clearInterval(renewing);
}

/** Sets the status that a kubelet writes when the check of the Pods of these nodes fails. */
export const failNodes = (template: V1Pod, from: number, to: number): Promise<unknown> =>
  Promise.all(
    range(from, to).flatMap((node) =>
      range(0, podsPerNode).map((place) =>
        send('PATCH', `${podsPath}/${podName(node, place)}/status`, podStatus(template, false)),
      ),
    ),
  );

/** Deletes the Pods of these nodes and every quarantine of the fleet. */
export async function clearNodes(from: number, to: number): Promise<void> {
  const pods = range(from, to).flatMap((node) => range(0, podsPerNode).map((place) => podName(node, place)));
  await deleteAll(podsPath, pods);
  await deleteAll(quarantinesPath, await namesOf(quarantinesPath));
}

async function deleteAll(path: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => send('DELETE', `${path}/${name}`, { gracePeriodSeconds: 0 })));
}

/** Other nodes, and their quarantines, are not the fleet's. */
const namesOf = async (path: string): Promise<string[]> =>
  (await itemsOf<V1Pod>(path))
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((name) => path === podsPath || name.startsWith('fleet-'));

const isGone = async () => ((await get(`/api/v1/namespaces/${namespace}`)) as { code?: number }).code === 404;

/** Deletes all of a fleet, also what an earlier run left behind. */
export async function clean(): Promise<void> {
  await deleteAll(podsPath, await namesOf(podsPath));
  await deleteAll(quarantinesPath, await namesOf(quarantinesPath));
  await send('DELETE', `${bindingsPath}/${controllerBinding.metadata.name}`, {});
  await send('DELETE', `/api/v1/namespaces/${namespace}`, {});
  await deleteAll('/api/v1/nodes', await namesOf('/api/v1/nodes'));
  await deleteAll(leasesPath, await namesOf(leasesPath));
  await eventually('the namespace is gone', 60_000, isGone, 500);
}
