import manifest from '../../package.json' with { type: 'json' };

/** The version of this program. */
export const version: string = manifest.version;

/** Reads the text of an option; undefined where it is none, which `expected` then says: "a count of seconds". */
export type Parser<T> = ((text: string) => T | undefined) & { readonly expected: string };

/** An option: a flag, and the environment variable of the same name. */
type Option<T> = {
  readonly default: string;
  readonly parse: Parser<T>;
  /** One line for `--help` and the documentation. */
  readonly doc: string;
};

export type Options = Readonly<Record<string, Option<unknown>>>;

/** Names the options of a program; the types of their values follow from the parsers. */
export const defineOptions = <const O extends Options>(options: O): O => options;

type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name;

/** The values of options: what `--log-level` says is `logLevel`. */
export type OptionValues<O extends Options> = {
  readonly [Name in keyof O as CamelCase<Name>]: NonNullable<ReturnType<O[Name]['parse']>>;
};

/** `problems` has one sentence for each mistake of the user. */
export type OptionResult<T> = { readonly values: T } | { readonly problems: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variable that an option is read from. */
const variableOf = (name: string): string => `HEALTH_INJECTOR_${name.toUpperCase().replaceAll('-', '_')}`;

/** Reads what is given, then environment variables, then the defaults. */
export function readOptions<O extends Options>(
  options: O,
  given: { readonly [Name in keyof O]?: string | undefined },
  env: Environment,
): OptionResult<OptionValues<O>> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { parse, default: byDefault }] of Object.entries(options)) {
    const text = given[name] ?? env[variableOf(name)] ?? byDefault;
    const value = parse(text);
    if (value === undefined) problems.push(`--${name} is "${text}", expected ${parse.expected}.`);
    values[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())] = value;
  }
  return problems.length > 0 ? { problems } : { values: values as OptionValues<O> };
}

/** The text of `--help`. */
export function optionHelp(title: string, options: Options): string {
  const lines = Object.entries(options).map(
    ([name, { doc, default: byDefault }]) => `  --${name.padEnd(30)}${doc} (${byDefault || 'none'})`,
  );
  return `${title}\n\n${lines.join('\n')}\n\nEach is also an environment variable: HEALTH_INJECTOR_LISTEN ...\n`;
}

/** A parser, with the words for what it expects. */
export const parser = <T>(expected: string, parse: (text: string) => T | undefined): Parser<T> =>
  Object.assign((text: string) => parse(text), { expected });

export const text = parser('a text', (given) => given);

export const trueOrFalse = parser('true or false', (given): boolean | undefined =>
  given === 'true' ? true : given === 'false' ? false : undefined,
);

/** One of these words. */
export const oneOf = <const Word extends string>(words: readonly Word[], expected: string): Parser<Word> =>
  parser(expected, (given) => words.find((word) => word === given));

/** A whole number in digits, without a sign, a point or a leading zero; `what` such as "whole minutes". */
export const wholeNumber = (least: number, most: number, what = 'a whole number'): Parser<number> =>
  parser(`${what} from ${least} to ${most}`, (given) =>
    /^(0|[1-9]\d{0,5})$/.test(given) && Number(given) >= least && Number(given) <= most ? Number(given) : undefined,
  );

/** A count of seconds of at most so many digits. */
export const seconds = (maxDigits: number): Parser<number> =>
  parser('a count of seconds', (given) =>
    /^\d+$/.test(given) && given.length <= maxDigits ? Number(given) : undefined,
  );

/** The minor version of Kubernetes 1. */
export const kubernetesVersion = parser('auto or a version such as 1.33', (given): number | 'auto' | undefined => {
  const [, minor] = /^1\.(\d{1,3})$/.exec(given) ?? [];
  return given === 'auto' ? given : minor === undefined ? undefined : Number(minor);
});

/** A comma list whose items have this form; empty for none. */
export const listOf = (item: RegExp, expected: string): Parser<readonly string[]> =>
  parser(expected, (given) => {
    const items = given === '' ? [] : given.split(',').map((part) => part.trim());
    return items.every((part) => item.test(part)) ? items : undefined;
  });

/** HOST:PORT, the host of an IPv6 address in brackets. */
export const hostPort = (example: string): Parser<{ readonly host: string; readonly port: number }> =>
  parser(`HOST:PORT such as ${example}`, (given) => {
    const [, host, port] = /^(.*):(\d{1,5})$/.exec(given) ?? [];
    return host === undefined || Number(port) > 65_535
      ? undefined
      : { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  });

/** The same, or nothing. */
export const noneOr = <T>(parse: Parser<T>): Parser<T | ''> =>
  parser(`${parse.expected}, or nothing`, (given) => (given === '' ? '' : parse(given)));

/** What every annotation key begins with. */
export const keyPrefix = parser('a DNS name and a slash', (given) =>
  /^[a-z0-9.-]+\/$/.test(given) ? given : undefined,
);
