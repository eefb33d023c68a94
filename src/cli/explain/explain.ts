import { isDeepStrictEqual } from 'node:util';
import { type Hold, holdKey, parseHold } from '../../hold/hold.ts';
import { isHoldName } from '../../hold/volume.ts';
import { holdWarningsOfPod } from '../../inject/model/hold-warnings.ts';
import type { ContainerIntent } from '../../inject/model/intent.ts';
import { type SkippedItem, sentence } from '../../inject/model/problems.ts';
import { type SkipReason, skipReasons } from '../../inject/skip-reasons.ts';
import type { Outcome } from '../../inject/outcome.ts';
import { type Assignment, refusalOf } from '../../inject/assign.ts';
import { readStatus } from '../../inject/model/status.ts';
import { readAnnotations } from '../../inject/intent/annotations.ts';
import { type ProbeName, probeField, probeNames } from '../../inject/pod/additions.ts';
import { type Pod, probedContainers } from '../../inject/pod/pod.ts';
import { templateAt } from '../../inject/workload.ts';
import { timesText } from '../../wording/times.ts';
import type { Evaluation } from '../evaluate.ts';
import type { CheckState } from './agent-state.ts';
import { type Cost, type ProbeCost, costOfAll, costOfProbe } from './cost.ts';
import type { HardwareState } from './hardware.ts';
import type { PodEvent } from './pod-events.ts';
import { type PodState, readPodState } from './pod-state.ts';

/** All that can be said of what injection does to one Pod or workload, and why. */
export type Explanation = Pick<Evaluation, 'kind' | 'namespace' | 'name' | 'part'> & {
  readonly result: 'injected' | 'left-alone' | SkipReason;
  readonly sentence: string;
  /** The policy or the namespace that asks; null where annotations ask, or nothing does. */
  readonly by: string | null;
  readonly containers: readonly ContainerExplanation[];
  /** What is added; with a policy that only audits what would be. */
  readonly added: readonly string[];
  readonly kept: readonly SkippedItem[];
  /** What the agent's resources were fitted to. */
  readonly fitting: readonly string[];
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
  /** Undefined where nothing is added. */
  readonly cost?: Cost;
  /** What the controller says of a live workload, such as that restarts of its Pods wait; that of a Pod is with the Pod. */
  readonly events?: readonly PodEvent[];
  /** The newest Pod of a live workload, or the Pod itself; null where the workload has none. */
  readonly pod?: LivePodExplanation | null;
};

/** Explains what injection does to an object. */
export function explain(evaluation: Evaluation, prefix: string): Explanation {
  const { kind, namespace, name, part, outcome, leftAlone } = evaluation;
  const containers = explainContainers(evaluation, prefix);
  const warnings = [...evaluation.overruled, ...(evaluation.namespaceHint ? [evaluation.namespaceHint] : [])];
  const nothing = { added: [], kept: [], fitting: outcome.fitting ?? [], warnings, problems: [] };
  const about = { kind, namespace, name, ...(part === undefined ? {} : { part }), by: outcome.by ?? null, containers };
  if (leftAlone) return { ...about, ...nothing, result: 'left-alone', sentence: `left alone: ${leftAlone.message}` };
  switch (outcome.kind) {
    case 'skipped': {
      const { reason, skippedItems: kept, added } = outcome;
      const problems = outcome.problems.map(sentence);
      return { ...about, ...nothing, result: reason, sentence: skipReasons[reason], kept, added, problems };
    }
    case 'rejected': {
      const result = 'invalid-annotations';
      const problems = outcome.problems.map(sentence);
      return { ...about, ...nothing, result, sentence: skipReasons[result], problems };
    }
    case 'injected': {
      const { added, skippedItems: kept } = outcome;
      // An upgrade gives the next Pod another image and other arguments; the one that is there misses nothing by that.
      const isLive = Boolean(evaluation.pod.metadata?.creationTimestamp);
      const isNew =
        outcome.result === 'injected' &&
        !(isLive && added.every((what) => outcome.carried.has(what) || isHoldName(what)));
      return {
        ...about,
        ...nothing,
        result: isNew ? 'injected' : 'already-injected',
        sentence: sentenceOf(outcome, isNew),
        added,
        kept,
        warnings: [...evaluation.overruled, ...outcome.warnings],
        cost: costOfAll(outcome),
      };
    }
    default:
      return outcome satisfies never;
  }
}

