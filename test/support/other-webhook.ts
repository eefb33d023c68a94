import type { V1Container } from '@kubernetes/client-node';
import type { Pod } from '../../src/inject/pod/pod.ts';

/** What another webhook does to the Pod: marks of its own beside ours and in ours, and what it has forgotten of ours. */
export const doings: Readonly<Record<string, (pod: Pod) => void>> = {
  'adds a variable to each container': ({ spec }) => {
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      if (!container.env?.some(({ name }) => name === 'MESH')) container.env = [mesh, ...(container.env ?? [])];
    }
  },
  'adds a container in front': ({ spec }) => {
    if (!spec.containers.some(({ name }) => name === 'mesh'))
      spec.containers.unshift({ name: 'mesh', image: 'mesh:1' });
  },
  'adds an init container in front and one at the end': ({ spec }) => {
    if (spec.initContainers?.some(({ name }) => name === 'mesh-1')) return;
    const [first, last] = ['mesh-1', 'mesh-2'].map((name) => ({ name, image: 'mesh:1' }));
    spec.initContainers = [first!, ...(spec.initContainers ?? []), last!];
  },
  'adds a volume in front and mounts it everywhere': ({ spec }) => {
    if (!spec.volumes?.some(({ name }) => name === 'mesh')) {
      spec.volumes = [{ name: 'mesh', emptyDir: {} }, ...(spec.volumes ?? [])];
    }
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      if (container.volumeMounts?.some(({ name }) => name === 'mesh')) continue;
      container.volumeMounts = [{ name: 'mesh', mountPath: '/mesh' }, ...(container.volumeMounts ?? [])];
    }
  },
  'forgets that a sidecar is one': ({ spec }) => {
    for (const container of spec.initContainers ?? []) {
      if (container.name.startsWith('health-probe') && container.args?.[0] === 'serve') delete container.restartPolicy;
    }
  },
};
const mesh = { name: 'MESH', value: 'yes' };

const isTheirs = ({ name }: { readonly name: string }): boolean => /^mesh/i.test(name);

/** The container without them. */
const strip = (container: V1Container): V1Container => ({
  ...container,
  ...(container.env ? { env: container.env.filter((entry) => !isTheirs(entry)) } : {}),
  ...(container.volumeMounts ? { volumeMounts: container.volumeMounts.filter((mount) => !isTheirs(mount)) } : {}),
});

const own = (list: V1Container[] | undefined): V1Container[] =>
  (list ?? []).filter((container) => !isTheirs(container)).map(strip);

/** The Pod without the marks of that webhook. */
export const unmarked = (pod: Pod): Pod => {
  const { containers, initContainers, volumes } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: own(containers),
      initContainers: own(initContainers),
      volumes: (volumes ?? []).filter((volume) => !isTheirs(volume)),
    },
  };
};

/** The places of all that the other webhook has added. */
export const namesIn = ({ spec }: Pod): string[] =>
  (['containers', 'initContainers', 'volumes'] as const)
    .flatMap((list) => (spec[list] ?? []).flatMap((item) => placesIn(`${list}/${item.name}`, item)))
    .filter((name) => /mesh/i.test(name))
    .toSorted();

const placesIn = (
  place: string,
  item: {
    readonly env?: V1Container['env'];
    readonly volumeMounts?: V1Container['volumeMounts'];
    readonly name: string;
  },
): string[] => {
  const env = (item.env ?? []).map(({ name }) => `${place}/env/${name}`);
  const mounts = (item.volumeMounts ?? []).map(({ name }) => `${place}/volumeMounts/${name}`);
  return [place, ...env, ...mounts];
};
