import type { V1Container } from '@kubernetes/client-node';
import { type Check, isRefusal, quote } from '../../check/check.ts';
import type { CheckParser } from '../../check/parse.ts';
import { expectedName } from '../../wording/expected-name.ts';
import type { FindValue } from './annotations.ts';
import { findChecks } from '../presets/find.ts';
import type { PresetChecks } from '../presets/guess.ts';
import { type Problem, type Collector, receivedValue } from '../model/problems.ts';
import type { AnnotationValue, Checks, ContainerIntent, ReadingContext } from '../model/intent.ts';

/** What reading a check takes: a parser, and where mistakes are noted. */
export type CheckReading = { readonly parseCheck: CheckParser; readonly collector: Collector };

/** Reads the checks of one annotation: split at white space, but `exec:` takes the rest of its line. */
export function readChecks(
  { annotation, value }: AnnotationValue,
  { parseCheck, collector }: CheckReading,
): Checks | undefined {
  const texts = value.split(/[\r\n]+/).flatMap(splitLine);
  if (texts.length === 0) {
    collector.addProblem({ annotation, received: 'received no check', expected: 'a URL such as http://:8080/healthz' });
    return undefined;
  }
  const list: Check[] = [];
  const labels = new Set<string>();
  for (const text of texts) {
    if (collector.problems.length >= mostProblems) return undefined;
    const check = parseCheck(text);
    if (isRefusal(check)) collector.addProblem({ annotation, ...check });
    else if (check.files.some(isServiceAccountToken)) {
      collector.addProblem({
        annotation,
        received: 'received the token of the service account',
        expected: 'a password of its own',
      });
    } else if (labels.has(label(check))) {
      collector.addProblem({
        annotation,
        received: `received ${quote(label(check))} twice`,
        expected: 'every check once',
      });
    } else {
      labels.add(label(check));
      list.push(check);
    }
  }
  return list.length === texts.length ? { annotation, list } : undefined;
}

/** More are shown nowhere, and an annotation has room for 2,000. */
const mostProblems = 32;

/** The apiserver mounts the token into every container: no server but the apiserver is ever to see it. */
function isServiceAccountToken(file: string): boolean {
  const segments: string[] = [];
  for (const segment of file.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const folder = segments[0] === 'var' ? segments.slice(1) : segments;
  const isMounted = ['run', 'secrets', 'kubernetes.io', 'serviceaccount'].every((name, at) => folder[at] === name);
  return isMounted && segments.at(-1) === 'token';
}

function splitLine(line: string): string[] {
  const words: string[] = [];
  for (const { 0: word, index } of line.matchAll(/\S+/g)) {
    if (/^(?:[^:=]*=)?exec:/.test(word)) return [...words, line.slice(index).trim()];
    words.push(word);
  }
  return words;
}

/** What distinguishes two checks of one probe: the name, else the text. */
const label = (check: Check): string => check.name || check.text;

/** What the key `scheme` takes. */
export const shortSchemes: readonly string[] = ['http', 'https', 'tcp', 'grpc'];

/** Reads `port`, `path` and `scheme` as the one check that they are short for; undefined where none is written. */
export function readShortForm(
  find: FindValue,
  container: V1Container,
  { parseCheck, collector }: CheckReading,
): Checks | undefined {
  const [port, path, scheme] = [find('port'), find('path'), find('scheme')];
  const first = port ?? path ?? scheme;
  if (!first) return undefined;
  const check = find('check');
  if (check) {
    const received = `received both this and ${check.annotation}`;
    collector.addProblem({ annotation: first.annotation, received, expected: 'one of the two' });
    return undefined;
  }
  if (!port) {
    collector.addProblem({
      annotation: first.annotation,
      received: 'received it without a port',
      expected: 'the key port beside it',
    });
    return undefined;
  }
  const schemeName = scheme?.value ?? 'http';
  const number = /^\d+$/.test(port.value) ? port.value : containerPort(container, port.value);
  let problem: Problem | undefined;
  if (number === undefined) {
    const declared = (container.ports ?? []).flatMap((declaredPort) => declaredPort.name ?? []);
    const expected = 'a number from 1 to 65535, or the name of a port that the container declares';
    const list = { names: declared, lead: `${expected}:` };
    problem = {
      annotation: port.annotation,
      received: receivedValue(port.value),
      expected: `${expected}, and it declares none with a name`,
      ...(declared.length > 0 ? { unknown: { name: port.value, list } } : {}),
    };
  } else if (scheme && !shortSchemes.includes(schemeName)) {
    problem = {
      annotation: scheme.annotation,
      received: receivedValue(schemeName),
      expected: expectedName({ name: schemeName, list: { names: shortSchemes } }),
    };
  } else if (path && schemeName !== 'grpc' && !path.value.startsWith('/')) {
    problem = {
      annotation: path.annotation,
      received: receivedValue(path.value),
      expected: 'a path that begins with /',
    };
  }
  if (problem) {
    collector.addProblem(problem);
    return undefined;
  }
  const slash = path && !path.value.startsWith('/') ? '/' : '';
  const parsed = parseCheck(`${schemeName}://:${number}${slash}${(path?.value ?? '').replaceAll('?', '%3F')}`);
  if (!isRefusal(parsed)) return { annotation: port.annotation, list: [parsed] };
  const culprit = path && !parsed.received.startsWith('port') ? path : port;
  collector.addProblem({ annotation: culprit.annotation, ...parsed });
  return undefined;
}

const containerPort = (container: V1Container, name: string): string | undefined =>
  container.ports?.find((port) => port.name === name)?.containerPort.toString();

/** The checks that were found for a container without a written one, and by what. */
type FoundChecks = Pick<ContainerIntent, 'check' | 'probes' | 'found'>;

/**
 * The checks of the container's image or health port. Where there are none, `auto` leaves the container alone, and a
 * pattern that was named has nothing to do, which is a mistake.
 */
export function readPreset(
  container: V1Container,
  {
    annotation,
    isAuto,
    context,
  }: { readonly annotation: string; readonly isAuto: boolean; readonly context: ReadingContext },
  collector: Collector,
): FoundChecks | undefined {
  const found = findChecks(container);
  if (!isRefusal(found)) return checksOf(found, annotation, { parseCheck: context.parseCheck, collector });
  if (isAuto) collector.addSkipped({ what: container.name, why: found.received });
  else {
    const received = `received no check for container ${quote(container.name)}, and ${found.received}`;
    collector.addProblem({ annotation, received, expected: `${context.prefix}check beside it` });
  }
  return undefined;
}

function checksOf({ check, readiness, by }: PresetChecks, annotation: string, reading: CheckReading): FoundChecks {
  const read = (value: string) => readChecks({ annotation, value }, reading);
  const own = readiness === undefined ? undefined : read(readiness);
  return {
    check: read(check),
    probes: own ? { readiness: own } : {},
    found: `${[check, readiness].filter((text) => text !== undefined).join(' and ')} by ${by}`,
  };
}
