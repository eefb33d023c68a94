import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { followFile } from './follow-file.ts';
import { parseLevel } from './settings.ts';

/**
 * Logs at the level that a file names, from now on and as it changes, until the call that it returns; at the level that the
 * log has now where there is no file. A name that is no level changes nothing.
 */
export function followLogLevel(file: string, log: Logger, intervalMs?: number): () => void {
  const usual = log.level;
  const look = (): void => {
    const text = readLevel(file) ?? usual;
    const level = parseLevel(text);
    if (level === undefined) {
      log.warn({ file }, 'the file names no level, expected debug, info, warn, error or silent');
    } else if (level !== log.level) {
      const before = log.level;
      const say = (): void => log.info({ file, from: before, to: level }, 'log level changed');
      // At whichever of the two levels lets it through, so that whoever reads the log knows why it became quiet.
      const isHeardBefore = log.isLevelEnabled('info');
      if (isHeardBefore) say();
      log.level = level;
      if (!isHeardBefore) say();
    }
  };
  look();
  return followFile(file, look, intervalMs);
}

function readLevel(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
