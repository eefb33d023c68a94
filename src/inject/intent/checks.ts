import type { V1Container } from '@kubernetes/client-node';
import { type Check, isRefusal, quote } from '../../check/check.ts';
import { parseCheck } from '../../check/parse.ts';
import type { Entry, Key } from '../annotations.ts';
import type { Kept } from '../outcome.ts';
import { type Found, findChecks } from '../presets/find.ts';
import { type Problem, receivedValue } from '../problems.ts';
import type { Checks, ContainerIntent, ReadingContext } from './types.ts';

/** Reads the checks of one annotation: split at white space, but `exec:` takes the rest of its line. */
export function readChecks({ annotation, value }: Entry, problems: Problem[]): Checks | undefined {
  const texts = value.split(/[\r\n]+/).flatMap(splitLine);
  if (texts.length === 0) {
    problems.push({ annotation, received: 'received no check', expected: 'a URL such as http://:8080/healthz' });
    return undefined;
  }
  const list: Check[] = [];
  const labels = new Set<string>();
  for (const text of texts) {
    const check = parseCheck(text);
    if (isRefusal(check)) problems.push({ annotation, ...check });
    else if (labels.has(label(check))) {
      problems.push({ annotation, received: `received ${quote(label(check))} twice`, expected: 'every check once' });
    } else {
      labels.add(label(check));
      list.push(check);
    }
  }
  return list.length === texts.length ? { annotation, list } : undefined;
}

function splitLine(line: string): string[] {
  const words: string[] = [];
  for (const { 0: word, index } of line.matchAll(/\S+/g)) {
    if (/^(?:[^:=]*=)?exec:/.test(word)) return [...words, line.slice(index).trim()];
    words.push(word);
  }
  return words;
}

/** How two checks of one probe are told apart: by name, else by the text. */
const label = (check: Check): string => check.name || check.text;

const schemes = ['http', 'https', 'tcp', 'grpc'];

/** Reads `port`, `path` and `scheme` as the one check that they are short for; undefined where none is written. */
export function readShortForm(
  find: (key: Key) => Entry | undefined,
  container: V1Container,
  problems: Problem[],
): Checks | undefined {
  const [port, path, scheme] = [find('port'), find('path'), find('scheme')];
  const first = port ?? path ?? scheme;
  if (!first) return undefined;
  const check = find('check');
  if (check) {
    const received = `received both this and ${check.annotation}`;
    problems.push({ annotation: first.annotation, received, expected: 'one of the two' });
    return undefined;
  }
  if (!port) {
    problems.push({
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
    const names = declared.length > 0 ? ` or one of its ports: ${declared.join(', ')}` : '';
    problem = {
      annotation: port.annotation,
      received: receivedValue(port.value),
      expected: `a number from 1 to 65535${names}`,
    };
  } else if (scheme && !schemes.includes(schemeName)) {
    problem = {
      annotation: scheme.annotation,
      received: receivedValue(schemeName),
      expected: `one of ${schemes.join(', ')}`,
    };
  } else if (path && schemeName !== 'grpc' && !path.value.startsWith('/')) {
    problem = {
      annotation: path.annotation,
      received: receivedValue(path.value),
      expected: 'a path that begins with /',
    };
  }
  if (problem) {
    problems.push(problem);
    return undefined;
  }
  const slash = path && !path.value.startsWith('/') ? '/' : '';
  const parsed = parseCheck(`${schemeName}://:${number}${slash}${(path?.value ?? '').replaceAll('?', '%3F')}`);
  if (!isRefusal(parsed)) return { annotation: port.annotation, list: [parsed] };
  const culprit = path && !parsed.received.startsWith('port') ? path : port;
  problems.push({ annotation: culprit.annotation, ...parsed });
  return undefined;
}

const containerPort = (container: V1Container, name: string): string | undefined =>
  container.ports?.find((port) => port.name === name)?.containerPort.toString();

/** What a container is asked that nobody wrote a check for, and by what that was found. */
export type Preset = Pick<ContainerIntent, 'check' | 'probes' | 'found'>;

/** The checks of the container's image or health port, for a pattern that was named: not to find any is a mistake. */
export function readPreset(
  annotation: string,
  container: V1Container,
  { prefix }: ReadingContext,
  problems: Problem[],
): Preset | undefined {
  const found = findChecks(container);
  if (!isRefusal(found)) return presetOf(found, annotation, problems);
  const received = `received no check for container ${quote(container.name)}, and ${found.received}`;
  problems.push({ annotation, received, expected: `${prefix}check beside it` });
  return undefined;
}

/** The same for `auto`, which leaves alone what it does not know. */
export function detectPreset(
  annotation: string,
  container: V1Container,
  kept: Kept[],
  problems: Problem[],
): Preset | undefined {
  const found = findChecks(container);
  if (!isRefusal(found)) return presetOf(found, annotation, problems);
  kept.push({ what: container.name, why: found.received });
  return undefined;
}

function presetOf({ check, readiness, by }: Found, annotation: string, problems: Problem[]): Preset {
  const read = (value: string) => readChecks({ annotation, value }, problems);
  const own = readiness === undefined ? undefined : read(readiness);
  return {
    check: read(check),
    probes: own ? { readiness: own } : {},
    found: `${[check, readiness].filter((text) => text !== undefined).join(' and ')} by ${by}`,
  };
}
