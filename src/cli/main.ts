#!/usr/bin/env node
import { buffer } from 'node:stream/consumers';
import { exitCode } from './command.ts';
import { commands } from './commands/index.ts';
import { createTerminal } from './output.ts';
import { run } from './run.ts';

// A reader such as head may stop early; the exit code is the same.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  process.stderr.write(`Standard output cannot be written: ${message}.\n`);
  process.exit(exitCode.unreadable);
});

const terminal = createTerminal({
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  readStandardInput: () => buffer(process.stdin),
  isColoured: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  env: process.env,
});
try {
  // Not process.exit: what still waits for a slow reader of a pipe would be lost.
  process.exitCode = await run(process.argv.slice(2), commands, terminal);
} catch (error) {
  terminal.reportLines([`health-injector failed, which is a bug: ${(error as Error).stack}`]);
  process.exitCode = exitCode.bug;
}
