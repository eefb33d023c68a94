import type { Protocol, Step } from './protocol.ts';
import { stepsOfController } from './controller-steps.ts';
import { type Found, fingerprint, stepsOf } from './explore.ts';
import { msOf } from './objects.ts';
import { violationOf } from './record.ts';
import { type Scenario, firstState } from './scenario.ts';
import { type State, podTable, uidOf } from './state.ts';
import { healing, ticks } from './world-steps.ts';

/** A small generator of numbers from 0 to 1, the same for the same seed. https://en.wikipedia.org/wiki/Xorshift */
export function numbersFrom(seed: number): () => number {
  let x = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

const isTick = ({ words }: Step): boolean => words === 'five minutes pass';

/** One history by chance, to its end or to a violation. Time passes seldom, so that much happens at one time. */
export function walk(
  scenario: Scenario,
  rules: Protocol,
  seed: number,
  onState: (state: State) => void = () => {},
): Found | undefined {
  const random = numbersFrom(seed);
  const history: string[] = [];
  let state = firstState(scenario);
  for (let count = 0; count < 400; count += 1) {
    const steps = stepsOf(state, scenario, rules);
    if (steps.length === 0) return undefined;
    const chosen = steps.filter((step) => !isTick(step) || random() < 0.3);
    const step = (chosen.length > 0 ? chosen : steps)[Math.floor(random() * (chosen.length || steps.length))]!;
    history.push(step.words);
    state = step.next;
    onState(state);
    const violation = violationOf(state, scenario);
    if (violation !== undefined) return { violation, history };
  }
  return undefined;
}

/** How many ticks after the last fault each move has to be over: no window and no quarantine lasts longer. */
const patienceTicks = 12;

/** The brake, the cap and a quarantine, one after the other. */
const longestTicks = 9;

/**
 * What is fair once nothing breaks any more: calls are answered, watches deliver, Pods start, one controller leads, and
 * only then time passes. Undefined where nothing is left to do.
 */
function fairStep(state: State, scenario: Scenario, rules: Protocol, lastTick: number): Step | undefined {
  const calm: State = { ...state, left: quiet };
  const leading = state.leaders.findIndex(({ leads }) => leads);
  const own = stepsOfController(calm, Math.max(0, leading), scenario, rules);
  return own[0] ?? healing(calm, scenario)[0] ?? ticks(calm, scenario, lastTick)[0];
}

const quiet = { sick: 0, heal: 0, reboot: 0, person: 0, death: 0, lostCall: 0, lostAnswer: 0, refusal: 0, overlap: 0 };

/** Checks that every move ends: from a state that was reached, as soon as nothing breaks any more. */
export function createLiveness(scenario: Scenario, rules: Protocol): (state: State) => string | undefined {
  /** The states from which all ends well. */
  const well = new Set<number>();
  return (reached) => {
    const passed: number[] = [];
    const lastTick = scenario.lastTick + patienceTicks;
    // What is left to break does not matter, and neither what was recorded.
    let state: State = { ...reached, left: quiet, begunTicks: [], evictions: [], charges: [], releasedUids: [] };
    for (let count = 0; count < 2_000; count += 1) {
      const at = fingerprint(state);
      if (well.has(at)) break;
      passed.push(at);
      const step = fairStep(state, scenario, rules, lastTick);
      if (!step) {
        const stuck = stuckIn(state, scenario, rules);
        if (stuck !== undefined) return stuck;
        break;
      }
      state = { ...step.next, begunTicks: [], evictions: [], charges: [], releasedUids: [] };
      if (count === 1_999) return 'without end: the controller does something over and over';
    }
    for (const each of passed) well.add(each);
    return undefined;
  };
}

/** A Pod that fails still, after hours in which nothing broke, though there is a node for it. */
function stuckIn(state: State, scenario: Scenario, rules: Protocol): string | undefined {
  const leader = state.leaders.find(({ leads }) => leads);
  if (!leader) return 'nobody leads';
  if (leader.flights.length > 0)
    return `without end: ${leader.flights.map(({ uid, stage }) => `${uid} (${stage})`).join(', ')}`;
  for (const decision of rules.decide(leader, state, scenario)) {
    if (decision.kind !== 'hold' || mayLast.has(decision.reason)) continue;
    // Where nodes stay sick, a Pod may be on its next move, and wait for its turn.
    const sinceMs = decision.pod.failing?.sinceMs ?? Infinity;
    if (sinceMs > msOf(state.tick - longestTicks)) continue;
    return `lost: Pod ${decision.pod.uid} is held for ${decision.reason} and never moved`;
  }
  const isSeen = new Set(
    rules.decide(leader, state, scenario).flatMap((each) => ('pod' in each ? [each.pod.uid] : [])),
  );
  const missed = state.pods
    .map((number) => podTable.get(number))
    .find((pod) => pod.failsSinceTick >= 0 && !pod.isDeleting && !isSeen.has(uidOf(pod)));
  return missed && `lost: Pod ${uidOf(missed)} fails, and nothing is decided about it`;
}

/** Where no node is left there is nothing to do, and a gang that would hang waits for a person. */
const mayLast: ReadonlySet<string> = new Set(['no-other-node', 'gang-would-hang']);
