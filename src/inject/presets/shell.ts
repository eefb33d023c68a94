import { type Refusal, isRefusal } from '../../check/check.ts';
import { type Expand, podAddressText, unknownText } from './expansion.ts';
import { noGuess } from './guess.ts';

/** An argument as it is written, in which `$(NAME)` is left, and as the program gets it. */
export type Word = { readonly raw: string; readonly text: string };

const script = noGuess('its command is a script, and what that runs is not known');

/** The one command that `sh -c TEXT` runs; anything but plain words of one command is refused. */
export function readShellCommand(arguments_: readonly Word[], expand: Expand): readonly Word[] | Refusal {
  const at = scriptIndex(arguments_);
  const text = at < 0 ? undefined : arguments_[at];
  if (text === undefined) return script;
  const tokens = tokenize(text.raw.trim().replaceAll('\\\n', ' '));
  if (isRefusal(tokens)) return tokens;
  const words = tokens.map((raw) => ({ raw, text: expandPlain(raw, expand) }));
  return words[0]?.text.includes('=') ? script : words;
}

/** Where the text behind `-c` is: behind all flags; -1 where no flag says `c`. */
function scriptIndex(arguments_: readonly Word[]): number {
  let hasCommand = false;
  for (let at = 0; at < arguments_.length; at++) {
    const { text } = arguments_[at] as Word;
    if (!/^[-+]\w/.test(text)) return hasCommand ? at : -1;
    if (/^-\w*c/.test(text)) hasCommand = true;
    if (/^[-+]\w*o$/.test(text)) at++;
  }
  return -1;
}

/** A value with white space or signs of the shell would become other words. */
function expandPlain(raw: string, expand: Expand): string {
  const text = expand(raw);
  const known = text.replaceAll(unknownText, '').replaceAll(podAddressText, '');
  return text === raw || /^[\w./:=,@%+-]*$/.test(known) ? text : unknownText;
}

/** A piece of a word from a place on: its text, with variables as the kubelet writes them, and where it ends. */
type Piece = { readonly text: string; readonly end: number };

/** Words of letters, quoted texts and variables: what a shell does more than that ends in a refusal. */
function tokenize(text: string): readonly string[] | Refusal {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    let token = '';
    const start = at;
    for (let piece = readPiece(text, at); piece; piece = readPiece(text, at)) {
      token += piece.text;
      at = piece.end;
    }
    if (at === start) return script;
    tokens.push(token);
    while (text[at] === ' ' || text[at] === '\t') at++;
  }
  return tokens[0] === 'exec' ? tokens.slice(1) : tokens;
}

const plain = /[\w./:=,@%+-]+/y;
const variable = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)|\(([A-Za-z_]\w*)\))/y;
/** What a double quote leaves as it is. */
const quoted = /[^"\\$`]+/y;

function readPiece(text: string, at: number): Piece | undefined {
  switch (text[at]) {
    case "'": {
      const end = text.indexOf("'", at + 1);
      return end < 0 ? undefined : { text: text.slice(at + 1, end), end: end + 1 };
    }
    case '"':
      return readQuoted(text, at + 1);
    case '\\':
      return at + 1 < text.length ? { text: text[at + 1] as string, end: at + 2 } : undefined;
    case '$':
      return readVariable(text, at);
    default: {
      const found = matchAt(plain, text, at);
      return found && { text: found[0], end: at + found[0].length };
    }
  }
}

function readQuoted(text: string, from: number): Piece | undefined {
  let inside = '';
  let at = from;
  while (text[at] !== '"') {
    const found = matchAt(quoted, text, at);
    const piece = found ? { text: found[0], end: at + found[0].length } : readVariable(text, at);
    if (!piece) return undefined;
    inside += piece.text;
    at = piece.end;
  }
  return { text: inside, end: at + 1 };
}

function readVariable(text: string, at: number): Piece | undefined {
  const found = matchAt(variable, text, at);
  return found && { text: `$(${found[1] ?? found[2] ?? found[3]})`, end: at + found[0].length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
