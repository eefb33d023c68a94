import { protocol } from './protocol.ts';
import { explore } from './explore.ts';
import { type Scenario, scenarios } from './scenario.ts';
import { createLiveness, walk } from './walk.ts';

/** Visits so many states of each scenario, a quarter of the whole, and walks by chance: `node test/model/main.ts [STATES] [WALKS] [SEED]`. */
const [states = 1_000_000, walks = 4_000, firstSeed = 1] = process.argv.slice(2).map(Number);

const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`);

/** Prints what was found, as a history in words; returns how many states were visited. */
function report(scenario: Scenario): number {
  const { found, states: visited, depth, isComplete } = explore(scenario, protocol, Math.ceil(states / 4));
  const how = isComplete ? 'all there are' : `all within ${depth} steps`;
  say(`${scenario.name}: ${visited} states, ${how}`);
  const endsWell = createLiveness(scenario, protocol);
  let failures = found ? [found] : [];
  for (let seed = firstSeed; seed < firstSeed + walks && failures.length === 0; seed += 1) {
    let stuck: string | undefined;
    const broken = walk(scenario, protocol, seed, (state) => {
      stuck ??= endsWell(state);
    });
    if (broken) failures = [broken];
    else if (stuck !== undefined) failures = [{ violation: stuck, history: [`(the walk of seed ${seed})`] }];
  }
  for (const { violation, history } of failures) {
    say(`${violation}\n  ${history.join('\n  ')}`);
    process.exitCode = 1;
  }
  return visited;
}

const started = process.cpuUsage();
const sum = Object.values(scenarios).reduce((count, scenario) => count + report(scenario), 0);
const { user } = process.cpuUsage(started);
say(
  `${sum} states of ${Object.keys(scenarios).length} scenarios and ${walks} walks through each, in ${Math.round(user / 1_000_000)} s of one core`,
);
