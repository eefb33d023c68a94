import type { InjectionResult } from '../inject/outcome.ts';
import type { SkippedItem } from '../inject/model/problems.ts';
import type { SkipReason } from '../inject/skip-reasons.ts';
import type { ReviewRequest, ReviewResponse } from './admission.ts';
import { createJsonPatch } from './json-patch.ts';

/** An answer, and what to log and count about it. */
export type Answer = {
  readonly response: ReviewResponse;
  readonly result: InjectionResult;
  /** The policy or the namespace that asked; undefined where annotations did. */
  readonly by: string | undefined;
  readonly patterns: readonly string[];
  readonly added: readonly string[];
  readonly kept: readonly SkippedItem[];
  /** For the log, which others read than the author: they quote nothing. */
  readonly problems: readonly string[];
};

/** What an answer has to say besides its result; nothing unless it is given. */
export type Notes = Partial<Omit<Answer, 'response' | 'result'>> & { readonly warnings?: readonly string[] };

/** Admits an object, with a patch where `wanted` is another one than that of the request. */
export function allow(
  { uid, object }: ReviewRequest,
  result: Answer['result'],
  { warnings = [], ...notes }: Notes = {},
  wanted: object | undefined = undefined,
): Answer {
  const operations = wanted ? createJsonPatch(object as object, wanted) : [];
  const patch = operations.length === 0 ? undefined : JSON.stringify(operations);
  const whole = wholeSentences(warnings);
  const response: ReviewResponse = {
    uid,
    allowed: true,
    ...(whole.length > 0 ? { warnings: whole } : {}),
    ...(patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') }),
  };
  return { ...silent, ...notes, response, result };
}

/** Denies an object with these sentences; `problems` are for the log. */
export const deny = (
  { uid }: ReviewRequest,
  result: SkipReason,
  sentences: readonly string[],
  problems: readonly string[],
): Answer => ({
  ...silent,
  response: { uid, allowed: false, status: { code: 422, message: sentences.join(' ') } },
  result,
  problems,
});

const silent = { by: undefined, patterns: [], added: [], kept: [], problems: [] };

/** The apiserver takes 4096 characters of warnings from all webhooks together before it begins to cut them. */
const mostCharacters = 3_500;

/** The first warnings, none of them cut, and how many more there are. */
function wholeSentences(warnings: readonly string[]): string[] {
  const whole: string[] = [];
  let left = mostCharacters;
  for (const warning of warnings) {
    const said = `health-injector: ${warning}`;
    left -= said.length;
    if (left < 0) break;
    whole.push(said);
  }
  const more = warnings.length - whole.length;
  return more === 0 ? whole : [...whole, `health-injector: The annotation problems says ${more} more.`];
}
