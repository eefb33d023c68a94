import { isHardware } from '../check/check.ts';
import type { Checks } from './intent.ts';
import type { Problem } from './problem.ts';

/**
 * Divides the checks of the key `check` among pattern hardware and the others. A check of hardware is for no other
 * pattern, which would fill a liveness probe with it, and nothing else is for pattern hardware.
 */
export function apportion(
  checks: Checks | undefined,
  patterns: readonly string[],
): { readonly check: Checks | undefined; readonly hardware: Checks | undefined } {
  if (!checks || !patterns.includes('hardware')) return { check: checks, hardware: undefined };
  const part = (list: Checks['list']): Checks | undefined => (list.length > 0 ? { ...checks, list } : undefined);
  return {
    check: part(checks.list.filter((check) => !isHardware(check))),
    hardware: part(checks.list.filter(isHardware)),
  };
}

/** What is asked of pattern hardware, alone in its list, that it does not do; `own` are the checks of a probe. */
export function misplaced(
  check: Checks | undefined,
  own: Checks | undefined,
  hardware: Checks | undefined,
  pattern: string,
  prefix: string,
): Problem[] {
  if (check) {
    const received = `received a ${check.list[0]?.scheme} check, which asks no hardware`;
    return [{ annotation: check.annotation, received, expected: 'another pattern beside hardware for it' }];
  }
  if (own) {
    const received = 'received a check for one probe, and pattern hardware has a probe of its own';
    return [{ annotation: own.annotation, received, expected: `${prefix}check, or another pattern beside hardware` }];
  }
  const received = 'received no check of hardware';
  return hardware ? [] : [{ annotation: pattern, received, expected: `${prefix}check with one beside it` }];
}
