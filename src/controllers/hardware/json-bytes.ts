/** What the apiserver's JSON spells out as `\u003c`, and what any JSON escapes by a backslash. */
const spelledOut = new Set(['<', '>', '&', '\u2028', '\u2029']);
const escaped = new Set(['"', '\\', '\n', '\r', '\t', '\b', '\f']);

const bytesOf = (character: string): number => {
  if (spelledOut.has(character) || (character < ' ' && !escaped.has(character))) return 6;
  return escaped.has(character) ? 2 : Buffer.byteLength(character);
};

/** Most texts: letters, digits and what is as long in JSON. */
const plain = /^[ !#-%'-;=?-[\]-~]*$/;

/** How many bytes a text takes in the JSON of the apiserver, which is what etcd counts, without its quotation marks. */
function jsonBytesOfText(text: string): number {
  if (plain.test(text)) return text.length;
  let bytes = 0;
  for (const character of text) bytes += bytesOf(character);
  return bytes;
}

/** How many bytes a value of texts, lists and objects takes there. */
export function jsonBytes(value: unknown): number {
  if (typeof value === 'string') return jsonBytesOfText(value) + 2;
  if (Array.isArray(value)) return value.reduce((bytes: number, item) => bytes + jsonBytes(item) + 1, 2);
  if (typeof value !== 'object' || value === null) return String(value).length;
  return Object.entries(value).reduce((bytes, [key, item]) => bytes + jsonBytes(key) + jsonBytes(item) + 2, 2);
}

/** The text, or its beginning with an ellipsis where it takes more bytes in that JSON. */
export function cutToJsonBytes(text: string, limitBytes: number): string {
  if (text.length <= limitBytes && plain.test(text)) return text;
  let bytes = 0;
  let length = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > limitBytes) return `${text.slice(0, length)}…`;
    length += character.length;
  }
  return text;
}
