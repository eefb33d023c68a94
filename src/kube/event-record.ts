import { createSemaphore } from './flow-control.ts';
import { createBackoff } from './flow-control.ts';
import type { Clock } from './clock.ts';
import type { EventObject, Happening } from './event-object.ts';
import type { EventOutcome } from './events.ts';

/** How an Event is written, which rejects where it is not, and who hears what became of it. */
type Recording = {
  readonly post: (event: EventObject) => Promise<unknown>;
  readonly counted: (outcome: EventOutcome) => void;
  readonly failed: (sentence: string) => void;
};

const mostAtOnce = 4;

/** Some minutes. */
const mostTries = 10;
const limits = { minMs: 1_000, maxMs: 30_000 };

/** Writes Events over failures, a few at a time; each is of the moment in which it was made, whenever it is written. */
export function createEventRecord({ post, counted, failed }: Recording, signal: AbortSignal, clock: Clock) {
  const limit = createSemaphore(mostAtOnce);
  const open = new Set<Promise<void>>();

  const write = async (event: EventObject): Promise<void> => {
    const backOff = createBackoff(limits);
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        await post(event);
        return counted('created');
      } catch (error) {
        if (signal.aborted) return;
        if (tries === mostTries) {
          counted('failed');
          return failed(unwritten(event, 'was not written', error));
        }
        if (tries === 1) failed(unwritten(event, 'is not written yet', error));
        await clock.sleep(backOff.nextMs(), signal);
      }
    }
  };

  return {
    record(event: EventObject): void {
      const written = limit(() => write(event));
      open.add(written);
      void written.then(() => open.delete(written));
    },
    idle: async (): Promise<void> => void (await Promise.all(open)),
  };
}

/** That an Event is not there, as a sentence. */
export const unwritten = (
  { reason, regarding }: Pick<Happening, 'reason' | 'regarding'>,
  how: 'was not written' | 'is not written yet',
  error: unknown,
): string => `An Event ${reason} about ${regarding.kind} ${regarding.name} ${how}: ${(error as Error).message}.`;
