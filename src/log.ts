import { type DestinationStream, type Logger, pino } from 'pino';

/** How much is kept back before it is written, and for how long: a line a review would cost a system call each. */
const bufferBytes = 4_096;
const flushMs = 500;

/** Where secrets travel in what one might be tempted to log: no line has these, and no line of later will either. */
const neverLogged = [
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

/** A logger whose every line is JSON with a time, a level and a sentence, and which keeps secrets back. */
export const createLogger = (level: string, destination: DestinationStream): Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: neverLogged }, destination);

/** A JSON log on standard output, and the call that writes what is still kept back. */
export function createLog(level: string): { readonly log: Logger; readonly flush: () => void } {
  const destination = pino.destination({ dest: 1, sync: false, minLength: bufferBytes });
  const log = createLogger(level, destination);
  const flush = (): void => destination.flushSync();
  setInterval(() => destination.flush(), flushMs).unref();
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    flush();
    process.exit(1);
  });
  return { log, flush };
}
