import type { Pod } from '../inject/pod/pod.ts';
import { anyContainer, celText } from './cel.ts';
import { type ContainerList, containerLists } from './recipe.ts';

/** Where a policy finds a container that is checked: by its name, or as the first one of the Pod. */
export type ContainerPlace = {
  readonly list: ContainerList;
  readonly name: string;
  /** An expression for its index in the list. */
  readonly index: string;
};

/** Finds the place of a container of the Pod that a policy was made for. */
export function placeOf(pod: Pod, name: string): ContainerPlace {
  const list = containerLists.find((each) => pod.spec[each]?.some((container) => container.name === name));
  if (!list) throw new Error(`there is no container ${name}`);
  if (name === anyContainer) return { list, name, index: '0' };
  return { list, name, index: `object.spec.${list}.map(c, c.name).indexOf(${celText(name)})` };
}

/** An expression that is true where the container is there and `holds`, which speaks of it as `c`. */
export const whereContainer = ({ list, name }: ContainerPlace, holds: string): string =>
  name === anyContainer
    ? `[object.spec.${list}[0]].all(c, ${holds})`
    : `object.spec.?${list}.orValue([]).exists(c, c.name == ${celText(name)} && ${holds})`;
