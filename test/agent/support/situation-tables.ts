/** What became of one check in one situation, in words that are the same in each run. */
export type Answer = {
  readonly url: string;
  readonly situation: string;
  /** `pass`, `**alive**`, `**fail**`, or `not ready` where liveness was not asked. */
  readonly outcome: string;
  readonly code: number | null;
  readonly line: string;
};

/** What so many protocols say in the same way stands once. */
const common = 4;
const mostPasses = 3;
const longestLine = 90;

/**
 * The tables by which a line is looked up: first what many checks say alike, then what each protocol says, a line once with the
 * first situation that gave it. Numbers and times in a line make no other one.
 */
export function situationTables(answers: readonly Answer[]): string {
  const folded = Map.groupBy(answers, (answer) => JSON.stringify([schemeOf(answer), keyOf(answer)]));
  const firsts = [...folded.values()].map(([first]) => first as Answer);
  const byLine = Map.groupBy(
    firsts.filter(({ outcome }) => outcome !== 'pass'),
    keyOf,
  );
  const shared = [...byLine].filter(([, own]) => new Set(own.map(schemeOf)).size >= common);
  const isShared = new Set(shared.map(([key]) => key));
  const rest = firsts.filter((answer) => !isShared.has(keyOf(answer)));
  const sections = [...Map.groupBy(rest, schemeOf)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    '## What many checks say',
    '',
    ...tableOf(
      ['outcome', 'code', 'line', 'checks'],
      shared.map(([, own]) => cellsOf(own[0] as Answer).concat(namesOf(own.map(schemeOf)))),
    ),
    ...sections.flatMap(([scheme, own]) => ['', `## \`${scheme}\``, ''].concat(sectionOf(own))),
    '',
  ].join('\n');
}

/** The lines of one protocol: a few of those that pass, then all others. */
function sectionOf(own: readonly Answer[]): string[] {
  const passes = own.filter(({ outcome }) => outcome === 'pass').slice(0, mostPasses);
  const others = own.filter(({ outcome }) => outcome !== 'pass');
  return tableOf(
    ['outcome', 'code', 'line', 'check', 'situation'],
    [...passes, ...others].map((answer) => cellsOf(answer).concat(`\`${answer.url}\``, answer.situation)),
  );
}

const cellsOf = ({ outcome, code, line }: Answer): string[] => [outcome, `${code}`, `\`${cut(line)}\``];

const cut = (line: string): string => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line);

const schemeOf = ({ url }: Answer): string => /^[a-z-]*/.exec(url)?.[0] ?? '';

const keyOf = ({ outcome, code, line }: Answer): string =>
  [outcome, code, line.replaceAll(/\d+/g, 'N').replaceAll(/: ".*/g, ': "…"')].join('\n');

const namesOf = (schemes: readonly string[]): string =>
  [...new Set(schemes)]
    .toSorted()
    .map((scheme) => `\`${scheme}\``)
    .join(', ');

const tableOf = (columns: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${columns.join(' | ')} |`,
  `|${'---|'.repeat(columns.length)}`,
  ...rows.toSorted(byOutcome).map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
];

const order = ['pass', '**alive**', 'not ready', '**fail**'];

/** By outcome, and then as the lines read: runs come in no order that is the same twice. */
function byOutcome([a = '', , lineA = '']: readonly string[], [b = '', , lineB = '']: readonly string[]): number {
  return order.indexOf(a) - order.indexOf(b) || (lineA < lineB ? -1 : Number(lineA > lineB));
}
