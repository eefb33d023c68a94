import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** A body of at least this length leaves so much behind that it is worth some 20 ms to be rid of it. */
const largeLength = 1024 * 1024;

/**
 * Frees at once what a large body left. By itself Node lets garbage grow to a heap of 256 MiB and 64 MiB of buffers besides, even
 * where the limit of memory is 192 MiB.
 */
export function collectAfter(bodyLength: number): void {
  if (bodyLength >= largeLength) collect();
}
