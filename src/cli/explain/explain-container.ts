import type { Assignment } from '../../inject/assign.ts';
import type { ContainerIntent } from '../../inject/intent/types.ts';
import type { SkipReason } from '../../inject/skip-reasons.ts';
import { patterns } from '../../inject/patterns/index.ts';
import { type ProbeName, probeField, probeNames } from '../../inject/pod/additions.ts';
import { type Pod, probedContainers } from '../../inject/pod/pod.ts';
import type { Considered } from '../consider.ts';
import { type ProbeCost, costOfProbe } from './cost.ts';

/** Where one probe comes from, or why there is none. */
export type ProbeExplanation = {
  readonly probe: ProbeName;
  readonly checks: readonly string[];
  /** The pattern that carries it; undefined where none does, and `why` says why. */
  readonly pattern?: string;
  readonly why?: string;
  /** The patterns that were preferred and could not carry it. */
  readonly passedOver: readonly { readonly pattern: string; readonly why: string }[];
  readonly cost?: ProbeCost;
};

/** What is done for one container. */
export type ContainerExplanation = {
  readonly name: string;
  readonly image: string;
  /** What the checks come from: annotations, or what they were found by. */
  readonly from: string;
  readonly probes: readonly ProbeExplanation[];
};

/** The reasons for which nothing is added to a Pod that was looked at all the same. */
const openReasons: ReadonlySet<SkipReason> = new Set(['audit', 'host-network', 'nothing-to-add', 'probes-exist']);

/** Explains every container that a check is asked for, where the Pod is one that may be touched. */
export function explainContainers({ pod, outcome }: Considered, prefix: string): ContainerExplanation[] {
  const isOpen = outcome.kind === 'injected' || (outcome.kind === 'skipped' && openReasons.has(outcome.reason));
  const { intent: asked, assignment } = outcome;
  if (!asked || !assignment || !isOpen) return [];
  const wanted = outcome.kind === 'injected' ? outcome.pod : pod;
  return asked.containers.map((intent) => ({
    name: intent.container,
    image: containerOf(pod, intent.container)?.image ?? '',
    from: intent.found === undefined ? [...new Set(annotationsOf(intent))].join(', ') : `the preset ${intent.found}`,
    probes: probeNames.map((probe) => explainProbe(probe, intent, assignment, { pod, wanted, prefix })),
  }));
}

const containerOf = (pod: Pod, name: string) => probedContainers(pod).find((container) => container.name === name);

function annotationsOf({ check, probes }: ContainerIntent): string[] {
  return [check, ...probeNames.map((probe) => probes[probe])].flatMap((checks) =>
    checks === undefined || checks === 'off' ? [] : [checks.annotation],
  );
}

function explainProbe(
  probe: ProbeName,
  intent: ContainerIntent,
  { byPattern, skippedItems }: Assignment,
  { pod, wanted, prefix }: { readonly pod: Pod; readonly wanted: Pod; readonly prefix: string },
): ProbeExplanation {
  const field = probeField(probe);
  const own = intent.probes[probe];
  const checks = own ?? intent.check;
  const list = checks === undefined || checks === 'off' ? [] : checks.list;
  const texts = { probe, checks: list.map(({ text }) => text) };
  const pattern = [...byPattern].find(([, containers]) =>
    containers.some(
      ({ container, probes }) => container === intent.container && probes.some((assigned) => assigned.probe === probe),
    ),
  )?.[0];
  if (pattern === undefined) {
    const note = skippedItems.find(({ what }) => what === `${intent.container}/${field}`);
    return { ...texts, passedOver: [], why: note?.why ?? reasonForNone(probe, checks, prefix) };
  }
  const preferred = intent.patterns.slice(0, intent.patterns.indexOf(pattern));
  const passedOver = preferred.flatMap((name) => {
    const refusal = patterns[name].unsupportedReason(list, intent.container, pod);
    return refusal ? [{ pattern: name, why: `${refusal.received}, expected ${refusal.expected}` }] : [];
  });
  const added = containerOf(wanted, intent.container)?.[field];
  return { ...texts, pattern, passedOver, ...(added ? { cost: costOfProbe(added) } : {}) };
}

function reasonForNone(probe: ProbeName, checks: object | 'off' | undefined, prefix: string): string {
  if (checks === 'off') return 'it is off';
  if (checks === undefined) return 'no check is for it';
  return `only ${prefix}${probe} adds it here`;
}
