import { type Random, type Recipe, createRandom, evolve } from './recipe.ts';

/** What is fuzzed: it must neither throw nor take long, whatever object it is given. */
export type Target = {
  readonly bases: Readonly<Record<string, object>>;
  readonly words: readonly unknown[];
  /** How much CPU the work may take: three times what is wanted, for a machine that is three times as slow. */
  readonly mostCpuMs: number;
  /** Makes the object, and returns the work whose cost counts. */
  readonly prepare: (recipe: Recipe) => () => unknown;
};

export type Found = { readonly recipe: Recipe; readonly cpuMs: number };

export type Result = {
  readonly runs: number;
  /** The costliest recipes, the costliest first. */
  readonly slowest: readonly Found[];
  readonly thrown: readonly { readonly recipe: Recipe; readonly error: unknown }[];
  /** How much more the heap holds at the end than once the search was warm. */
  readonly grownBytes: number;
};

/** How many recipes are kept, and bred from. */
const kept = 10;
/** A search that has run for so long holds all that it will ever hold. */
const warmRuns = 2_000;
const mostThrown = 20;

/** The CPU that work takes, the least of `times` measurements: what else the process does is not the work's. */
export function cpuMsOf(work: () => unknown, times = 1): number {
  let least = Infinity;
  for (let time = 0; time < times; time += 1) {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

/** Searches for what costs most, for some seconds or a number of runs. The seed decides everything but the costs. */
export function search(
  target: Target,
  { seed, seconds, mostRuns }: { readonly seed: number; readonly seconds: number; readonly mostRuns: number },
  corpus: readonly Recipe[],
): Result {
  const random = createRandom(seed);
  const thrown: { recipe: Recipe; error: unknown }[] = [];
  let slowest: Found[] = [];
  let warmBytes = 0;
  let runs = 0;

  const run = (recipe: Recipe): void => {
    runs += 1;
    try {
      const work = target.prepare(recipe);
      let cpuMs = cpuMsOf(work);
      const last = slowest.length < kept ? 0 : (slowest.at(-1)?.cpuMs ?? 0);
      if (cpuMs <= last) return;
      // A garbage collection or a first compilation may have fallen into it.
      cpuMs = Math.min(cpuMs, cpuMsOf(work, 2));
      if (cpuMs <= last) return;
      slowest = [...slowest, { recipe, cpuMs }].toSorted((one, other) => other.cpuMs - one.cpuMs).slice(0, kept);
    } catch (error) {
      if (thrown.length < mostThrown) thrown.push({ recipe, error });
    }
  };

  for (const recipe of corpus) run(recipe);
  const endMs = performance.now() + seconds * 1_000;
  for (let left = mostRuns - runs; left > 0 && performance.now() < endMs; left -= 1) {
    run(evolve(parentOf(target, slowest, random), random, target.words.length));
    if (runs === warmRuns) warmBytes = heapBytes();
  }
  return { runs, slowest, thrown, grownBytes: warmBytes === 0 ? 0 : heapBytes() - warmBytes };
}

/** One of the costliest now and then; else a base, so that the search also looks where nothing is costly yet. */
const parentOf = ({ bases }: Target, slowest: readonly Found[], random: Random): Recipe => {
  const best = slowest.length > 0 && random.below(100) === 0 ? random.pick(slowest).recipe : undefined;
  if (best) return best;
  let recipe: Recipe = { base: random.pick(Object.keys(bases)), changes: [] };
  for (let changes = random.below(5); changes > 0; changes -= 1) recipe = evolve(recipe, random, 1 << 20);
  return recipe;
};

function heapBytes(): number {
  for (let turn = 0; turn < 3; turn += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
