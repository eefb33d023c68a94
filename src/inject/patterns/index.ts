import { cli } from './cli/index.ts';
import { hardwarePattern } from './hardware/index.ts';
import { port } from './port/index.ts';
import { sidecar } from './sidecar/index.ts';

/** The patterns by the name that the annotation uses; the order is the one in which sentences list them. */
export const patterns = { port, sidecar, cli, hardware: hardwarePattern } as const;

export type PatternName = keyof typeof patterns;

export const patternNames = Object.keys(patterns) as readonly PatternName[];
