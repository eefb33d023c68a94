type Counters = Readonly<Record<string, number>>;

/** A server with a check of it, and how it tells what a check leaves behind. */
export type Watched = {
  readonly name: string;
  readonly check: string;
  readonly log: () => string;
  /** The lines that every client leaves that comes and goes as it should. */
  readonly ordinary: RegExp;
  /** What it counts of clients that do not. */
  readonly counters: () => Promise<Counters>;
};

/** What is known of a server besides its name, its check and its log. */
type More = Partial<Pick<Watched, 'ordinary' | 'counters'>>;

/** A server that logs nothing of a client as it should be, and counts nothing, unless `more` says otherwise. */
export const watch = (name: string, check: string, log: () => string, more: More = {}): Watched => ({
  name,
  check,
  log,
  ordinary: /^$/,
  counters: async () => ({}),
  ...more,
});

/** The user of the checks that log in, and the environment that they find its password in. */
export const login = { user: 'probe', password: 'correct-horse-battery-staple' } as const;
export const environment = { PASSWORD: login.password };

/** Reads lines of a name, a colon or a tab, and a number; `names` says which, where there are others. */
export const counted = (text: string, names = /^/): Counters =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+)[:\t|](\d+)\r?$/gm)]
      .filter(([, name]) => names.test(name ?? ''))
      .map(([, name, value]) => [name, Number(value)]),
  );
