import { get, kubectl } from './kubectl.ts';

/** What comes and goes by itself, whoever is installed. */
const ephemeral = /^(events|events\.events\.k8s\.io|componentstatuses|endpointslices\.discovery\.k8s\.io)$/;

/** Every object of the cluster that can be listed, as KIND/NAMESPACE/NAME: `kubectl get all` leaves most kinds out. */
export async function inventory(): Promise<Set<string>> {
  const resources = (await kubectl(['api-resources', '--verbs=list', '-o', 'name'])).split('\n').filter(Boolean);
  const asked = resources.filter((resource) => !ephemeral.test(resource));
  const { items } = await get([asked.join(), '--all-namespaces']);
  return new Set(items.map(({ kind, metadata }: any) => [kind, metadata.namespace ?? '', metadata.name].join('/')));
}

/** What is in the second inventory and not in the first, in order. */
export const added = (before: ReadonlySet<string>, after: ReadonlySet<string>): string[] =>
  [...after].filter((object) => !before.has(object)).toSorted();
