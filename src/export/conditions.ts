// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions
import type { V1Container } from '@kubernetes/client-node';
import { parseQuantity } from '../inject/fit/quantity.ts';
import { probeField, probeNames } from '../inject/pod/additions.ts';
import { type Pod, allContainers } from '../inject/pod/pod.ts';
import { celText } from './cel.ts';
import { placeOf, whereContainer } from './places.ts';
import type { Recipe } from './recipe.ts';

/** A condition under which a policy acts on a Pod. */
export type Condition = { readonly name: string; readonly expression: string };

/** What a policy was made for: a Pod, how its recipe changes it, and the prefix of the annotations. */
export type Subject = { readonly pod: Pod; readonly recipe: Recipe; readonly prefix: string };

const annotations = 'object.metadata.?annotations.orValue({})';
const everyContainer = '(object.spec.containers + object.spec.?initContainers.orValue([]))';

const systemLabels = '["kubernetes.io/os", "beta.kubernetes.io/os"]';
const requiredTerms =
  'object.spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([])';
const isHostProcess = (object: string): string =>
  `${object}.?securityContext.?windowsOptions.?hostProcess.orValue(false)`;

const holds = (name: string, expressions: readonly string[]): Condition[] =>
  expressions.length === 0 ? [] : [{ name, expression: expressions.join(' && ') }];

/** The conditions of every policy: nothing of it is there yet, and the Pod is as the one that it was made for. */
export function conditionsFor(subject: Subject): Condition[] {
  const { pod, recipe, prefix } = subject;
  return [
    ...holds('is-not-injected', [`!(${celText(`${prefix}status`)} in ${annotations})`]),
    ...holds('is-no-copy-for-debugging', [
      `!("debug.openshift.io/source-container" in ${annotations})`,
      '!object.metadata.?managedFields.orValue([]).exists(m, m.?manager.orValue("") == "kubectl" && m.?operation.orValue("") == "Update")',
    ]),
    ...holds('has-the-probes-that-it-had', probesOf(subject)),
    ...holds('has-none-of-what-is-added', [...namesOf(recipe), ...mountsOf(subject)]),
    ...holds('has-the-annotations-that-it-had', othersOf(subject)),
    ...(recipe.initContainers.length > 0 ? agentConditions(pod, recipe) : []),
  ];
}

/** Those of a policy for the Pods of a workload: each of our annotations is the one that the Pod was exported with. */
export function annotationConditions(
  own: Readonly<Record<string, string>>,
  copied: Readonly<Record<string, string>>,
  prefix: string,
): Condition[] {
  const keys = [...Object.keys(own), ...Object.keys(copied)].map(celText).join(', ');
  return holds('asks-for-what-was-exported', [
    ...Object.entries(own).map(([key, value]) => `${annotations}[?${celText(key)}] == optional.of(${celText(value)})`),
    ...Object.entries(copied).map(
      ([key, value]) => `${annotations}[?${celText(key)}].orValue(${celText(value)}) == ${celText(value)}`,
    ),
    `${annotations}.all(k, !k.startsWith(${celText(prefix)}) || k in [${keys}])`,
  ]);
}

/** Those of a policy for any Pod: it says nothing itself, and is one of which all are treated alike. */
export const ordinaryConditions = (prefix: string): Condition[] => [
  ...holds('says-nothing-itself', [`!${annotations}.exists(k, k.startsWith(${celText(prefix)}))`]),
  ...holds('is-an-ordinary-pod', [
    '!object.spec.?hostNetwork.orValue(false)',
    'object.spec.?restartPolicy.orValue("Always") == "Always"',
    `!("kubernetes.io/config.mirror" in ${annotations})`,
    `!("kubectl.kubernetes.io/default-container" in ${annotations})`,
    'object.metadata.?labels[?"app.kubernetes.io/part-of"].orValue("") != "health-injector"',
  ]),
  ...holds('is-not-for-windows', [
    'object.spec.?os.?name.orValue("linux") == "linux"',
    `!${systemLabels}.exists(k, object.spec.?nodeSelector[?k].orValue("") == "windows")`,
    `!${requiredTerms}.exists(t, t.?matchExpressions.orValue([]).exists(e, e.key in ${systemLabels}))`,
    `!${isHostProcess('object.spec')} && !${everyContainer}.exists(c, ${isHostProcess('c')})`,
  ]),
];

/** Each container that gets a probe has those that it had, and no other. */
function probesOf({ pod, recipe }: Subject): string[] {
  const names = new Set(recipe.probes.map(({ container }) => container));
  return [...names].map((name) => {
    const place = placeOf(pod, name);
    const container = pod.spec[place.list]?.find((each) => each.name === name);
    const fields = probeNames.map(probeField);
    return whereContainer(place, fields.map((field) => `${container?.[field] ? '' : '!'}has(c.${field})`).join(' && '));
  });
}

const namesOf = ({ volumes, initContainers }: Recipe): string[] => [
  ...noneOf('object.spec.?volumes.orValue([])', volumes),
  ...noneOf(everyContainer, initContainers),
];

function noneOf(list: string, additions: readonly { readonly value: { readonly name: string } }[]): string[] {
  const names = additions.map(({ value }) => celText(value.name));
  return names.length === 0 ? [] : [`!${list}.exists(c, c.name in [${names.join(', ')}])`];
}

const mountsOf = ({ pod, recipe }: Subject): string[] =>
  recipe.mounts.map(({ container, value }) =>
    whereContainer(
      placeOf(pod, container),
      `!c.?volumeMounts.orValue([]).exists(m, m.mountPath == ${celText(value.mountPath)})`,
    ),
  );

/** An annotation of others is written anew only over what stood there. */
const othersOf = ({ recipe, prefix }: Subject): string[] =>
  recipe.annotations
    .filter(({ key }) => !key.startsWith(prefix))
    .map(({ key, before }) =>
      before === undefined
        ? `!(${celText(key)} in ${annotations})`
        : `${annotations}[?${celText(key)}] == optional.of(${celText(before)})`,
    );

/** An agent takes a port and resources: it is of one size for Pods of one QoS class, where no rule of the namespace says otherwise. */
function agentConditions(pod: Pod, { initContainers }: Recipe): Condition[] {
  const ports = initContainers.flatMap(({ value }) => (value.ports ?? []).map(({ containerPort }) => containerPort));
  return [
    ...holds(
      'its-port-is-free',
      ports.map((port) => `!${everyContainer}.exists(c, c.?ports.orValue([]).exists(p, p.containerPort == ${port}))`),
    ),
    ...holds('no-limit-range-has-spoken', [`!("kubernetes.io/limit-ranger" in ${annotations})`]),
    ...holds('says-nothing-for-the-whole-pod', ['!has(object.spec.resources)']),
    ...holds('is-of-its-qos-class', [
      `${everyContainer}.all(c, ["cpu", "memory"].all(r, c.?resources.?limits[?r].hasValue() && c.?resources.?limits[?r] == c.?resources.?requests[?r])) == ${isGuaranteed(pod)}`,
    ]),
  ];
}

/** As the apiserver sees the Pod once it has completed it: a request that is not said is the limit. */
const isGuaranteed = (pod: Pod): boolean =>
  allContainers(pod).every(({ resources }: V1Container) =>
    ['cpu', 'memory'].every((name) => {
      const limit = parseQuantity(resources?.limits?.[name]);
      return limit !== undefined && (parseQuantity(resources?.requests?.[name]) ?? limit) === limit;
    }),
  );
