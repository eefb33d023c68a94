// https://nodejs.org/api/vm.html#scriptruninthiscontextoptions
import { Script } from 'node:vm';

/** What is left of work that was ended because it cost too much. */
export const endedByLimit = Symbol('ended by the limit of CPU');

const keyName = 'health-injector.limited-work';
const workKey = Symbol.for(keyName);
const script = new Script(`globalThis[Symbol.for('${keyName}')]()`);

/** On a machine with no time to spare, the limit of CPU is reached after many times as long. The apiserver waits 3 s. */
const longestMs = 800;

/**
 * Does synchronous work, and ends it wherever it is once it has cost `limitMs` of CPU. JavaScript cannot end its own loop,
 * so V8 does it, by the timeout of a script. That is a time of the clock: where the machine had no CPU to give, the work
 * begins anew, with twice the time. Each call starts a thread, about 0.1 ms: it is for work that may be large.
 */
export function limitCpu<T>(limitMs: number, work: () => T): T | typeof endedByLimit {
  const global = globalThis as { [workKey]?: () => T };
  for (let timeoutMs = limitMs; ; timeoutMs *= 2) {
    const before = process.cpuUsage();
    global[workKey] = work;
    try {
      return script.runInThisContext({ timeout: timeoutMs }) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1_000 >= limitMs || timeoutMs * 2 > longestMs) return endedByLimit;
    } finally {
      delete global[workKey];
    }
  }
}
