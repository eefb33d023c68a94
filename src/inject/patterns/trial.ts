import { type Check, type Refusal, isPod } from '../../check/check.ts';
import type { Pod } from '../pod/pod.ts';
import { borrow } from './borrow.ts';
import { patternOf } from './index.ts';
import type { ContainerAssignment, PatternPlan, PlanContext, ProbeAssignment } from './pattern.ts';
import { type AskedContainer, planBeside, sidecar } from './sidecar/index.ts';
import { questionFlags, unasked } from './trial-flags.ts';

type TrialContext = Omit<PlanContext, 'options'>;

/** What the author of the Pod should know first. */
const noProbe = 'The Pod is in trial: no probe is added, and the agent counts what would have followed.';

/**
 * Plans a Pod in trial: whatever pattern would carry a check, one sidecar asks it, and no probe of the kubelet is added.
 * A pattern that claims its checks has its own sidecar.
 */
export function planTrial(
  byPattern: ReadonlyMap<string, readonly ContainerAssignment[]>,
  context: TrialContext,
): PatternPlan {
  const beside = [...byPattern].filter(([name]) => !patternOf(name).claim);
  const containers = beside.flatMap(([name, assignments]) =>
    assignments.map((assignment) => askBeside(name, assignment, context.pod)),
  );
  const asked = merged(containers.map(({ asked: container }) => container));
  const plans: readonly PatternPlan[] = [
    ...(asked.length > 0 ? [planBeside(asked, context, { flags: ['--trial', '--verbose'] })] : []),
    ...[...byPattern]
      .filter(([name]) => patternOf(name).claim)
      .map(([name, list]) => patternOf(name).plan(list, { ...context, options: context.intent.options.get(name) })),
  ];
  const notes = [...containers.map(({ left }) => left), ...plans];
  return {
    additions: plans.flatMap(({ additions }) => additions),
    warnings: [noProbe, ...notes.flatMap(({ warnings }) => warnings)],
    problems: plans.flatMap(({ problems }) => problems),
    skippedItems: notes.flatMap(({ skippedItems = [] }) => skippedItems),
  };
}

/** What an agent beside a container asks in the place of a pattern, and what it cannot. */
function askBeside(
  name: string,
  assignment: ContainerAssignment,
  pod: Pod,
): { readonly asked: AskedContainer; readonly left: ReturnType<typeof unasked> } {
  const { container, timing } = assignment;
  const divided = assignment.probes.map((probe) => ({ probe, ...divide(name, probe.checks, container, pod) }));
  const isOfKubelet = name === 'port';
  const probes = divided.flatMap(({ probe, checks }): ProbeAssignment[] =>
    checks.length === 0 ? [] : [{ ...probe, checks: isOfKubelet ? checks.map(askAsKubelet) : checks }],
  );
  const wholeMs = timing.timeoutMs ?? patternOf(name).defaultTimeoutMs;
  const timeoutMs = isOfKubelet ? Math.ceil(wholeMs / 1_000) * 1_000 : wholeMs;
  return {
    asked: {
      container,
      probes: withStartup(probes, assignment),
      timing: { ...timing, timeoutMs },
      flags: isOfKubelet ? ['--pass-only'] : [],
    },
    left: unasked([assignment], ({ probe }) => divided.find((each) => each.probe.probe === probe)?.why),
  };
}

/** The checks of one probe are looked at one by one only where they are few: each look walks the container's variables. */
const mostAlone = 16;

/** The checks that can be asked from beside the container, and the first reason against one of the others. */
function divide(
  name: string,
  all: readonly Check[],
  container: string,
  pod: Pod,
): { readonly checks: readonly Check[]; readonly why: string | undefined } {
  // What the pattern sidecar cannot borrow is a mistake, in trial as without.
  if (name === 'sidecar') return { checks: all, why: undefined };
  const borrowing = (checks: readonly Check[]): string | undefined => {
    const probes = [{ probe: 'readiness' as const, checks, annotation: '', isGuess: false }];
    return clauseOf(borrow([{ container, probes, timing: {} }], pod).problems[0]);
  };
  const refusalOf = (check: Check): string | undefined => clauseOf(sidecar.unsupportedReason([check], container, pod));
  const possible = all.filter((check) => refusalOf(check) === undefined);
  const why = all.map(refusalOf).find((reason) => reason !== undefined);
  const obstacle = borrowing(possible);
  if (obstacle === undefined) return { checks: possible, why };
  const checks = possible.length > mostAlone ? [] : possible.filter((check) => borrowing([check]) === undefined);
  return { checks, why: why ?? obstacle };
}

const clauseOf = (refusal: Pick<Refusal, 'received'> | undefined): string | undefined =>
  refusal?.received.replace(/^received /, '');

/** Where the checks of startup cannot be asked, those of liveness stand for them: a slow start is no failure. */
function withStartup(probes: readonly ProbeAssignment[], before: ContainerAssignment): readonly ProbeAssignment[] {
  const isWanted = before.probes.some(({ probe }) => probe === 'startup');
  const liveness = probes.find(({ probe }) => probe === 'liveness');
  if (!isWanted || !liveness || probes.some(({ probe }) => probe === 'startup')) return probes;
  return [...probes, { ...liveness, probe: 'startup' }];
}

/** What an agent reads of a check. */
const longestCheck = 2_048;

/** A check as the kubelet would ask it: at the Pod's own address, and after redirects within the host. */
function askAsKubelet(check: Check): Check {
  const { text, scheme, host } = check;
  const at = text.indexOf('://') + '://'.length;
  const there = isPod(host) ? text : `${text.slice(0, at)}pod${text.slice(at)}`;
  const isHttp = scheme === 'http' || scheme === 'https';
  const asked = isHttp ? `${there}${there.includes('?') ? '&' : '?'}follow=same-host` : there;
  return asked.length > longestCheck ? check : { ...check, host: 'pod', text: asked };
}

/** One entry for each container, whose probes several patterns may carry, and none for one of which nothing is asked. */
function merged(containers: readonly AskedContainer[]): AskedContainer[] {
  const groups = Map.groupBy(
    containers.filter(({ probes }) => probes.length > 0),
    ({ container }) => container,
  );
  return [...groups].map(([container, parts]) => {
    const probes = parts.flatMap((part) => part.probes);
    const timeoutMs = Math.max(...parts.map(({ timing }) => timing.timeoutMs ?? 0));
    const timing = { ...parts[0]?.timing, timeoutMs };
    const isOfKubelet = parts.every(({ flags = [] }) => flags.includes('--pass-only'));
    const flags = [...(isOfKubelet ? ['--pass-only'] : []), ...questionFlags({ container, probes, timing })];
    return { container, probes, timing, flags };
  });
}
