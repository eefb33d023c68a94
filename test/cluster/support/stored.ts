/** How what an apiserver stores differs from what it was sent; each entry is a line `path: what`. */
export type Differences = {
  /** Fields that are gone or otherwise, at the place where they are. */
  readonly changed: readonly string[];
  /** Fields that the apiserver added, with `[]` for each place in a list: the same default is one line. */
  readonly added: readonly string[];
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Compares two values of JSON; lists are compared place by place. */
export function differencesOf(sent: unknown, stored: unknown, path: string): Differences {
  const isList = Array.isArray(sent) && Array.isArray(stored);
  if (!isList && !(isObject(sent) && isObject(stored))) {
    return { changed: sent === stored ? [] : [`${path}: ${show(sent)} is ${show(stored)}`], added: [] };
  }
  const [before, after] = [new Map(Object.entries(sent)), new Map(Object.entries(stored))];
  const at = (key: string): string => (isList ? `${path}[${key}]` : `${path}.${key}`);
  const both = [...before].filter(([key]) => after.has(key));
  const inner = both.map(([key, value]) => differencesOf(value, after.get(key), at(key)));
  const gone = [...before].filter(([key]) => !after.has(key)).map(([key]) => `${at(key)} is gone`);
  const added = [...after].filter(([key]) => !before.has(key)).map(([key, value]) => `${at(key)}: ${show(value)}`);
  return {
    changed: [...gone, ...inner.flatMap(({ changed }) => changed)],
    added: [...added, ...inner.flatMap((each) => each.added)].map((line) => line.replaceAll(/\[\d+\]/g, '[]')),
  };
}

const show = (value: unknown): string => JSON.stringify(value);

const token = 'kube-api-access-';
const isToken = ({ name }: { readonly name: string }): boolean => name.startsWith(token);

const rest = (list: readonly { readonly name: string }[] | undefined) => {
  const others = list?.filter((each) => !isToken(each)) ?? [];
  return others.length > 0 ? others : undefined;
};

/** The `spec` of a Pod without the token that the apiserver mounts everywhere, under a name by chance, before any webhook. */
export function withoutToken(spec: any): any {
  const ofContainer = (container: any) => ({ ...container, volumeMounts: rest(container.volumeMounts) });
  const { containers, initContainers, volumes } = spec;
  return JSON.parse(
    JSON.stringify({
      ...spec,
      containers: containers.map(ofContainer),
      initContainers: initContainers?.map(ofContainer),
      volumes: rest(volumes),
    }),
  );
}
