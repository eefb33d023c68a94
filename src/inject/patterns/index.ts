import { cli } from './cli/index.ts';
import { hardware } from './hardware/index.ts';
import type { Pattern } from './pattern.ts';
import { port } from './port/index.ts';
import { sidecar } from './sidecar/index.ts';

/** The patterns by the name that the annotation uses; the order is the one in which sentences list them. */
const patterns = new Map<string, Pattern>(Object.entries({ port, sidecar, cli, hardware }));

export const patternNames: readonly string[] = [...patterns.keys()];

export const isPatternName = (name: string): boolean => patterns.has(name);

/** The pattern of a name that was read already; throws for any other text. */
export function patternOf(name: string): Pattern {
  const pattern = patterns.get(name);
  if (!pattern) throw new Error(`${name} is no pattern`);
  return pattern;
}
