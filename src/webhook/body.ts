import type { IncomingMessage } from 'node:http';
import type { BodyBudget } from './body-budget.ts';

/** A body that was refused before it was parsed. */
export type BodyRefusal = { readonly code: 400 | 413 | 415 | 503; readonly sentence: string };

/** What Node takes for a piece of a body besides its bytes: it may come in pieces of one byte each. */
const pieceBytes = 512;

/**
 * Reads a JSON body of at most `limitBytes`. By hand, because the body parser of Express costs half of the
 * throughput; what is too large, or has to give way to others, is not read to its end.
 */
export async function readBody(
  request: IncomingMessage,
  limitBytes: number,
  budget: BodyBudget,
): Promise<string | BodyRefusal> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    return { code: 415, sentence: 'The content type is not application/json.' };
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') return { code: 415, sentence: 'The body is encoded, expected plain JSON.' };
  const tooLarge: BodyRefusal = { code: 413, sentence: `The body is larger than ${limitBytes} bytes.` };
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return tooLarge;
  return new Promise((resolve) => {
    let pieces: Buffer[] = [];
    let sizeBytes = 0;
    let isOver = false;
    const end = (result: string | BodyRefusal): void => {
      isOver = true;
      pieces = [];
      share.giveBack();
      resolve(result);
    };
    const stop = (refusal: BodyRefusal): void => {
      request.pause();
      end(refusal);
    };
    const share = budget.share(() => stop(noRoom));
    request.on('data', (piece: Buffer) => {
      if (isOver) return;
      sizeBytes += piece.length;
      pieces.push(piece);
      if (sizeBytes > limitBytes) stop(tooLarge);
      else share.take(piece.length + pieceBytes);
    });
    request.on('end', () => {
      if (!isOver) end(pieces.length === 1 ? (pieces[0] as Buffer).toString() : Buffer.concat(pieces).toString());
    });
    const cut = (): void => end({ code: 400, sentence: 'The body ended early.' });
    request.on('error', cut);
    request.on('aborted', cut);
  });
}

const noRoom: BodyRefusal = {
  code: 503,
  sentence: 'More is sent at once than there is memory for, and this body is the largest.',
};
