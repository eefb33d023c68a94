import type { Readable } from 'node:stream';
import { TooLong } from './read-answer.ts';

const newline = 0x0a;

/**
 * The lines of a stream as they come, however it is cut into chunks; throws `TooLong` rather than hold a longer one.
 * What stands behind the last line end was cut off, and is dropped.
 */
export async function* readLines(body: Readable, limitBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0;
    // Cut at bytes, not characters: a chunk may end within one, but no byte of a longer character is a line end.
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString();
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > limitBytes) throw new TooLong(limitBytes);
  }
}
