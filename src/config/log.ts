import { readFileSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';
import { defineOptions, oneOf, text } from './options.ts';
import { pollFile } from './poll-file.ts';

/** How much of the log is buffered, and for how long: each write costs a system call, and there is a line for each review. */
const bufferLength = 8_192;
const flushMs = 500;

/** Lines above this are dropped while the reader of the log does not read: the process must not grow by them. */
const mostHeldLength = 1_048_576;

/** How long an end of the process waits for its last lines to be read. */
const lastFlushMs = 1_000;

/** Fields that are left out of every log line, because they may contain secrets. */
const redactedFields = [
  'annotations',
  'authorization',
  'body',
  'cookie',
  'env',
  'headers',
  'object',
  'password',
  'secret',
  'token',
  ...['config', 'headers', 'body', 'request', 'response'].map((field) => `err.${field}`),
];

const parseLevel = oneOf(['debug', 'info', 'warn', 'error', 'silent'], 'debug, info, warn, error or silent');

/** The options of the log, which both programs have. */
export const logOptions = defineOptions({
  'log-level': { default: 'info', parse: parseLevel, doc: parseLevel.expected },
  'log-level-file': { default: '', parse: text, doc: 'file whose text is the log level while the process runs' },
});

/** A logger whose lines are JSON with a level, a time and a sentence, without `redactedFields`. */
export const createLogger = (level: string, destination: DestinationStream): Logger =>
  pino({ level, base: null, timestamp: createTimestamp(), redact: redactedFields }, destination);

/** Writes the time in ISO 8601; the date and the second are written anew only once a second. */
function createTimestamp(): () => string {
  let second = Number.NaN;
  let prefix = '';
  return () => {
    const nowMs = Date.now();
    const nowSecond = Math.floor(nowMs / 1_000);
    if (nowSecond !== second) {
      second = nowSecond;
      prefix = `,"time":"${new Date(second * 1_000).toISOString().slice(0, -4)}`;
    }
    return `${prefix}${String(nowMs - second * 1_000).padStart(3, '0')}Z"`;
  };
}

/** A log on standard output, and the call that writes what is still buffered, which never rejects. */
export function createLog(level: string): { readonly log: Logger; readonly flush: () => Promise<void> } {
  // Without a least length the output would answer a flush before it has written.
  const output = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: mostHeldLength });
  // Buffered here, since the output measures all that it holds for each line that is added.
  let buffered = '';
  const release = (): void => {
    const lines = buffered;
    buffered = '';
    if (lines !== '') output.write(lines);
  };
  const write = (line: string): void => {
    buffered += line;
    if (buffered.length >= bufferLength) release();
  };
  const log = createLogger(level, { write });
  // The output's own synchronous flush tries for ever to write to a pipe that is closed.
  const flush = async (): Promise<void> => {
    release();
    await new Promise((resolve) => {
      setTimeout(resolve, lastFlushMs);
      output.flush(resolve);
    });
  };
  setInterval(release, flushMs).unref();
  process.once('uncaughtException', async (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    await flush();
    process.exit(1);
  });
  return { log, flush };
}

/**
 * Sets the level of the log to the one that a file names, now and whenever the file changes, until the returned call.
 * Without the file the log has the level that it has now. A name that is no level changes nothing.
 */
export function watchLogLevel(file: string, log: Logger, intervalMs?: number): () => void {
  const defaultLevel = log.level;
  const apply = (): void => {
    const level = parseLevel(readLevel(file) ?? defaultLevel);
    if (level === undefined) log.warn({ file }, `the file names no level, expected ${parseLevel.expected}`);
    else if (level !== log.level) setLevel(file, log, level);
  };
  apply();
  return pollFile(file, apply, intervalMs);
}

/** Logs the change at whichever of the two levels lets it through, so that a reader knows why the log became quiet. */
function setLevel(file: string, log: Logger, level: string): void {
  const before = log.level;
  const logChange = (): void => log.info({ file, from: before, to: level }, 'log level changed');
  const isLoggedBefore = log.isLevelEnabled('info');
  if (isLoggedBefore) logChange();
  log.level = level;
  if (!isLoggedBefore) logChange();
}

function readLevel(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
