import type { V1Container } from '@kubernetes/client-node';
import { type FindValue, keys } from './annotations.ts';
import { unknownName, withFullNames } from './container-names.ts';
import { isPatternName, patternNames, patternOf } from '../patterns/index.ts';
import { type ProbeName, probeField, probeNames } from '../pod/additions.ts';
import { type Pod, firstContainer, probedContainers, runsToCompletion } from '../pod/pod.ts';
import { type Collector, createCollector, receivedValue } from '../model/problems.ts';
import { type CheckReading, readChecks, readPreset, readShortForm } from './checks.ts';
import { unusualPorts } from './unusual-port.ts';
import { didYouMean, expectedName } from '../../wording/expected-name.ts';
import { readPodSettings, readTiming } from './pod-settings.ts';
import type {
  AnnotationSet,
  AnnotationValue,
  Checks,
  ContainerIntent,
  HealthIntent,
  ReadingContext,
} from '../model/intent.ts';

/** What reading has to know of the Pod, and where it notes mistakes and what it leaves alone. */
type IntentSource = {
  readonly pod: Pod;
  readonly context: ReadingContext;
  /** A policy or the namespace asks, and not the Pod: what is in doubt is left alone. */
  readonly isByDefault: boolean;
  /** The container that an earlier call chose, since it stood first; undefined where annotations chose, or no call did. */
  readonly chosenContainer: string | undefined;
  readonly collector: Collector;
};

/** Turns what was written into an intent; every mistake is added to the report, all of them at once. */
export function readIntent(asWritten: AnnotationSet, source: IntentSource): HealthIntent {
  const { pod, context, collector, chosenContainer } = source;
  const candidates = new Map(probedContainers(pod).map((container) => [container.name, container]));
  const names = [...candidates.keys()];
  const written = withFullNames(asWritten, names, { prefix: context.prefix, collector });
  const named = namedContainer(written, pod, names, collector);
  const kept = names.find((name) => name === chosenContainer);
  const base = named === undefined ? (kept ?? firstContainer(pod)) : named.name;
  for (const [name, values] of written.containers) {
    if (candidates.has(name)) continue;
    const expected = { expected: 'the name of a container', unknown: { name, list: { names } } };
    for (const { annotation } of values.values()) {
      collector.addProblem({ annotation, received: unknownName(name, names), ...expected });
    }
  }
  const containers: ContainerIntent[] = [];
  for (const [name, container] of candidates) {
    const isAsked =
      written.containers.has(name) ||
      (name === base && asksForBase(written)) ||
      (asksForAll(written) && pod.spec.containers.includes(container));
    if (!isAsked) continue;
    const ofContainer = createCollector();
    const find = finder(written, name, name === base);
    const intent = readContainer(find, container, { ...source, collector: ofContainer });
    collector.addAll(ofContainer);
    if (intent) containers.push(intent);
  }
  const settings = readPodSettings(written.pod, context, collector);
  if (containers.length > 0 && collector.problems.length === 0) {
    for (const name of patternNames) {
      const options = settings.options.get(name);
      const asked = { annotations: written.pod, containers, options, pod };
      collector.addProblem(...(patternOf(name).validateForPod?.(asked) ?? []));
    }
  }
  const isChosen = named === undefined && asksForBase(written) && !asksForAll(written);
  const chosen = isChosen ? containers.find(({ container }) => container === base)?.container : undefined;
  return { containers, chosenContainer: chosen, ...settings };
}

const containerKeys = Object.keys(keys).filter((key) => keys[key]?.reach === 'own' || key === 'container');

/** The Pod-wide keys speak of the base container, unless all that was written is for other containers. */
const asksForBase = (written: AnnotationSet): boolean =>
  written.containers.size === 0 || containerKeys.some((key) => written.pod.has(key));

/** `auto` that says nothing of a container looks at all of them. */
const asksForAll = (written: AnnotationSet): boolean =>
  splitPatterns(written.pod.get('pattern')?.value ?? '').includes('auto') &&
  !containerKeys.some((key) => written.pod.has(key));

function finder(written: AnnotationSet, name: string, isBase: boolean): FindValue {
  const own = written.containers.get(name);
  return (key) => own?.get(key) ?? (isBase || keys[key]?.reach === 'inherited' ? written.pod.get(key) : undefined);
}

/** The container that an annotation names, without a name where there is no such; undefined where none names any. */
function namedContainer(
  written: AnnotationSet,
  pod: Pod,
  names: readonly string[],
  collector: Collector,
): { readonly name: string | undefined } | undefined {
  const entry = written.pod.get('container');
  if (!entry) {
    const byKubectl = pod.metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
    return byKubectl !== undefined && names.includes(byKubectl) ? { name: byKubectl } : undefined;
  }
  if (names.includes(entry.value)) return { name: entry.value };
  const expected = expectedName({ name: entry.value, list: { names } });
  collector.addProblem({ annotation: entry.annotation, received: receivedValue(entry.value), expected });
  return { name: undefined };
}

