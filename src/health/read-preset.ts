import type { V1Container } from '@kubernetes/client-node';
import { isRefusal, quote } from '../check/check.ts';
import { findChecks } from '../presets/find.ts';
import type { Found } from '../presets/found.ts';
import type { ContainerIntent } from './intent.ts';
import type { Kept } from './outcome.ts';
import type { Problem } from './problem.ts';
import { readChecks } from './read-checks.ts';
import type { ReadingContext } from './reading-context.ts';

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
