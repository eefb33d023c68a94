import assert from 'node:assert/strict';
import { type Checked, check } from './agent.ts';

/** The exit codes of the three probes. */
export type Codes = Readonly<Record<'liveness' | 'readiness' | 'startup', number | null>>;

/** The codes of a server that is alive and says that it is not ready, and of one that does not let the check in. */
export const busy: Codes = { liveness: 0, readiness: 1, startup: 0 };
export const refused: Codes = { liveness: 0, readiness: 4, startup: 0 };

/** The agent's `check` with this environment, of which no line may ever hold one of the secrets. */
export function asking(env: Readonly<Record<string, string>>, secrets: readonly string[]) {
  const ask = async (...args: string[]): Promise<Checked> => {
    const checked = await check(args, env);
    for (const secret of secrets) assert(!checked.line.includes(secret), checked.line);
    return checked;
  };
  const codesOf = async (url: string): Promise<Codes> => ({
    liveness: (await ask('--probe', 'liveness', url)).code,
    readiness: (await ask('--probe', 'readiness', url)).code,
    startup: (await ask('--probe', 'startup', url)).code,
  });
  return { ask, codesOf };
}