/** What is done to a Pod that gets something. */
function sentenceOf({ patterns, intent }: Extract<Outcome, { kind: 'injected' }>, isNew: boolean): string {
  const by = new Intl.ListFormat('en').format(patterns);
  if (intent?.isTrial) {
    return `trial: no probe is added; an agent asks what ${by} would ask, and counts what would have followed.`;
  }
  return isNew ? `health checks by ${by}.` : skipReasons['already-injected'];
}

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
function explainContainers({ pod, outcome }: Evaluation, prefix: string): ContainerExplanation[] {
  const isOpen = outcome.kind === 'injected' || (outcome.kind === 'skipped' && openReasons.has(outcome.reason));
  const { intent: asked, assignment } = outcome;
  if (!asked || !assignment || !isOpen) return [];
  const wanted = outcome.kind === 'injected' ? outcome.pod : pod;
  return asked.containers.map((intent) => ({
    name: intent.container,
    image: containerOf(pod, intent.container)?.image ?? '',
    from: intent.found === undefined ? [...new Set(annotationsOf(intent))].join(', ') : `the preset ${intent.found}`,
    probes: probeNames.flatMap((probe) => explainProbe(probe, intent, assignment, { pod, wanted, prefix })),
  }));
}

const containerOf = (pod: Pod, name: string) => probedContainers(pod).find((container) => container.name === name);

function annotationsOf({ check, claimed, probes }: ContainerIntent): string[] {
  return [check, ...claimed.values(), ...probeNames.map((probe) => probes[probe])].flatMap((checks) =>
    checks === undefined || checks === 'off' ? [] : [checks.annotation],
  );
}

/** Why a probe is added, once for each pattern that adds one; or why none is. */
function explainProbe(
  probe: ProbeName,
  intent: ContainerIntent,
  { byPattern, skippedItems }: Assignment,
  { pod, wanted, prefix }: { readonly pod: Pod; readonly wanted: Pod; readonly prefix: string },
): ProbeExplanation[] {
  const field = probeField(probe);
  const assigned = [...byPattern].flatMap(([pattern, containers]) =>
    containers
      .filter(({ container }) => container === intent.container)
      .flatMap(({ probes }) => probes.filter((each) => each.probe === probe))
      .map(({ checks }) => ({ pattern, checks })),
  );
  if (assigned.length === 0) {
    const checks = intent.probes[probe] ?? intent.check;
    const list = checks === undefined || checks === 'off' ? [] : checks.list;
    const note = skippedItems.find(({ what }) => what === `${intent.container}/${field}`);
    const why = note?.why ?? reasonForNone(probe, checks, prefix);
    return [{ probe, checks: list.map(({ text }) => text), passedOver: [], why }];
  }
  return assigned.map(({ pattern, checks }) => {
    // A pattern that claims its checks is no choice among others, and may have a container of its own for the probe.
    const isClaimed = intent.claimed.has(pattern);
    const preferred = isClaimed ? [] : intent.patterns.slice(0, intent.patterns.indexOf(pattern));
    const passedOver = preferred.flatMap((name) => {
      const refusal = refusalOf(name, checks, intent, pod);
      return refusal ? [{ pattern: name, why: `${refusal.received}, expected ${refusal.expected}` }] : [];
    });
    const added = isClaimed && assigned.length > 1 ? undefined : containerOf(wanted, intent.container)?.[field];
    const about = { probe, checks: checks.map(({ text }) => text), pattern, passedOver };
    return added ? Object.assign(about, { cost: costOfProbe(added) }) : about;
  });
}

function reasonForNone(probe: ProbeName, checks: object | 'off' | undefined, prefix: string): string {
  if (checks === 'off') return 'it is off';
  if (checks === undefined) return 'no check is for it';
  return `only ${prefix}${probe} adds it here`;
}

/** Whether a Pod in a cluster carries what it should. */
type PodExplanation = {
  readonly name: string;
  readonly isComplete: boolean;
  readonly sentence: string;
  /** What it should carry and does not, by the names that `status` has. */
  readonly missed: readonly string[];
  /** What the webhook said about it when it was admitted. */
  readonly problems: readonly string[];
  readonly state: PodState;
  /** Until when its probes are held, by the clock of its node; undefined where nothing is written. */
  readonly hold?: Hold;
  /** Which of its annotations about pauses and the restart budget change nothing, and why; undefined where all do. */
  readonly warnings?: readonly string[];
};

/** A check of hardware that the kubelet runs in the container, and the command that shows what it reads. */
export type AskedWithin = { readonly container: string; readonly checks: string; readonly command: string };

