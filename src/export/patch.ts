// https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/#json-patch
import { probeField } from '../inject/pod/additions.ts';
import type { Pod } from '../inject/pod/pod.ts';
import { anyContainer, before, behind, celLines, celText, enclosed } from './cel.ts';
import { type ContainerPlace, placeOf } from './places.ts';
import type { Recipe } from './recipe.ts';

/** A variable of a policy. */
type Variable = { readonly name: string; readonly expression: string };

/** What a policy does to a Pod: an expression that gives a JSON Patch, and the variables that it uses. */
export type Patch = { readonly variables: readonly Variable[]; readonly expression: string };

/** A part of the expression, in lines: each gives a list of operations. */
type Part = readonly string[];

/**
 * Writes a recipe for a Pod as a JSON Patch that adds element by element, so that what another has put into a list stays.
 * The places of containers come first: what is added to a list would move them. `leavesAlone` is true in a namespace from
 * which a policy keeps off.
 */
export function patchOf(recipe: Recipe, pod: Pod, leavesAlone: string): Patch {
  const names = [...new Set([...recipe.probes, ...recipe.mounts].map(({ container }) => container))];
  const places = new Map(
    names.map((name, index) => {
      const place = placeOf(pod, name);
      return [name, { place, variable: `container${index}`, at: pathTo(place, `container${index}`) }];
    }),
  );
  const at = (name: string): string => places.get(name)?.at ?? '';
  const parts: readonly Part[] = [
    list(recipe.probes.map(({ container, probe, value }) => add(`${at(container)}/${probeField(probe)}"`, value))),
    ...names.flatMap((name) => {
      const mounts = recipe.mounts.filter(({ container }) => container === name);
      const { list: containers, index } = places.get(name)?.place ?? placeOf(pod, name);
      const field = `object.spec.${containers}[${index === '0' ? index : `variables.${places.get(name)?.variable}`}]`;
      const adds = mounts.map(({ value }) => add(`${at(name)}/volumeMounts/-"`, value));
      return mounts.length === 0
        ? []
        : [whereMissing(`${field}.volumeMounts`, `${at(name)}/volumeMounts"`, []), list(adds)];
    }),
    ...listParts('volumes', recipe.volumes, pod),
    ...listParts('initContainers', recipe.initContainers, pod),
    whereMissing('object.metadata.annotations', '"/metadata/annotations"', {}),
    list(recipe.annotations.map(({ key, value }) => add(`"/metadata/annotations/${escaped(key)}"`, value))),
  ].filter(({ length }) => length > 0);
  const variables = [...places.values()].map(({ place, variable }) => ({ name: variable, expression: place.index }));
  const isAny = names.includes(anyContainer);
  return {
    variables: [
      ...(isAny ? [{ name: 'container', expression: 'object.spec.containers[0].name' }] : []),
      ...variables.filter(({ expression }) => expression !== '0'),
      { name: 'leavesAlone', expression: leavesAlone },
    ],
    expression: [
      'variables.leavesAlone ? [] : (',
      ...parts.flatMap((lines, index) => behind(index > 0 ? '+ ' : '', lines).map((line) => `  ${line}`)),
      ')',
    ].join('\n'),
  };
}

/** The beginning of a text that is the path to a container. */
const pathTo = ({ list: name, index }: ContainerPlace, variable: string): string =>
  index === '0' ? `"/spec/${name}/0` : `"/spec/${name}/" + string(variables.${variable}) + "`;

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** One operation, in lines; `path` is an expression. */
const add = (path: string, value: unknown): readonly string[] =>
  before(behind(`JSONPatch{op: "add", path: ${path}, value: `, celLines(value)), '}');

const list = (operations: readonly (readonly string[])[]): Part =>
  operations.length === 0 ? [] : enclosed('[', operations, ']');

/** Makes an empty list or map where there is none. */
const whereMissing = (field: string, path: string, empty: object): Part => [
  `(has(${field}) ? [] : [JSONPatch{op: "add", path: ${path}, value: ${celLines(empty)[0]}}])`,
];

/** Adds to a list of the spec. An item that goes before one of the Pod's is moved on by those that were added before. */
function listParts(
  name: 'volumes' | 'initContainers',
  additions: readonly { readonly value: { readonly name: string }; readonly before?: string }[],
  { spec }: Pod,
): Part[] {
  if (additions.length === 0) return [];
  const names = (spec[name] ?? []).map((item) => item.name);
  const placeIn = (next: string | undefined): number => (next === undefined ? names.length : names.indexOf(next));
  const operations = additions.map(({ value, before: next }, index) => {
    if (next === undefined) return add(`"/spec/${name}/-"`, value);
    const moved = additions.slice(0, index).filter((each) => placeIn(each.before) <= placeIn(next)).length;
    const place = `object.spec.${name}.map(c, c.name).indexOf(${celText(next)})`;
    return add(`"/spec/${name}/" + string(${place}${moved > 0 ? ` + ${moved}` : ''})`, value);
  });
  return [whereMissing(`object.spec.${name}`, `"/spec/${name}"`, []), list(operations)];
}
