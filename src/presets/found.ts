/** The checks that nobody wrote, and what they were found by; `readiness` where it has one of its own. */
export type Found = { readonly check: string; readonly readiness: string | undefined; readonly by: string };
