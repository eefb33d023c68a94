import type { Readable } from 'node:stream';

/** An answer, or a line of a watch, is longer than the client holds in memory. */
export class ResponseTooLargeError extends Error {
  constructor(limitBytes: number) {
    super(`more than ${limitBytes} bytes at once`);
  }
}

/** Reads a body to its end, which frees its connection for the next call. */
export async function readText(body: Readable, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new ResponseTooLargeError(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const newline = 0x0a;

/**
 * Yields the lines of a body as they come. The limit is that of one line. What stands behind the last line end was cut
 * off, and is dropped.
 */
export async function* readLines(body: Readable, limitBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0;
    // Split bytes, not characters: a chunk may end within a character, but no byte of a longer character is a line end.
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString();
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > limitBytes) throw new ResponseTooLargeError(limitBytes);
  }
}
