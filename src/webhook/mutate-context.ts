import type { InjectionContext } from '../inject/decide.ts';

/** What answering needs to know: fixed for the life of the process. */
export type MutateContext = InjectionContext & {
  readonly excludedNamespaces: ReadonlySet<string>;
  /** Deny a Pod whose annotations are wrong, rather than admit it unchanged. */
  readonly strict: boolean;
};
