import type { V1Container } from '@kubernetes/client-node';
import { isRefusal, quote } from '../check/check.ts';
import { type Pod, probedContainers } from '../pod/pod.ts';
import { findChecks } from '../presets/find.ts';
import { type Key, keys } from './annotations.ts';
import { type ContainerIntent, type HealthIntent, type ProbeName, probeNames } from './intent.ts';
import { type Problem, receivedValue } from './problem.ts';
import { readChecks } from './read-checks.ts';
import { readPodWide } from './read-pod-wide.ts';
import type { ReadingContext } from './reading-context.ts';
import { readShortForm } from './short-form.ts';
import { readTiming } from './timing.ts';
import type { Entry, Written } from './written.ts';

/** Turns what was written into an intent; every mistake is added to `problems`, all of them at once. */
export function readIntent(written: Written, pod: Pod, context: ReadingContext, problems: Problem[]): HealthIntent {
  const candidates = new Map(probedContainers(pod).map((container) => [container.name, container]));
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
    const own = written.containers.get(name);
    if (!own && !(name === base && asksForBase(written))) continue;
    const intent = readContainer(finder(written, name, name === base), container, context, problems);
    if (intent) containers.push(intent);
  }
  return { containers, ...readPodWide(written.pod, context, problems) };
}

/** The Pod-wide keys speak of the base container, unless all that was written is for other containers. */
function asksForBase(written: Written): boolean {
  const ownKeys = (Object.keys(keys) as Key[]).filter((key) => keys[key].reach === 'own' || key === 'container');
  return written.containers.size === 0 || ownKeys.some((key) => written.pod.has(key));
}

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
  context: ReadingContext,
  problems: Problem[],
): ContainerIntent | undefined {
  const before = problems.length;
  const patterns = readPatterns(find, context, problems);
  const checkEntry = find('check');
  const short = readShortForm(find, container, problems);
  const check = short ?? (checkEntry && readChecks(checkEntry, problems));
  const probes: { [name in ProbeName]?: ReturnType<typeof readChecks> | 'off' } = {};
  for (const name of probeNames) {
    const entry = find(name);
    if (entry) probes[name] = entry.value.trim() === 'off' ? 'off' : readChecks(entry, problems);
  }
  const timing = readTiming(find, problems);
  if (problems.length > before || patterns.includes('none')) return undefined;
  const intent = { container: container.name, patterns, timing };
  if (check || Object.values(probes).some((probe) => probe !== 'off')) {
    return { ...intent, check, probes: probes as ContainerIntent['probes'], found: undefined };
  }
  const found = readPreset(find('pattern')?.annotation ?? `${context.prefix}pattern`, container, context, problems);
  return found && { ...intent, ...found, probes: { ...found.probes, ...(probes as ContainerIntent['probes']) } };
}

/** The checks of the container's image, where nobody wrote one. */
function readPreset(
  annotation: string,
  container: V1Container,
  { prefix }: ReadingContext,
  problems: Problem[],
): Pick<ContainerIntent, 'check' | 'probes' | 'found'> | undefined {
  const found = findChecks(container);
  if (isRefusal(found)) {
    const received = `received no check for container ${quote(container.name)}, and ${found.received}`;
    problems.push({ annotation, received, expected: `${prefix}check beside it` });
    return undefined;
  }
  const read = (value: string) => readChecks({ annotation, value }, problems);
  const readiness = found.readiness === undefined ? undefined : read(found.readiness);
  return {
    check: read(found.check),
    probes: readiness ? { readiness } : {},
    found: `${[found.check, found.readiness].filter((text) => text !== undefined).join(' and ')} by ${found.by}`,
  };
}

function readPatterns(find: (key: Key) => Entry | undefined, context: ReadingContext, problems: Problem[]): string[] {
  const entry = find('pattern');
  const expected = `a comma list of ${context.patternNames.join(', ')}, or none alone`;
  if (!entry) {
    problems.push({ annotation: `${context.prefix}pattern`, received: 'received no pattern', expected });
    return [];
  }
  const names = entry.value.split(',').map((name) => name.trim());
  const bad = names.find((name) => !context.patternNames.includes(name) && !(name === 'none' && names.length === 1));
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
