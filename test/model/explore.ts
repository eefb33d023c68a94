import { createHash } from 'node:crypto';
import { stepsOfController } from './controller-steps.ts';
import type { Protocol, Step } from './protocol.ts';
import { violationOf } from './record.ts';
import { type Scenario, firstState } from './scenario.ts';
import type { State } from './state.ts';
import { stepsOfWorld } from './world-steps.ts';

export const stepsOf = (state: State, scenario: Scenario, rules: Protocol): Step[] => [
  ...stepsOfController(state, 0, scenario, rules),
  ...stepsOfController(state, 1, scenario, rules),
  ...stepsOfWorld(state, scenario),
];

export type Found = { readonly violation: string; readonly history: readonly string[] };
export type Explored = {
  readonly states: number;
  readonly depth: number;
  readonly isComplete: boolean;
  readonly found: Found | undefined;
};

/** 52 bits of a digest: of a million states two meet by chance once in nine thousand runs, and then one is passed over. */
export const fingerprint = (state: State): number => {
  const digest = createHash('sha1').update(JSON.stringify(state)).digest();
  return digest.readUIntBE(0, 6) * 16 + (digest[6]! & 15);
};

/** Visits every state that may be reached, nearest first, until so many were seen: the first violation has the shortest history. */
export function explore(
  scenario: Scenario,
  rules: Protocol,
  maxStates: number,
  inspect?: (state: State) => string | undefined,
): Explored {
  const first = firstState(scenario);
  /** For each state that was seen, the state and the words that it was first reached by. */
  const seen = new Map<number, readonly [number, string]>();
  const historyOf = (last: number): string[] => {
    const words: string[] = [];
    for (let at = seen.get(last); at && at[1] !== ''; at = seen.get(at[0])) words.push(at[1]);
    return words.toReversed();
  };
  seen.set(fingerprint(first), [0, '']);
  let frontier: State[] = [first];
  let depth = 0;
  for (; frontier.length > 0; depth += 1) {
    const next: State[] = [];
    for (const state of frontier) {
      const from = fingerprint(state);
      for (const step of stepsOf(state, scenario, rules)) {
        const to = fingerprint(step.next);
        if (seen.has(to)) continue;
        seen.set(to, [from, step.words]);
        const violation = violationOf(step.next, scenario) ?? inspect?.(step.next);
        if (violation !== undefined)
          return { states: seen.size, depth, isComplete: false, found: { violation, history: historyOf(to) } };
        if (seen.size >= maxStates) return { states: seen.size, depth, isComplete: false, found: undefined };
        next.push(step.next);
      }
    }
    frontier = next;
  }
  return { states: seen.size, depth, isComplete: true, found: undefined };
}