function readContainer(find: FindValue, container: V1Container, source: IntentSource): ContainerIntent | undefined {
  const { context, collector, pod } = source;
  const { parseCheck } = context;
  const annotation = find('pattern')?.annotation ?? `${context.prefix}pattern`;
  const named = readPatterns(find, context, collector);
  const checkValue = find('check');
  const short = readShortForm(find, container, { parseCheck, collector });
  const { check, claimed } = divide(short ?? (checkValue && readChecks(checkValue, { parseCheck, collector })), named);
  const probes: { [name in ProbeName]?: ReturnType<typeof readChecks> | 'off' } = {};
  for (const name of probeNames) {
    const entry = find(name);
    if (entry) probes[name] = readProbe(entry, { parseCheck, collector });
  }
  const timing = readTiming(find, collector);
  const startupTimeout = find('startup-timeout');
  if (startupTimeout && probes.startup === 'off') {
    const received = `received it, and ${find('startup')?.annotation} is off`;
    collector.addProblem({ annotation: startupTimeout.annotation, received, expected: 'one of the two' });
  }
  const ofProbe = Object.values(probes).find((probe) => probe !== undefined && probe !== 'off') as Checks | undefined;
  const [alone, another] = named;
  if (collector.problems.length === 0 && alone !== undefined && another === undefined && isPatternName(alone)) {
    const claim = { claimed: claimed.get(alone), others: check, ofProbe, annotation };
    collector.addProblem(...(patternOf(alone).claim?.validate(claim, context.prefix) ?? []));
  }
  if (collector.problems.length > 0 || named.includes('none')) return undefined;

  const isAuto = named.includes('auto');
  const preferred = named.flatMap((name) => (name === 'auto' ? automatic(pod) : isPatternName(name) ? name : []));
  const choices = [...new Set(preferred)].filter((name) => !patternOf(name).claim);
  const read = { container: container.name, patterns: choices, claimed, timing };
  const written = { ...read, check, probes: probes as ContainerIntent['probes'], found: undefined };
  const hasClaim = claimed.size > 0;
  if (check || ofProbe) {
    for (const sentence of unusualPorts(container, [check, ...Object.values(probes)], context)) {
      collector.addWarning(sentence);
    }
  }
  if (check || ofProbe || (hasClaim && !isAuto)) return written;
  const why = isAuto ? reasonToLeave(container, source) : undefined;
  if (why !== undefined) {
    collector.addSkipped({ what: container.name, why });
    return hasClaim ? written : undefined;
  }
  const found = readPreset(container, { annotation, isAuto, context }, collector);
  if (!found) return hasClaim ? written : undefined;
  return { ...read, ...found, probes: { ...found.probes, ...written.probes } };
}

/** What people write for `off`, and what YAML makes of one without quotes. */
const negations: ReadonlySet<string> = new Set(['no', 'none', 'false', 'never', 'disable', 'disabled', '0']);

function readProbe(entry: AnnotationValue, reading: CheckReading): Checks | 'off' | undefined {
  const value = entry.value.trim();
  if (value === 'off') return 'off';
  if (!negations.has(value.toLowerCase())) return readChecks(entry, reading);
  const { annotation } = entry;
  const expected = 'off (in quotes), or a check such as http://:8080/healthz';
  reading.collector.addProblem({ annotation, received: receivedValue(value), expected });
  return undefined;
}

/** Gives the checks of the key `check` to the patterns of the list that claim them; the rest is for the others. */
function divide(
  checks: Checks | undefined,
  named: readonly string[],
): { readonly check: Checks | undefined; readonly claimed: ContainerIntent['claimed'] } {
  const claimed = new Map<string, Checks>();
  const part = (list: Checks['list']): Checks | undefined =>
    checks && (list.length > 0 ? { ...checks, list } : undefined);
  let list = checks?.list ?? [];
  for (const name of named.filter(isPatternName)) {
    const pattern = patternOf(name);
    if (!pattern.claim) continue;
    const own = part(list.filter((check) => pattern.claim?.takes(check)));
    if (own) claimed.set(name, own);
    list = list.filter((check) => !pattern.claim?.takes(check));
  }
  return { check: part(list), claimed };
}

/** Reads the comma list of one container: names of patterns and `auto`, or `none` alone. */
function readPatterns(find: FindValue, context: ReadingContext, collector: Collector): string[] {
  const entry = find('pattern');
  const choices: readonly string[] = [...patternNames, 'auto'];
  const expected = `a comma list of ${choices.join(', ')}, or none alone`;
  if (!entry) {
    collector.addProblem({ annotation: `${context.prefix}pattern`, received: 'received no pattern', expected });
    return [];
  }
  const { annotation, value } = entry;
  const names = splitPatterns(value);
  const bad = names.find((name) => !choices.includes(name) && !(name === 'none' && names.length === 1));
  if (bad !== undefined) {
    const hint = didYouMean(bad, [...choices, 'none']);
    const received = receivedValue(value.includes('@') ? value : bad);
    collector.addProblem({ annotation, received, expected: expected + hint });
  } else if (new Set(names).size < names.length) {
    collector.addProblem({ annotation, received: receivedValue(value), expected: 'every pattern once' });
  }
  return names;
}

const splitPatterns = (value: string): string[] => value.split(',').map((name) => name.trim());

/** What `auto` stands for: the kubelet where it can ask, else a sidecar, whose port a Pod on its node's network cannot have for itself. */
const automatic = (pod: Pod): string[] => ['port', pod.spec.hostNetwork ? 'cli' : 'sidecar'];

/** Why `auto` should not look at a container at all. */
function reasonToLeave(container: V1Container, { pod, isByDefault }: IntentSource): string | undefined {
  if (runsToCompletion(pod)) return 'the Pod runs to completion, and auto is for what serves';
  // Who wrote one probe and not the others may have meant it.
  const hasProbe = probeNames.some((probe) => container[probeField(probe)] !== undefined);
  return isByDefault && hasProbe ? 'the container has probes of its own' : undefined;
}
