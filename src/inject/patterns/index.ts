import { cli } from './cli/index.ts';
import { hardware } from './hardware/index.ts';
import type { Pattern } from './pattern.ts';
import { port } from './port/index.ts';
import { sidecar } from './sidecar/index.ts';

const registry = { port, sidecar, cli, hardware };

export type PatternName = keyof typeof registry;

/** The patterns by the name that the annotation uses; the order is the one in which sentences list them. */
export const patterns: Readonly<Record<PatternName, Pattern>> = registry;

export const patternNames = Object.keys(registry) as readonly PatternName[];

/** Tells the name of a pattern from any other text. */
export const isPatternName = (name: string): name is PatternName => Object.hasOwn(registry, name);
