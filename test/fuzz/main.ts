/** `npm run fuzz -- admission|short-reviews|controller [--seconds 60] [--runs 1000000] [--seed 1] [--write]`: fuzzes against time, memory and exceptions. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Recipe } from './recipe.ts';
import { type Target, search } from './search.ts';
import { admissionTarget, controllerTarget, shortReviewTarget } from './targets.ts';

const targets: Readonly<Record<string, () => Target>> = {
  admission: admissionTarget,
  'short-reviews': shortReviewTarget,
  controller: controllerTarget,
};

const mostGrowthBytes = 32 * 1024 * 1024;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    write: { type: 'boolean', default: false },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const names = positionals.length > 0 ? positionals : Object.keys(targets);
for (const name of names) {
  const make = targets[name];
  if (!make) throw new Error(`There is no target ${name}, only ${Object.keys(targets).join(' and ')}.`);
  const file = new URL(`corpus/${name}.json`, import.meta.url);
  const corpus = JSON.parse(readFileSync(file, 'utf8')) as readonly Recipe[];
  const limits = { seed: Number(values.seed), seconds: Number(values.seconds), mostRuns: Number(values.runs) };
  const target = make();
  const { runs, slowest, thrown, grownBytes } = search(target, limits, corpus);
  print(`${name}, seed ${values.seed}: ${runs} runs, the heap grew by ${(grownBytes / 2 ** 20).toFixed(1)} MiB`);
  for (const { recipe, cpuMs } of slowest) print(`  ${cpuMs.toFixed(1)} ms  ${JSON.stringify(recipe)}`);
  for (const { recipe, error } of thrown) {
    print(`  THROWN ${JSON.stringify(recipe)}\n  ${(error as Error).stack ?? String(error)}`);
  }
  if (values.write)
    writeFileSync(
      file,
      `${JSON.stringify(
        slowest.map(({ recipe }) => recipe),
        undefined,
        2,
      )}\n`,
    );
  const worstMs = slowest[0]?.cpuMs ?? 0;
  if (thrown.length > 0 || worstMs > target.mostCpuMs || grownBytes > mostGrowthBytes) process.exitCode = 1;
}
