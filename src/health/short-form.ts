import type { V1Container } from '@kubernetes/client-node';
import { isRefusal } from '../check/check.ts';
import { parseCheck } from '../check/parse.ts';
import type { Key } from './annotations.ts';
import type { Checks } from './intent.ts';
import { type Problem, receivedValue } from './problem.ts';
import type { Entry } from './written.ts';

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
