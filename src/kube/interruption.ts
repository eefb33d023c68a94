import { type Answer, TooLong, messageOf } from './read-answer.ts';

/** Why following stopped for now, in one sentence; `isStale` where only a new list helps. */
export class Interruption extends Error {
  readonly isStale: boolean;
  readonly waitMs: number;

  constructor(sentence: string, { isStale = false, waitMs = 0 } = {}) {
    super(sentence);
    this.isStale = isStale;
    this.waitMs = waitMs;
  }
}

/** What an answer other than 200 means for the one who asked for `path`; what needs a person is tried again after `deniedMs`. */
export function refusal(path: string, answer: Answer, deniedMs: number): Interruption {
  const { status, retryAfterMs } = answer;
  const said = messageOf(answer);
  switch (status) {
    case 403:
      return new Interruption(`${path} may not be listed and watched with these credentials: ${said}.`, {
        waitMs: deniedMs,
      });
    case 404:
      return new Interruption(`${path} does not exist, its CustomResourceDefinition may not be installed: ${said}.`, {
        waitMs: deniedMs,
      });
    case 410:
      return new Interruption(`${path} has moved on too far, and is listed again: ${said}.`, { isStale: true });
    default:
      return new Interruption(`${path} was answered with ${said}.`, { waitMs: retryAfterMs });
  }
}

/** Any other error on the way as an interruption. */
export function interruption(path: string, error: unknown): Interruption {
  if (error instanceof Interruption) return error;
  // The same line would come again from the same place.
  const isStale = error instanceof TooLong || error instanceof SyntaxError;
  return new Interruption(`${path} broke off: ${(error as Error).message}.`, { isStale });
}
