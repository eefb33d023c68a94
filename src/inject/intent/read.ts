import type { V1Container } from '@kubernetes/client-node';
import { quote } from '../../check/check.ts';
import { type Entry, type Key, type Written, keys } from '../annotations.ts';
import type { Kept } from '../outcome.ts';
import { apportion, misplaced } from '../patterns/hardware/index.ts';
import { hardwareProblems } from '../patterns/hardware/options.ts';
import { probeField } from '../pod/additions.ts';
import { type Pod, probedContainers, runsToCompletion } from '../pod/pod.ts';
import { type Problem, receivedValue } from '../problems.ts';
import { detectPreset, readChecks, readPreset, readShortForm } from './checks.ts';
import { readPodWide, readTiming } from './pod-settings.ts';
import {
  type Checks,
  type ContainerIntent,
  type HealthIntent,
  type ProbeName,
  type ReadingContext,
  probeNames,
} from './types.ts';

/** What reading has to know of the Pod, and where it notes mistakes and what it leaves alone. */
export type Reading = {
  readonly pod: Pod;
  readonly context: ReadingContext;
  /** Nobody asked for this very Pod: whatever is in doubt is left alone. */
  readonly isByDefault: boolean;
  /** The names of what an earlier call added. */
  readonly ours: ReadonlySet<string>;
  readonly problems: Problem[];
  readonly kept: Kept[];
};

/** Turns what was written into an intent; every mistake is added to the problems, all of them at once. */
export function readIntent(written: Written, reading: Reading): HealthIntent {
  const { pod, context, problems } = reading;
  const candidates = new Map(probedContainers(pod).map((container) => [container.name, container]));
  const before = problems.length;
  const base = baseContainer(written, pod, [...candidates.keys()], problems);
  for (const [name, entries] of written.containers) {
    if (candidates.has(name)) continue;
    const expected = `one of ${[...candidates.keys()].join(', ')}`;
    for (const { annotation } of entries.values()) {
      problems.push({ annotation, received: `the Pod has no container ${quote(name)} to check`, expected });
    }
  }
  const containers: ContainerIntent[] = [];
  for (const [name, container] of candidates) {
    const isAsked =
      written.containers.has(name) ||
      (name === base && asksForBase(written)) ||
      (asksForAll(written) && pod.spec.containers.includes(container));
    if (!isAsked) continue;
    const intent = readContainer(finder(written, name, name === base), container, reading);
    if (intent) containers.push(intent);
  }
  const podWide = readPodWide(written.pod, context, problems);
  if (containers.length > 0 && problems.length === before) {
    problems.push(...hardwareProblems(written.pod, containers, podWide.hardware, pod));
  }
  return { containers, ...podWide };
}

const ownKeys = (Object.keys(keys) as Key[]).filter((key) => keys[key].reach === 'own' || key === 'container');

/** The Pod-wide keys speak of the base container, unless all that was written is for other containers. */
const asksForBase = (written: Written): boolean =>
  written.containers.size === 0 || ownKeys.some((key) => written.pod.has(key));

/** `auto` that says nothing of a container looks at all of them. */
const asksForAll = (written: Written): boolean =>
  splitPatterns(written.pod.get('pattern')?.value ?? '').includes('auto') &&
  !ownKeys.some((key) => written.pod.has(key));

function finder(written: Written, name: string, isBase: boolean): (key: Key) => Entry | undefined {
  const own = written.containers.get(name);
  return (key) => own?.get(key) ?? (isBase || keys[key].reach === 'inherited' ? written.pod.get(key) : undefined);
}

function baseContainer(written: Written, pod: Pod, names: readonly string[], problems: Problem[]): string | undefined {
  const entry = written.pod.get('container');
  if (!entry) {
    const byKubectl = pod.metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
    return byKubectl !== undefined && names.includes(byKubectl) ? byKubectl : pod.spec.containers[0]?.name;
  }
  if (names.includes(entry.value)) return entry.value;
  const expected = `one of ${names.join(', ')}`;
  problems.push({ annotation: entry.annotation, received: receivedValue(entry.value), expected });
  return undefined;
}

