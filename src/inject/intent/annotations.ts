import { quote } from '../../check/check.ts';
import type { NameList } from '../../wording/expected-name.ts';
import { formatDuration } from '../../check/kinds.ts';
import { pauseKey, pauseReadinessKey } from '../../hold/pause.ts';
import type { AnnotationSet, AnnotationValue } from '../model/intent.ts';
import { keysOfController } from '../model/move-window.ts';
import { patternNames, patternOf } from '../patterns/index.ts';
import { type Collector, type Problem, createCollector } from '../model/problems.ts';

/** Whom a key can speak of: the whole Pod, one container, or all containers but those that have their own. */
type Reach = 'pod' | 'own' | 'inherited';

/** The same as words for a table. */
export const reaches: Readonly<Record<Reach, string>> = {
  pod: 'the Pod',
  own: 'one container',
  inherited: 'one container, or all',
};

type KeyRow = { readonly reach: Reach; readonly meaning: string };

/** Such as `1s; cli and exec 5s`: the default of most patterns, and those of the others. */
function defaultTimeouts(): string {
  const usualMs = Math.min(...patternNames.map((name) => patternOf(name).defaultTimeoutMs));
  const byTimeout = Map.groupBy(patternNames, (name) => patternOf(name).defaultTimeoutMs);
  byTimeout.delete(usualMs);
  const others = [...byTimeout].map(([timeoutMs, names]) => `${names.join(' and ')} ${formatDuration(timeoutMs)}`);
  return [formatDuration(usualMs), ...others].join('; ');
}

/** The keys of all patterns, with one line of meaning each. */
const genericKeys = {
  pattern: {
    reach: 'inherited',
    meaning: `Comma list of ${patternNames.join(', ')}, auto (which of the first three, and what to ask, is found by image and port); none opts out.`,
  },
  check: {
    reach: 'own',
    meaning: 'One or more checks, separated by white space; may be left out for a well-known image.',
  },
  liveness: { reach: 'own', meaning: 'Checks of its own for the liveness probe, or off.' },
  readiness: { reach: 'own', meaning: 'Checks of its own for the readiness probe, or off.' },
  startup: { reach: 'own', meaning: 'Checks of its own for the startup probe, or off.' },
  container: { reach: 'pod', meaning: 'The container that is checked: the default container, else the first.' },
  port: { reach: 'own', meaning: 'Short form of check: the port, by number or by its name in the container.' },
  path: { reach: 'own', meaning: 'Short form of check: the path, or for grpc the service.' },
  scheme: { reach: 'own', meaning: 'Short form of check: http (the default), https, tcp or grpc.' },
  period: { reach: 'inherited', meaning: 'How often to check, in whole seconds (10s).' },
  timeout: { reach: 'inherited', meaning: `How long one check may take (${defaultTimeouts()}).` },
  'initial-delay': {
    reach: 'inherited',
    meaning: 'How long after its start a container is left alone, in whole seconds.',
  },
  'startup-timeout': {
    reach: 'inherited',
    meaning:
      'How long a container may take to start, in whole seconds (5m, or failure-threshold times period if longer).',
  },
  'failure-threshold': { reach: 'inherited', meaning: 'Consecutive failures before the probe fails (3).' },
  'success-threshold': {
    reach: 'inherited',
    meaning: 'How many passes in a row make ready again (1); readiness only.',
  },
  'termination-grace-period': {
    reach: 'inherited',
    meaning: 'How long a container that failed its liveness has to stop, in whole seconds.',
  },
  'health-port': {
    reach: 'pod',
    meaning: `The sidecar's port (9440, or the next one that no container declares)${notesOn('health-port')}.`,
  },
  cpu: { reach: 'pod', meaning: 'CPU request of an injected container (20m).' },
  memory: { reach: 'pod', meaning: 'Memory request and limit of an injected container (16Mi).' },
  delivery: { reach: 'pod', meaning: 'How cli brings the agent: init-container (the default) or image-volume.' },
  'restart-budget': {
    reach: 'pod',
    meaning: "Of an owner's Pods, how many our liveness may restart in ten minutes, at least one (25%); off for all.",
  },
} as const satisfies Record<string, KeyRow>;

function notesOn(key: string): string {
  return patternNames
    .map((name) => patternOf(name).keyNotes?.[key])
    .reduce<string>((text, note) => (note === undefined ? text : `${text}; ${note}`), '');
}

const patternKeys = Object.fromEntries(
  patternNames.flatMap((name) =>
    Object.entries(patternOf(name).ownKeys ?? {}).map(([key, meaning]): [string, KeyRow] => [
      key,
      { reach: 'pod', meaning },
    ]),
  ),
);

