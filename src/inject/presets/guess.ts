import { type Refusal, refuse } from '../../check/check.ts';

/** Checks that were found rather than written, and by what; `readiness` where it has one of its own. */
export type PresetChecks = { readonly check: string; readonly readiness: string | undefined; readonly by: string };

/** Why there is no guess for a container, as a clause. */
export const noGuess = (why: string): Refusal => refuse(why, 'a check');
