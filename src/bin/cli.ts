import { buffer } from 'node:stream/consumers';
import { exitCode } from '../cli/command.ts';
import { commands } from '../cli/commands/index.ts';
import { createTerminal } from '../cli/output.ts';
import { calledAs } from '../cli/called-as.ts';
import { run } from '../cli/run.ts';

const interrupted = new AbortController();
// A reader such as head may stop early; the exit code is the same.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return interrupted.abort();
  process.stderr.write(`Standard output cannot be written: ${message}.\n`);
  process.exit(exitCode.unreadable);
});

const { program, args } = calledAs({
  paths: [process.argv0, process.argv[1] ?? ''],
  args: process.argv.slice(2),
});
const terminal = createTerminal({
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  readStandardInput: () => buffer(process.stdin),
  untilInterrupted() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
    return interrupted.signal;
  },
  isTerminal: process.stdout.isTTY === true,
  isColoured: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  program,
  env: process.env,
});
// What Node or a library warns of may repeat a manifest.
process.removeAllListeners('warning');
process.on('warning', ({ message }) => terminal.reportLines([`warning: ${message}`]));
// A single file that holds its own Node is no module, and has no await here.
void run(args, commands, terminal)
  .catch((error: Error) => {
    terminal.reportLines(`health-injector failed, which is a bug: ${error.stack ?? error}`.split('\n'));
    return exitCode.bug;
  })
  // Not process.exit: what still waits for a slow reader of a pipe would be lost.
  .then((code) => (process.exitCode = code));
