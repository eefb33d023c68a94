// https://pkg.go.dev/k8s.io/apimachinery/pkg/util/yaml#NewYAMLOrJSONDecoder

/** A part of a text that kubectl reads as one document, or as far as it reads: then `mistake` is a clause. */
export type Chunk = {
  readonly start: number;
  readonly end: number;
  readonly isJson?: boolean;
  readonly mistake?: string;
};

/**
 * Cuts a text as kubectl does: JSON objects may stand one behind another, and a line that begins with three dashes
 * separates two documents of YAML, wherever it stands. A text that begins as JSON may go on as YAML after one object.
 */
export function chunksOf(text: string): Chunk[] {
  if (!/^\s*\{/.test(text.slice(0, 4_096))) return yamlChunks(text, 0);
  const chunks: Chunk[] = [];
  let at = 0;
  for (;;) {
    const start = skipSpace(text, at);
    if (start === text.length) return chunks;
    const end = jsonEnd(text, start);
    if (!isJson(text.slice(start, end))) {
      if (chunks.length < 2) return [...chunks, ...yamlChunks(text, afterLineBreak(text, at))];
      const [rest] = yamlChunks(text, start);
      return [
        ...chunks,
        { start, end: rest?.end ?? text.length, mistake: 'it follows two values of JSON, and is none' },
      ];
    }
    chunks.push({ start, end, isJson: true });
    at = end;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++;
  return at;
}

/** Behind the first line break, where only white space stands before it. */
function afterLineBreak(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text.charAt(at))) {
    at++;
    if (text[at - 1] === '\n') break;
  }
  return at;
}

/** Where the value of JSON ends that begins at `start`: behind the brace that closes it, or before the next white space. */
function jsonEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '"') {
      at = stringEnd(text, at);
      if (depth === 0) return Math.min(at + 1, text.length);
    } else if (letter === '{' || letter === '[') depth++;
    else if (letter === '}' || letter === ']') {
      depth--;
      if (depth <= 0) return at + 1;
    } else if (depth === 0 && ' \t\r\n'.includes(letter)) return at;
  }
  return text.length;
}

/** Where the quote stands that ends a string. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

const separator = /^---[^\n]*/gm;

function yamlChunks(text: string, from: number): Chunk[] {
  const chunks: Chunk[] = [];
  let start = from;
  const add = (end: number): void => {
    if (!isEmpty(text.slice(start, end))) chunks.push({ start, end });
  };
  separator.lastIndex = from;
  for (const { 0: line, index } of text.matchAll(separator)) {
    const rest = line.slice(3).trim();
    if (rest !== '' && !rest.startsWith('#')) {
      const mistake = 'behind three dashes that begin a line kubectl takes only a comment';
      return [...chunks, { start: index, end: text.length, mistake }];
    }
    add(index);
    start = index + line.length;
  }
  add(text.length);
  return chunks;
}

/** True for white space and comments, which kubectl passes over. */
const isEmpty = (text: string): boolean =>
  text.split('\n').every((line) => {
    const rest = line.trimStart();
    return rest === '' || rest.startsWith('#');
  });