/** What a person writes on a Pod that runs. It is for the controller, and changes nothing of what is injected. */
const runningKeys: Readonly<Record<string, KeyRow>> = {
  [pauseKey]: { reach: 'pod', meaning: 'How long the liveness of this Pod is held from now on, such as 15m.' },
  [pauseReadinessKey]: { reach: 'pod', meaning: 'true: the pause holds readiness as well (false).' },
};

/** The keys that a policy cannot have. */
export const annotationOnlyKeys: Readonly<Record<string, KeyRow>> = {
  ...runningKeys,
  image: { reach: 'pod', meaning: 'The agent image; refused unless the administrator allows it.' },
  trial: {
    reach: 'pod',
    meaning: 'true: no probe is added, and the agent counts what would have followed; mode: Trial in a policy.',
  },
};

/** Every annotation key that a user may write, without the prefix: those of all patterns, then those of one each. */
export const keys: Readonly<Record<string, KeyRow>> = { ...genericKeys, ...patternKeys, ...annotationOnlyKeys };

/** A key of all patterns. */
export type GenericKey = keyof typeof genericKeys;

/** Finds what is written for one container. */
export type FindValue = (key: GenericKey) => AnnotationValue | undefined;

/** The keys that we write back. */
export const writtenKeys = ['status', 'problems', 'copied', ...keysOfController] as const;

const longestValue = 4096;

/** What the apiserver takes behind the slash of a key. */
const longestName = 63;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set */
const isQualifiedName = (name: string): boolean =>
  name.length <= longestName && /^[A-Za-z0-9]/.test(name) && /[A-Za-z0-9]$/.test(name) && /^[\w.-]*$/.test(name);

function badName(name: string): Pick<Problem, 'received' | 'expected'> {
  return name.length > longestName
    ? {
        received: `received a key with ${name.length} characters behind its slash`,
        expected: `at most ${longestName}, where _ may stand for the middle of the container's name, such as first_last`,
      }
    : {
        received: 'received a key that no apiserver takes',
        expected: 'letters, digits, -, _ and . behind its slash, a letter or digit first and last',
      };
}

/** Keys, with the page that lists them. */
export const listOfKeys = (names: readonly string[]): NameList => ({
  names,
  what: 'a key',
  page: 'docs/annotations.md',
});

const everyKey = listOfKeys(Object.keys(keys));

/** Fields of a probe of Kubernetes that have another name here, and are near none. */
const probeFields: ReadonlyMap<string, string> = new Map([
  ['initialDelaySeconds', 'initial-delay'],
  ['periodSeconds', 'period'],
  ['timeoutSeconds', 'timeout'],
  ['terminationGracePeriodSeconds', 'termination-grace-period'],
]);

/** What was expected in place of a key that is unknown. */
function expectedKey(key: string, prefix: string): Pick<Problem, 'expected' | 'unknown'> {
  // Injection is switched on by this key where it is a label of the Namespace, and people write it on the Pod.
  if (key === 'inject') {
    return { expected: `${prefix}pattern with the value auto here, or this as a label of the Namespace` };
  }
  const meant = probeFields.get(key);
  const list = meant === undefined ? everyKey : { ...everyKey, meant };
  return { expected: 'a key of health-injector', unknown: { name: key, list } };
}

/** Sorts the annotations under `prefix` by key and container; a key that is unknown or misplaced is a problem. */
export function readAnnotations(
  annotations: Readonly<Record<string, string>>,
  prefix: string,
): { readonly written: AnnotationSet; readonly problems: Collector['problems'] } {
  const pod = new Map<string, AnnotationValue>();
  const containers = new Map<string, Map<string, AnnotationValue>>();
  const collector = createCollector();
  for (const [annotation, value] of Object.entries(annotations)) {
    if (!annotation.startsWith(prefix)) continue;
    const rest = annotation.slice(prefix.length);
    if ((writtenKeys as readonly string[]).includes(rest) || Object.hasOwn(runningKeys, rest)) continue;
    const dot = rest.indexOf('.');
    const key = dot < 0 ? rest : rest.slice(0, dot);
    const container = dot < 0 ? undefined : rest.slice(dot + 1);
    const row = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (!row) {
      collector.addProblem({ annotation, received: 'the key is unknown', ...expectedKey(key, prefix) });
    } else if (value.length > longestValue) {
      const received = `received ${value.length} characters`;
      collector.addProblem({ annotation, received, expected: `at most ${longestValue}` });
    } else if (!isQualifiedName(rest)) {
      collector.addProblem({ annotation, ...badName(rest) });
    } else if (container === undefined) {
      pod.set(key, { annotation, value });
    } else if (row.reach === 'pod') {
      const received = `received a key for container ${quote(container)}`;
      collector.addProblem({ annotation, received, expected: `${prefix}${key}, which speaks of the whole Pod` });
    } else {
      const values = containers.get(container) ?? new Map<string, AnnotationValue>();
      containers.set(container, values.set(key, { annotation, value }));
    }
  }
  return { written: { pod, containers }, problems: collector.problems };
}
