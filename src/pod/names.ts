import { type Pod, allContainers } from './pod.ts';

/** The first of `wanted`, `wanted-2`, ... that no container or volume of the user's has. */
export function freeName(pod: Pod, wanted: string, ours: ReadonlySet<string>): string {
  const taken = new Set([
    ...pod.spec.containers.map(({ name }) => `containers/${name}`),
    ...(pod.spec.initContainers ?? []).map(({ name }) => `initContainers/${name}`),
    ...(pod.spec.volumes ?? []).map(({ name }) => `volumes/${name}`),
  ]);
  const isFree = (name: string): boolean =>
    !taken.has(`containers/${name}`) &&
    [`initContainers/${name}`, `volumes/${name}`].every((entry) => !taken.has(entry) || ours.has(entry));
  let name = wanted;
  for (let count = 2; !isFree(name); count++) name = `${wanted}-${count}`;
  return name;
}

/** The first port from `wanted` on that no container declares; a container in `ours` may keep it. */
export function freePort(pod: Pod, wanted: number, ours: ReadonlySet<string>): number {
  const taken = new Set<number>();
  for (const { name, ports } of allContainers(pod)) {
    if (ours.has(`initContainers/${name}`)) continue;
    for (const { containerPort } of ports ?? []) taken.add(containerPort);
  }
  let port = wanted;
  while (taken.has(port)) port++;
  return port;
}

/** The name of the user's container that declares this port, if there is one. */
export const ownerOfPort = (pod: Pod, port: number, ours: ReadonlySet<string>): string | undefined =>
  allContainers(pod).find(
    ({ name, ports }) =>
      !ours.has(`initContainers/${name}`) && ports?.some(({ containerPort }) => containerPort === port),
  )?.name;
