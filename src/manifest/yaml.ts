// https://eemeli.org/yaml/#parsing-documents
// https://pkg.go.dev/sigs.k8s.io/yaml
import { Composer, Lexer, Parser, isCollection } from 'yaml';
import type { Document, DocumentOptions, Node, ParseOptions, ScalarTag, SchemaOptions, YAMLError } from 'yaml';

const tag = (name: string): string => `tag:yaml.org,2002:${name}`;

/** kubectl takes `!!int "5"` for a number, and a text that is none for a mistake. */
const named = (name: string, isRight: (value: unknown) => boolean): ScalarTag => ({
  tag: tag(name),
  resolve(source, onError) {
    const value = plainValue(source);
    if (!isRight(value)) onError(`${JSON.stringify(source)} is no ${name}`);
    return value;
  },
});

const plain: ScalarTag = { tag: 'plain', default: true, test: /^/, resolve: (source) => plainValue(source) };

const options: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: 'failsafe',
  resolveKnownTags: false,
  customTags: (tags) => [
    ...tags,
    plain,
    named('null', (value) => value === null),
    named('bool', (value) => typeof value === 'boolean'),
    named('int', (value) => Number.isInteger(value)),
    named('float', (value) => typeof value === 'number'),
  ],
  uniqueKeys: false,
  keepSourceTokens: true,
  prettyErrors: false,
  // A key that is a map is warned of on standard error.
  logLevel: 'error',
};

/** A document as it was parsed. */
type Parsed = {
  readonly document: Document;
  readonly error: { readonly message: string; readonly offset: number } | undefined;
  /** Where the root ends and other text begins, which kubectl does not look at. */
  readonly ignoredFrom: number | undefined;
};

/** Reads the first document of a part of a text; its offsets are those of the whole text. */
export function parseYaml(
  source: string,
  { start = 0, isJson = false }: { readonly start?: number; readonly isJson?: boolean | undefined } = {},
): Parsed {
  // To kubectl these end a line too.
  const text = isJson ? source : source.replaceAll(/\r(?!\n)|\u0085/g, '\n');
  const lexer = createLexer();
  const parser = new Parser();
  parser.offset = start;
  const tokens = (function* () {
    for (const lexeme of lexer.lex(text)) yield* parser.next(lexeme);
    yield* parser.end();
  })();
  const [document] = new Composer(options).compose(tokens, true, start + text.length);
  if (!document) throw new Error('the composer gave no document');
  const control = isJson ? -1 : text.search(controlCharacter);
  const refusal = control < 0 ? undefined : { message: 'Control characters are not allowed', offset: start + control };
  const errors = document.errors.filter(isError).map(({ message, pos: [offset] }) => ({ message, offset }));
  const ignoredFrom = errors.find(({ message, offset }) => {
    const isBehind = /^Unexpected [\w-]+ (?:at node end$|token in YAML stream)/.test(message);
    return isBehind && isBehindRoot(text, document.contents, { start, offset });
  })?.offset;
  const error = refusal ?? errors.find(({ offset }) => offset < (ignoredFrom ?? Infinity));
  return { document, error, ignoredFrom };
}

const controlCharacter = /[^\t\n\r\x20-\x7E\x85\xA0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** kubectl does not ask how far the end of a flow collection is indented. */
const isError = ({ message }: YAMLError): boolean => !message.startsWith('Flow end indicator should be more indented');

/** A map or list in block style ends where a line begins further to the left; anything else ends where it ends. */
function isBehindRoot(
  text: string,
  root: Node | null,
  { start, offset }: { readonly start: number; readonly offset: number },
): boolean {
  if (!root?.range || !isCollection(root) || root.flow) return root !== null;
  const columnOf = (at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);
  const [rootColumn, column] = [columnOf(root.range[0] - start), columnOf(offset - start)];
  return column < rootColumn && text.slice(offset - start - column, offset - start).trim() === '';
}

/** The parts of the lexer that decide how far the lines of a quoted text and of a flow collection have to be indented. */
type LexerState = { indentNext: number; parseQuotedScalar: Step; parseFlowCollection: Step };
type Step = () => Generator<string, string | null>;

/**
 * YAML wants the further lines of a quoted text or of a flow collection to be indented deeper than what holds them. The
 * reader of kubectl does not, and manifests of people and tools have such lines: here they may begin anywhere.
 */
function createLexer(): Lexer {
  const lexer = new Lexer();
  const state = lexer as unknown as LexerState;
  for (const name of ['parseQuotedScalar', 'parseFlowCollection'] as const) {
    const parse: Step = state[name].bind(lexer);
    state[name] = function* () {
      const { indentNext } = state;
      state.indentNext = 0;
      try {
        return yield* parse();
      } finally {
        state.indentNext = indentNext;
      }
    };
  }
  return lexer;
}

const words = new Map<string, boolean | number | null>([
  ...['y', 'yes', 'true', 'on'].flatMap((word) => spellings(word).map((each) => [each, true] as const)),
  ...['n', 'no', 'false', 'off'].flatMap((word) => spellings(word).map((each) => [each, false] as const)),
  ...['', '~', ...spellings('null')].map((word) => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
]);

function spellings(word: string): string[] {
  return [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()];
}

/**
 * What a text without quotes means to kubectl: nearly YAML 1.1, so that `yes` is true and `0644` and `0o644` are octal,
 * but a date and a time of day are texts.
 */
function plainValue(source: string): unknown {
  const word = words.get(source);
  if (word !== undefined) return word;
  if (source.startsWith('.')) return /^\.\d+(?:[eE][-+]?\d+)?$/.test(source) ? Number(source) : source;
  if (!/^[-+\d]/.test(source)) return source;
  const digits = source.replaceAll('_', '');
  return integer(digits) ?? (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits) ? Number(digits) : source);
}

/** An integer of 64 bits as `strconv.ParseInt` of Go reads it, which takes `0x`, `0b`, `0o` and a leading 0. */
function integer(digits: string): number | undefined {
  const [, sign = '', prefix = '', rest = ''] = /^([-+]?)(0[xX]|0[bB]|0[oO]?(?=.))?(.+)$/.exec(digits) ?? [];
  const base = { '': '', '0x': '0x', '0b': '0b', '0o': '0o', '0': '0o' }[prefix.toLowerCase()];
  const form = { '': /^\d+$/, '0x': /^[\da-f]+$/i, '0b': /^[01]+$/, '0o': /^[0-7]+$/ }[base ?? ''];
  if (base === undefined || !form?.test(rest)) return undefined;
  const value = BigInt(base + rest);
  if (value > (sign === '-' ? 2n ** 63n : sign === '+' ? 2n ** 63n - 1n : 2n ** 64n - 1n)) return undefined;
  return Number(sign === '-' ? -value : value);
}
