import { type Logger, pino } from 'pino';

/** How much is kept back before it is written, and for how long: a line a review would cost a system call each. */
const bufferBytes = 4_096;
const flushMs = 500;

/** A JSON log on standard output, and the call that writes what is still kept back. */
export function createLog(level: string): { readonly log: Logger; readonly flush: () => void } {
  const destination = pino.destination({ dest: 1, sync: false, minLength: bufferBytes });
  const flush = (): void => destination.flushSync();
  setInterval(() => destination.flush(), flushMs).unref();
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    flush();
    process.exit(1);
  });
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return { log, flush };
}
