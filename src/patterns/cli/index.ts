import type { Check, Refusal } from '../../check/check.ts';
import { type ContainerWish, type Plan, type PlanContext, type ProbeWish, definePattern } from '../pattern.ts';
import { deliver, mountPath, mountProblem } from './delivery.ts';
import { costWarning, counts, execProbes, needsAgent } from './exec-probe.ts';
import { keepState, statePath } from './state.ts';

/** An exec probe in the container: a tool of its image, or the agent, which is brought along. */
export const cli = definePattern({
  summary: 'an exec probe in the container: a tool of its image, or the agent, which is brought along',
  fills: ['liveness', 'readiness'],
  obstacle,
  plan,
});

function obstacle(checks: readonly Check[]): Refusal | undefined {
  if (!checks.some(({ scheme }) => scheme === 'push')) return undefined;
  return { received: 'received a push check, which needs somebody to report to', expected: 'pattern sidecar for it' };
}

function plan(wishes: readonly ContainerWish[], context: PlanContext): Plan {
  const containersOf = (has: (wish: ProbeWish) => boolean): string[] =>
    wishes.filter(({ probes }) => probes.some(has)).map(({ container }) => container);
  const shipped = containersOf(needsAgent);
  return {
    additions: [
      ...(shipped.length > 0 ? deliver(shipped, context) : []),
      ...keepState(containersOf(counts), context),
      ...wishes.flatMap((wish) => execProbes(wish)),
    ],
    warnings: wishes.flatMap(costWarning),
    problems: wishes.flatMap(({ container, probes }) => [
      ...mountProblem(container, mountPath, probes.find(needsAgent)?.annotation, context),
      ...mountProblem(container, statePath, probes.find(counts)?.annotation, context),
    ]),
  };
}