/** The same with what its agents, the kubelet and the controller say of it now. */
export type LivePodExplanation = PodExplanation & {
  /** What became of the checks that were found, as its sidecar tells it; undefined where there are none. */
  readonly guesses?: readonly string[];
  /** Its checks of hardware that no sidecar can be asked about; undefined where there are none. */
  readonly within?: readonly AskedWithin[];
  /** What its checks would have done, and what is advised; undefined where it is not on trial. */
  readonly trial?: readonly string[];
  readonly checks: readonly CheckState[];
  /** Undefined where it asks for no check of hardware. */
  readonly hardware?: HardwareState;
  readonly events: readonly PodEvent[];
  /** What could not be asked, and why. */
  readonly unanswered: readonly string[];
};

/** The webhook writes no more, but anybody may write the annotation. */
const maxProblems = 32;

/** The explanation of a Pod with what was asked of its agents and of the cluster: what fails stands in the first sentence. */
export function withAnswers(
  pod: PodExplanation,
  answers: Pick<LivePodExplanation, 'guesses' | 'within' | 'trial' | 'checks' | 'hardware' | 'events' | 'unanswered'>,
): LivePodExplanation {
  const failing = answers.checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'alive');
  const { isReady, restarts } = pod.state;
  const troubles = [
    ...(isReady === false ? ['it is not Ready'] : []),
    ...failing.map(
      ({ container, check, verdict }) =>
        `the check ${check} of ${container} ${verdict === 'fail' ? 'fails' : 'is alive and not ready'}`,
    ),
  ];
  const often = restarts === 0 ? [] : [`its containers were restarted ${timesText(restarts)}`];
  if (troubles.length === 0 && often.length === 0) return { ...pod, ...answers };
  if (troubles.length === 0 && isReady === true) {
    return { ...pod, ...answers, sentence: `${pod.sentence} It is Ready now, and ${often.join()}.` };
  }
  return {
    ...pod,
    ...answers,
    sentence: `${pod.sentence.replace(/\.$/, '')}, but ${new Intl.ListFormat('en').format([...troubles, ...often])}.`,
  };
}

/** Compares a Pod with what injection adds to it today, or to the workload that made it. */
export function explainPod(pod: Pod, evaluation: Evaluation, prefix: string): PodExplanation {
  const { outcome } = evaluation;
  const annotations = pod.metadata?.annotations ?? {};
  const status = readStatus(pod, prefix);
  const carried = new Set(status?.added);
  const missed =
    outcome.kind === 'injected' ? outcome.added.filter((name) => !carried.has(name) && !isHoldName(name)) : [];
  const problems = annotations[`${prefix}problems`]?.split('\n', maxProblems) ?? [];
  const state = readPodState(pod);
  const hold = parseHold(annotations[`${prefix}${holdKey}`]);
  const isSaid = (warning: string): boolean => outcome.kind === 'injected' && outcome.warnings.includes(warning);
  const warnings = holdWarningsOfPod(pod, prefix).filter((warning) => !isSaid(warning));
  const about = {
    name: pod.metadata?.name ?? '',
    isComplete: missed.length === 0,
    missed,
    problems,
    state,
    ...(hold && { hold }),
    ...(warnings.length > 0 && { warnings }),
  };
  if (missed.length > 0) {
    return {
      ...about,
      sentence: `missed: it lacks ${missed.join(', ')}, since ${reasonFor(pod, evaluation, prefix)}.`,
    };
  }
  if (carried.size === 0) return { ...about, sentence: 'it carries nothing of health-injector.' };
  return {
    ...about,
    sentence: `it carries all that is asked for${status?.version === undefined ? '' : `, added by version ${status.version}`}.`,
  };
}

function reasonFor(pod: Pod, { kind, before, templatePath, pod: applied }: Evaluation, prefix: string): string {
  const asked = ({ metadata }: Pick<Pod, 'metadata'>) => readAnnotations(metadata?.annotations ?? {}, prefix).written;
  if (!isDeepStrictEqual(asked(templateAt(before, templatePath) ?? {}), asked(applied))) {
    return `the annotations of the ${kind} are not on its Pod template: the webhook copies them when the template changes, as by kubectl rollout restart`;
  }
  const why = isDeepStrictEqual(asked(applied), asked(pod))
    ? 'the webhook was away, or was not asked, when it was created'
    : 'it was made from another template';
  return `${why}; a new Pod in its place gets them`;
}