function readContainer(
  find: (key: Key) => Entry | undefined,
  container: V1Container,
  reading: Reading,
): ContainerIntent | undefined {
  const { context, problems, kept, pod } = reading;
  const before = problems.length;
  const named = readPatterns(find, context, problems);
  const checkEntry = find('check');
  const short = readShortForm(find, container, problems);
  const { check, hardware } = apportion(short ?? (checkEntry && readChecks(checkEntry, problems)), named);
  const probes: { [name in ProbeName]?: ReturnType<typeof readChecks> | 'off' } = {};
  for (const name of probeNames) {
    const entry = find(name);
    if (entry) probes[name] = entry.value.trim() === 'off' ? 'off' : readChecks(entry, problems);
  }
  const timing = readTiming(find, problems);
  const own = Object.values(probes).find((probe) => probe !== undefined && probe !== 'off') as Checks | undefined;
  if (problems.length === before && named.length === 1 && named[0] === 'hardware') {
    problems.push(...misplaced(check, own, hardware, find('pattern')?.annotation ?? '', context.prefix));
  }
  if (problems.length > before || named.includes('none')) return undefined;
  const isAuto = named.includes('auto');
  const others = named.filter((name) => name !== 'hardware');
  const patterns = [...new Set(others.flatMap((name) => (name === 'auto' ? automatic(pod) : name)))];
  const intent = { container: container.name, patterns, hardware, timing };
  const written = { ...intent, check, probes: probes as ContainerIntent['probes'], found: undefined };
  if (check || own || (hardware && !isAuto)) return written;
  const reason = isAuto ? reasonToLeave(container, reading) : undefined;
  if (reason !== undefined) {
    kept.push({ what: container.name, why: reason });
    return hardware && written;
  }
  const annotation = find('pattern')?.annotation ?? `${context.prefix}pattern`;
  const found = isAuto
    ? detectPreset(annotation, container, kept, problems)
    : readPreset(annotation, container, context, problems);
  if (!found) return hardware && written;
  return { ...intent, ...found, probes: { ...found.probes, ...(probes as ContainerIntent['probes']) } };
}

/** What `auto` stands for: the kubelet where it can ask, else a sidecar, whose port a Pod on its node's network cannot have for itself. */
const automatic = (pod: Pod): string[] => ['port', pod.spec.hostNetwork ? 'cli' : 'sidecar'];

/** Why `auto` should not look at a container at all. */
function reasonToLeave(container: V1Container, { pod, isByDefault, ours }: Reading): string | undefined {
  if (runsToCompletion(pod)) return 'the Pod runs to completion, and auto is for what serves';
  // Who wrote one probe and not the others may have meant it.
  const isOwn = (probe: ProbeName): boolean =>
    container[probeField(probe)] !== undefined && !ours.has(`${container.name}/${probeField(probe)}`);
  return isByDefault && probeNames.some(isOwn) ? 'the container has probes of its own' : undefined;
}

/** Reads the comma list of one container: names of patterns and `auto`, or `none` alone. */
export function readPatterns(
  find: (key: Key) => Entry | undefined,
  context: ReadingContext,
  problems: Problem[],
): string[] {
  const entry = find('pattern');
  const known = [...context.patternNames, 'auto'];
  const expected = `a comma list of ${known.join(', ')}, or none alone`;
  if (!entry) {
    problems.push({ annotation: `${context.prefix}pattern`, received: 'received no pattern', expected });
    return [];
  }
  const names = splitPatterns(entry.value);
  const bad = names.find((name) => !known.includes(name) && !(name === 'none' && names.length === 1));
  if (bad !== undefined) {
    const received = receivedValue(entry.value.includes('@') ? entry.value : bad);
    problems.push({ annotation: entry.annotation, received, expected });
  } else if (new Set(names).size < names.length) {
    problems.push({
      annotation: entry.annotation,
      received: receivedValue(entry.value),
      expected: 'every pattern once',
    });
  }
  return names;
}

/** The names in the value of `pattern`, whatever they are. */
export const splitPatterns = (value: string): string[] => value.split(',').map((name) => name.trim());
