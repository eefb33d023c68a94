import { quote } from '../check/check.ts';
import { type Problem, receivedValue } from './problems.ts';

/** Every annotation key (without the prefix) with one line of meaning; `reach` says whom a key can speak of. */
export const keys = {
  pattern: {
    reach: 'inherited',
    meaning:
      'Comma list of port, sidecar, cli, hardware, auto (which of the first three, and what to ask, is found by image and port); none opts out.',
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
  timeout: { reach: 'inherited', meaning: 'How long one check may take (1s; cli and hardware 5s).' },
  'initial-delay': {
    reach: 'inherited',
    meaning: 'How long after its start a container is left alone, in whole seconds.',
  },
  'failure-threshold': { reach: 'inherited', meaning: 'How many failures in a row count as one (3).' },
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
    meaning: "The sidecar's port (9440, or the next one that no container declares); hardware takes the next after it.",
  },
  cpu: { reach: 'pod', meaning: 'CPU request and limit of an injected container (20m).' },
  memory: { reach: 'pod', meaning: 'Memory request and limit of an injected container (16Mi).' },
  delivery: { reach: 'pod', meaning: 'How cli brings the agent: init-container (the default) or image-volume.' },
  mode: {
    reach: 'pod',
    meaning: 'How hardware is asked: sidecar (the default), or cli in the container that has the device.',
  },
  'on-failure': {
    reach: 'pod',
    meaning: 'What becomes of the Pod whose hardware fails: move (the default) to another node, or report.',
  },
  'host-paths': {
    reach: 'pod',
    meaning:
      'Comma list of folders of the node for the sidecar of hardware, read-only; PATH:/sys is shown as /sys. Only those that the administrator allows.',
  },
  devices: {
    reach: 'pod',
    meaning:
      "Comma list of the node's device nodes for the sidecar of hardware. Only those that the administrator allows.",
  },
  'device-resource': {
    reach: 'pod',
    meaning:
      'The extended resource, such as nvidia.com/gpu, that the container with mode cli has. Only one that the administrator allows.',
  },
  'resource-claim': {
    reach: 'pod',
    meaning: 'The claim of the Pod that the check of hardware shares. Only one that the administrator allows.',
  },
  image: { reach: 'pod', meaning: 'The agent image; refused unless the administrator allows it.' },
} as const satisfies Record<string, { reach: 'pod' | 'own' | 'inherited'; meaning: string }>;

/** A key that a user may write. `own` keys speak of one container, `inherited` ones of all unless one has its own. */
export type Key = keyof typeof keys;

/** The keys that we write back. */
export const writtenKeys = ['status', 'problems', 'copied'] as const;

/** One annotation of ours as the user wrote it. */
export type Entry = { readonly annotation: string; readonly value: string };

/** What the user wrote: Pod-wide entries, and entries per container name. */
export type Written = {
  readonly pod: ReadonlyMap<Key, Entry>;
  readonly containers: ReadonlyMap<string, ReadonlyMap<Key, Entry>>;
};

const longestValue = 4096;

/** Sorts the annotations under `prefix` by key and container; a key that is unknown or misplaced is a problem. */
export function readAnnotations(
  annotations: Readonly<Record<string, string>>,
  prefix: string,
): { readonly written: Written; readonly problems: readonly Problem[] } {
  const pod = new Map<Key, Entry>();
  const containers = new Map<string, Map<Key, Entry>>();
  const problems: Problem[] = [];
  for (const [annotation, value] of Object.entries(annotations)) {
    if (!annotation.startsWith(prefix)) continue;
    const rest = annotation.slice(prefix.length);
    if ((writtenKeys as readonly string[]).includes(rest)) continue;
    const dot = rest.indexOf('.');
    const key = dot < 0 ? rest : rest.slice(0, dot);
    const container = dot < 0 ? undefined : rest.slice(dot + 1);
    if (!isKey(key)) {
      const known = Object.keys(keys).join(', ');
      problems.push({ annotation, received: 'the key is unknown', expected: `one of ${known}` });
    } else if (value.length > longestValue) {
      const received = `received ${value.length} characters`;
      problems.push({ annotation, received, expected: `at most ${longestValue}` });
    } else if (container === undefined) {
      pod.set(key, { annotation, value });
    } else if (keys[key].reach === 'pod') {
      const received = `received a key for container ${quote(container)}`;
      problems.push({ annotation, received, expected: `${prefix}${key}, which speaks of the whole Pod` });
    } else {
      const entries = containers.get(container) ?? new Map<Key, Entry>();
      containers.set(container, entries.set(key, { annotation, value }));
    }
  }
  return { written: { pod, containers }, problems };
}

const isKey = (text: string): text is Key => Object.hasOwn(keys, text);

/** The value of an annotation as `parse` reads it; undefined where none is written, and with a problem where it is wrong. */
export function readValue<T>(
  entry: Entry | undefined,
  parse: (value: string) => T | undefined,
  expected: string,
  problems: Problem[],
): T | undefined {
  const value = entry && parse(entry.value);
  if (entry && value === undefined) {
    problems.push({ annotation: entry.annotation, received: receivedValue(entry.value), expected });
  }
  return value;
}
