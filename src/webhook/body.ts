import type { IncomingMessage } from 'node:http';
import type { Rejection } from './admission.ts';

type Body = { readonly text: string } | { readonly rejection: Rejection };

/** Counts the memory that bodies take while they arrive. */
export type BodyMemory = {
  /** Adds `bytes` to what a body holds already; false, and nothing is added, where that would be too much. */
  readonly reserve: (bytes: number, heldBytes: number) => boolean;
  readonly release: (bytes: number) => void;
};

/** A body that holds less than this is small: a review of a Pod has 3 to 30 KiB. */
const smallBytes = 64 * 1024;

/**
 * Limits what all bodies hold together while they arrive. Large bodies get seven eighths of `maxBytes`, so that a few
 * clients that upload them slowly cannot keep out ordinary reviews.
 */
export function createBodyMemory(maxBytes: number): BodyMemory {
  let reservedBytes = 0;
  return {
    reserve(bytes, heldBytes) {
      const limitBytes = heldBytes + bytes > smallBytes ? (maxBytes * 7) / 8 : maxBytes;
      if (reservedBytes + bytes > limitBytes) return false;
      reservedBytes += bytes;
      return true;
    },
    release: (bytes) => void (reservedBytes -= bytes),
  };
}

/** What Node takes for a chunk of a body besides its bytes: a client may send chunks of one byte. */
const chunkOverheadBytes = 512;

/**
 * Reads a JSON body of at most `limitBytes`. By hand, because the body parser of Express costs half of the throughput.
 * A body that is rejected is not read to its end.
 */
export async function readBody(request: IncomingMessage, limitBytes: number, memory: BodyMemory): Promise<Body> {
  const type = request.headers['content-type'] ?? '';
  if (type !== 'application/json' && !/^application\/json\s*(;|$)/i.test(type))
    return { rejection: { code: 415, sentence: 'The content type is not application/json.' } };
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    return { rejection: { code: 415, sentence: 'The body is encoded, expected plain JSON.' } };
  const tooLarge: Rejection = { code: 413, sentence: `The body is larger than ${limitBytes} bytes.` };
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return { rejection: tooLarge };
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let sizeBytes = 0;
    let heldBytes = 0;
    let isOver = false;
    const end = (result: Body): void => {
      isOver = true;
      chunks = [];
      memory.release(heldBytes);
      heldBytes = 0;
      resolve(result);
    };
    const reject = (rejection: Rejection): void => {
      request.pause();
      end({ rejection });
    };
    request.on('data', (chunk: Buffer) => {
      if (isOver) return;
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        reject(tooLarge);
        return;
      }
      const chunkBytes = chunk.length + chunkOverheadBytes;
      if (!memory.reserve(chunkBytes, heldBytes)) {
        reject(noMemory);
        return;
      }
      heldBytes += chunkBytes;
      chunks.push(chunk);
    });
    request.on('end', () => {
      if (isOver) return;
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      end({ text: bytes.toString() });
    });
    const cut = (): void => end({ rejection: { code: 400, sentence: 'The body ended early.' } });
    request.on('error', cut);
    request.on('aborted', cut);
  });
}

const noMemory: Rejection = { code: 503, sentence: 'More is sent at once than there is memory for.' };
