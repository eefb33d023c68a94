import type { Logger } from 'pino';
import { followFile } from '../follow-file.ts';
import { readClientCa } from './client-check.ts';

/** Has the CA of clients trusted each time that its file changes, until the call that it returns; what cannot be taken is told. */
export function followClientCa(
  file: string,
  trust: (ca: string) => void,
  log: Logger,
  intervalMs?: number,
): () => void {
  const take = (): string | undefined => {
    const read = readClientCa(file);
    if (typeof read === 'string') return read;
    try {
      trust(read.ca);
      return undefined;
    } catch (error) {
      return `${file} cannot be trusted: ${(error as Error).message}.`;
    }
  };
  return followFile(
    file,
    () => {
      const sentence = take();
      if (sentence === undefined) log.info('CA of clients read again');
      else log.error({ sentence }, 'CA of clients could not be read again');
    },
    intervalMs,
  );
}
