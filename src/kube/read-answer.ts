import type { Response } from './connection.ts';

/** A whole answer; the body is its JSON, or its text where it is none. */
export type Answer = { readonly status: number; readonly retryAfterMs: number; readonly body: unknown };

/** Whoever asks for more is not believed. */
const longestRetryAfterSeconds = 300;

/** An answer, or a line of one, that is longer than anybody may make us hold. */
export class TooLong extends Error {
  constructor(limitBytes: number) {
    super(`more than ${limitBytes} bytes at once`);
  }
}

/** Reads an answer to its end, which leaves its connection free for the next call. */
export async function readAnswer({ status, headers, body }: Response, limitBytes: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new TooLong(limitBytes);
    chunks.push(chunk);
  }
  const retryAfterMs = Math.min(Number(headers['retry-after']) || 0, longestRetryAfterSeconds) * 1_000;
  return { status, retryAfterMs, body: parse(Buffer.concat(chunks).toString()) };
}

/** What the apiserver says of itself in an answer: the message of its Status, or the start of the text. */
export function messageOf({ status, body }: Pick<Answer, 'status' | 'body'>): string {
  const message = typeof body === 'string' ? body : (body as { message?: unknown } | null)?.message;
  return typeof message === 'string' && message.trim() !== ''
    ? `${status}, "${message.trim().slice(0, 300)}"`
    : String(status);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
