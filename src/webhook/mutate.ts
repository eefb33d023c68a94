import { sentence } from '../health/problem.ts';
import { type InjectionContext, inject } from '../health/inject.ts';
import type { Kept, Outcome } from '../health/outcome.ts';
import { skipped } from '../health/outcome.ts';
import { type SkipReason, skipReasons } from '../health/skip-reason.ts';
import { type ReviewRequest, type ReviewResponse, podOf } from './review.ts';
import { diff } from './patch.ts';

/** What answering needs to know: fixed for the life of the process. */
export type MutateContext = InjectionContext & {
  readonly excludedNamespaces: ReadonlySet<string>;
  /** Deny a Pod whose annotations are wrong, rather than admit it unchanged. */
  readonly strict: boolean;
};

/** An answer, and what to log and count about it. */
export type Answer = {
  readonly response: ReviewResponse;
  /** The JSON Patch in the clear; undefined where there is none. */
  readonly patch: string | undefined;
  readonly result: 'injected' | SkipReason;
  readonly patterns: readonly string[];
  readonly added: readonly string[];
  readonly kept: readonly Kept[];
  readonly problems: readonly string[];
};

/** Answers one review without looking anything up; the Pod of the request is not changed. */
export function mutate(request: ReviewRequest, context: MutateContext): Answer {
  const reason = reasonToSkip(request, context);
  const pod = reason ? undefined : podOf(request.object);
  if (!pod) return answer(request, skipped(reason ?? 'no-object'), context);
  return answer(request, inject(pod, context), context);
}

/** The reasons that a user who asked for a check has to hear. */
const loudReasons: ReadonlySet<SkipReason> = new Set(['nothing-to-add', 'probes-exist', 'windows-pod']);

/** The answer when health-injector itself failed: the Pod is admitted unchanged, and says so. */
export const failOpen = (uid: string): ReviewResponse => ({
  uid,
  allowed: true,
  warnings: [`health-injector: ${skipReasons['internal-error']}`],
});

function reasonToSkip(request: ReviewRequest, context: MutateContext): SkipReason | undefined {
  if (request.kind !== 'Pod') return 'not-a-pod';
  if (request.subResource !== '') return 'sub-resource';
  if (request.operation !== 'CREATE') return 'not-a-create';
  return context.excludedNamespaces.has(request.namespace) ? 'excluded-namespace' : undefined;
}

function answer(request: ReviewRequest, outcome: Outcome, context: MutateContext): Answer {
  const { uid } = request;
  const nothing = { patch: undefined, patterns: [], added: [], kept: [], problems: [] };
  switch (outcome.kind) {
    case 'skipped': {
      const { reason, kept } = outcome;
      const warnings = loudReasons.has(reason) ? [skipReasons[reason]] : [];
      return { ...nothing, response: allow(uid, warnings), result: reason, kept };
    }
    case 'rejected': {
      const problems = outcome.problems.map(sentence);
      const result = 'invalid-annotations';
      if (context.strict) {
        const status = { code: 422, message: problems.join(' ') };
        return { ...nothing, response: { uid, allowed: false, status }, result, problems };
      }
      const warnings = [...problems, skipReasons[result]];
      const patch = patchOf(request, outcome);
      return { ...nothing, response: allow(uid, warnings, patch), patch, result, problems };
    }
    case 'injected': {
      const patch = patchOf(request, outcome);
      const { patterns, added, kept, warnings } = outcome;
      const result = patch === undefined ? 'already-injected' : 'injected';
      return { response: allow(uid, warnings, patch), patch, result, patterns, added, kept, problems: [] };
    }
    default:
      return outcome satisfies never;
  }
}

function patchOf(request: ReviewRequest, outcome: Outcome & { kind: 'injected' | 'rejected' }): string | undefined {
  const operations = diff(request.object as typeof outcome.pod, outcome.pod);
  return operations.length === 0 ? undefined : JSON.stringify(operations);
}

/** The apiserver takes 4096 characters of warnings from all webhooks together before it begins to cut them. */
const mostCharacters = 3_500;

function allow(uid: string, warnings: readonly string[], patch?: string): ReviewResponse {
  const whole = wholeSentences(warnings);
  return {
    uid,
    allowed: true,
    ...(whole.length > 0 ? { warnings: whole } : {}),
    ...(patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') }),
  };
}

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
