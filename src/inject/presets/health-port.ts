import type { V1Container } from '@kubernetes/client-node';
import { type Refusal, isRefusal } from '../../check/check.ts';
import type { CommandLine } from './command-line.ts';
import type { PresetChecks } from './guess.ts';

/** The names of ports that say what answers there; a name that does not say the path is only connected to. */
const checksByPortName: Readonly<Record<string, string>> = {
  healthz: 'http://:PORT/healthz',
  livez: 'http://:PORT/livez',
  health: 'tcp://:PORT',
  probes: 'tcp://:PORT',
  'grpc-health': 'grpc://:PORT',
  'health-grpc': 'grpc://:PORT',
};

/** Programs that serve nothing, whatever the container declares. */
const idle: ReadonlySet<string> = new Set(['sleep', 'tail', 'cat', 'true', 'pause', 'watch', 'echo']);

/** The check of a container that declares a port whose name says that health is asked there. */
export function healthPortChecks({ ports }: V1Container, line: CommandLine | Refusal): PresetChecks | undefined {
  if (!isRefusal(line) && line.program !== undefined && idle.has(line.program)) return undefined;
  for (const { name, containerPort, protocol } of ports ?? []) {
    const check = name && Object.hasOwn(checksByPortName, name) ? checksByPortName[name] : undefined;
    if (check === undefined || (protocol ?? 'TCP') !== 'TCP') continue;
    return { check: check.replace('PORT', `${containerPort}`), readiness: undefined, by: `port ${name}` };
  }
  return undefined;
}
