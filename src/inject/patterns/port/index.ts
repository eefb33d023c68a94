// https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
import type { V1HTTPHeader, V1Probe } from '@kubernetes/client-node';
import { type Check, type Refusal, isPod, refuse } from '../../../check/check.ts';
import { headerName } from '../../../check/headers.ts';
import { formatDuration, variableOf } from '../../../check/kinds.ts';
import { isAddedProbe } from '../../pod/additions.ts';
import { literal } from '../../pod/agent-container.ts';
import { type ContainerAssignment, definePattern } from '../pattern.ts';
import { networkWarnings, timed } from '../probe.ts';
import { shellWarnings } from '../shell.ts';

const defaultPeriodSeconds = 10;
const defaultTimeoutMs = 1_000;

/** The kubelet asks by itself: the app has a health port, or a tool in its image. Nothing but probes is added. */
export const port = definePattern({
  summary: "the kubelet's own probe: httpGet, tcpSocket, grpc or exec",
  probesFilledByCheck: ['liveness', 'readiness'],
  defaultTimeoutMs,
  guessRefusal: refuse(
    'received a check that was found and not written, and the kubelet would act on it before it has passed once',
    'the key check beside pattern port, or pattern sidecar or cli',
  ),
  unsupportedReason,
  isAddedForm: (addition) => addition.kind === 'probe' && isAddedProbe(addition.value),
  plan: (assignments, { pod }) => ({
    additions: assignments.flatMap(planContainer),
    warnings: [
      ...assignments.flatMap(roundedTimeouts),
      ...networkWarnings(pod, portsOf(assignments)),
      ...assignments.flatMap(shellWarnings),
    ],
    problems: [],
  }),
});

/** The ports that the kubelet is to ask, each once. */
const portsOf = (assignments: readonly ContainerAssignment[]): number[] => [
  ...new Set(
    assignments.flatMap(({ probes }) =>
      probes.flatMap(({ checks }) => checks.flatMap(({ port: number }) => number ?? [])),
    ),
  ),
];

/** Says where a timeout is not what was asked for, since the kubelet has whole seconds. */
function roundedTimeouts({ container, timing: { timeoutMs = 0 } }: ContainerAssignment): string[] {
  if (timeoutMs % 1_000 === 0) return [];
  const [asked, rounded] = [timeoutMs, Math.ceil(timeoutMs / 1_000) * 1_000].map(formatDuration);
  return [`The timeout of container "${container}" is ${rounded} and not ${asked}: the kubelet has whole seconds.`];
}

function planContainer({ container, probes, timing }: ContainerAssignment) {
  const hasStartup = probes.some(({ probe }) => probe === 'startup');
  return probes.map(({ probe, checks }) => ({
    kind: 'probe' as const,
    container,
    probe,
    value: timed(kubeletProbe(checks[0] as Check), probe, timing, {
      periodSeconds: timing.periodSeconds ?? defaultPeriodSeconds,
      timeoutSeconds: Math.ceil((timing.timeoutMs ?? defaultTimeoutMs) / 1_000),
      hasStartup,
    }),
  }));
}

/** The probe handler for one check; `host` is never set, so that Pod Security `baseline` holds. */
function kubeletProbe(check: Check): V1Probe {
  const target = check.port as number;
  switch (check.scheme) {
    case 'tcp':
      return { tcpSocket: { port: target } };
    case 'grpc':
      return { grpc: { port: target, service: check.path.slice(1) } };
    case 'exec':
      return { exec: { command: check.command.map(literal) } };
    default: {
      const httpHeaders = headersOf(check);
      return {
        httpGet: {
          path: check.path.replaceAll(/%3f/gi, '?') || '/',
          port: target,
          scheme: check.scheme.toUpperCase(),
          ...(httpHeaders.length === 0 ? {} : { httpHeaders }),
        },
      };
    }
  }
}

function headersOf({ options }: Check): V1HTTPHeader[] {
  return [...options].flatMap(([option, value]) => {
    const name = option === 'host-header' ? 'Host' : headerName(option);
    return name === undefined ? [] : { name, value };
  });
}

/** True for what the kubelet has a word for: the values of its headers are in the Pod for all to read. */
const isOfKubelet = ([name, value]: readonly [string, string]): boolean =>
  name === 'host-header' || (name.startsWith('header.') && variableOf(value) === undefined);

function unsupportedReason(checks: readonly Check[]): Refusal | undefined {
  const [check, another] = checks as [Check, Check?];
  if (another) {
    return {
      received: `received ${checks.length} checks for one probe`,
      expected: 'one with pattern port, or pattern sidecar',
    };
  }
  if (!['http', 'https', 'tcp', 'grpc', 'exec'].includes(check.scheme)) {
    const received = `received a ${check.scheme} check, which the kubelet does not speak`;
    return { received, expected: 'http, https, tcp, grpc or exec with pattern port, or pattern sidecar or cli' };
  }
  if (check.socket !== '') {
    const received = 'received the path of a socket, which the kubelet cannot reach';
    return { received, expected: 'a port with pattern port, or pattern sidecar or cli' };
  }
  if (check.host !== '' && !isPod(check.host)) {
    const received = `received host "${check.host}", but the kubelet asks the Pod's own address`;
    return { received, expected: 'no host, or pod, with pattern port, or pattern sidecar or cli' };
  }
  if (check.user !== '' || check.password !== '') {
    const received = 'received a login, which a kubelet probe does not have';
    return { received, expected: 'none with pattern port, or pattern sidecar or cli' };
  }
  const option = [...check.options].find((entry) => !isOfKubelet(entry));
  if (option) {
    const [name] = option;
    const received = name.startsWith('header.')
      ? `received option ${name} from an environment variable, which a kubelet probe does not read`
      : `received option ${name}, which a kubelet probe does not have`;
    return { received, expected: 'none with pattern port, or pattern sidecar or cli' };
  }
  return undefined;
}
