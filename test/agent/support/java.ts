import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { runToEnd } from '../../support/process.ts';
import { cached } from './cache.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { needJdk } from './maven.ts';

/** For a server that starts fast, is small, and lives for a few seconds. */
export const javaFlags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/** Compiles a source file once, and gives back the class path that it runs with. */
export async function compile(source: string, classPath: string): Promise<string> {
  const classes = await cached('classes', [readFileSync(source, 'utf8'), classPath], async (draft) => {
    await needJdk();
    const { code, errors } = await runToEnd('javac', ['-nowarn', '-d', draft, '-cp', classPath, source]);
    if (code !== 0) throw new Error(`javac cannot compile ${source}: ${errors.trimEnd()}`);
  });
  return classes + delimiter + classPath;
}

/** Starts a server from this class path, and waits until it accepts connections on the port. */
export async function startJava(
  classPath: string,
  main: string,
  args: readonly string[],
  port: number,
): Promise<Daemon> {
  await needJdk();
  return startDaemon('java', [...javaFlags, '-cp', classPath, main, ...args], port, 40_000);
}
