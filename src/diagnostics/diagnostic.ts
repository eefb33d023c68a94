import type { ClusterFacts, ClusterReads, Installation } from './facts.ts';

/** What a diagnostic says: a note where all is well, or what was found and what to do about it, a sentence each. */
export type DiagnosticResult =
  | { readonly status: 'ok'; readonly found: string }
  | { readonly status: 'warning' | 'failed'; readonly found: string; readonly remedy: string };

/** The reads that a diagnostic named, all of which there are when it runs. */
type NeededFacts<Name extends keyof ClusterReads> = Pick<ClusterReads, Name> & { readonly about: Installation };

type Row<Name extends keyof ClusterReads> = {
  /** Kebab-case; also the heading of its section in docs/check.md. */
  readonly id: string;
  /** What holds where all is well, as a clause. */
  readonly title: string;
  readonly needs: readonly Name[];
  /** Another diagnostic, without which this one means nothing. */
  readonly after?: string;
  /** Pure. */
  readonly run: (facts: NeededFacts<Name>) => DiagnosticResult;
};

/** One question about a cluster; a new one is a row in its group and a section in docs/check.md. */
export type Diagnostic = Row<keyof ClusterReads>;

export type DiagnosticGroup = {
  readonly title: string;
  /** Whether it is asked before an installation, in one, or both. */
  readonly modes: readonly Installation['mode'][];
  readonly rows: readonly Diagnostic[];
};

/** Holds a row to the reads that it needs. */
export const diagnostic = <const Name extends keyof ClusterReads>(row: Row<Name>): Diagnostic => row as Diagnostic;

export const ok = (found = ''): DiagnosticResult => ({ status: 'ok', found });
export const warning = (found: string, remedy: string): DiagnosticResult => ({ status: 'warning', found, remedy });
export const failed = (found: string, remedy: string): DiagnosticResult => ({ status: 'failed', found, remedy });

/** Fails, or warns, where something was found, and is well otherwise. */
export const unless = (
  isFound: boolean,
  severity: typeof warning | typeof failed,
  found: string,
  remedy: string,
): DiagnosticResult => (isFound ? severity(found, remedy) : ok());

/** What became of a diagnostic. `unchecked` is no pass: the caller may not read what it needs, or another one failed. */
export type Diagnosis = {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly status: DiagnosticResult['status'] | 'unchecked';
  readonly found: string;
  readonly remedy: string;
  /** Where docs/check.md says more. */
  readonly see: string;
};

const page = 'https://github.com/health-injector/health-injector/blob/main/docs/check.md';

/** Runs the rows of the groups that the mode asks for, in their order. */
export function diagnose(groups: readonly DiagnosticGroup[], facts: ClusterFacts): readonly Diagnosis[] {
  const failures = new Set<string>();
  return groups
    .filter(({ modes }) => modes.includes(facts.about.mode))
    .flatMap(({ title: group, rows }) =>
      rows.map((row): Diagnosis => {
        const { id, title } = row;
        const outcome = outcomeOf(row, facts, failures);
        // What follows from something that was not seen was not seen either.
        if (outcome.status === 'failed' || outcome.status === 'unchecked') failures.add(id);
        return { id, group, title, remedy: '', ...outcome, see: `${page}#${id}` };
      }),
    );
}

function outcomeOf(
  { needs, after, run }: Diagnostic,
  { about, reads }: ClusterFacts,
  failures: ReadonlySet<string>,
): DiagnosticResult | { readonly status: 'unchecked'; readonly found: string } {
  if (after !== undefined && failures.has(after)) return { status: 'unchecked', found: `it needs ${after}` };
  const values: Partial<Record<keyof ClusterReads, unknown>> = {};
  let limit: number | undefined;
  for (const name of needs) {
    const read = reads[name] ?? { unread: 'the apiserver does not answer' };
    if ('unread' in read) return { status: 'unchecked', found: read.unread };
    values[name] = read.value;
    limit ??= read.limit;
  }
  const result = run({ ...(values as ClusterReads), about });
  const partly = limit === undefined ? '' : `only the first ${limit} objects were looked at`;
  return result.status === 'ok' && partly !== ''
    ? ok(result.found === '' ? partly : `${result.found}; ${partly}`)
    : result;
}

const mostNamed = 5;

/** The first names of a list, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length - mostNamed;
  const shown = names.slice(0, more > 0 ? mostNamed : names.length);
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** The numbers of a version such as `v1.36.3+k3s1`; NaN where there is none. */
export function minorOf(gitVersion: string): number {
  return Number(/^v?1\.(\d{1,3})/.exec(gitVersion)?.[1] ?? Number.NaN);
}
