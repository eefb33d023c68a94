import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { runToEnd } from '../../support/process.ts';
import { eventually } from '../../support/eventually.ts';
import { assertNoSecret, searchForSecrets } from '../../support/secrets.ts';
import { record } from './situations.ts';

/** The agent as it is shipped, built for this machine; `HEALTH_PROBE` names another one, which an emulator may run. */
export const program =
  process.env['HEALTH_PROBE'] ?? new URL('../../../agent/target/release/health-probe', import.meta.url).pathname;

type Environment = Readonly<Record<string, string>>;

/** How `check` ended: its exit code, the one line that it printed, and the time from start to end. */
export type Checked = { readonly code: number | null; readonly line: string; readonly ms: number };

/** Far more than any `--timeout` of the tests, and far less than the peers that never end would hold a check. */
const longestMs = 15_000;

/** Runs `check` with nothing in its environment but `env`; it has to end, and to print one line of at most 200 characters. */
export async function check(args: readonly string[], env: Environment = {}): Promise<Checked> {
  const start = performance.now();
  const { code, out, errors } = await runToEnd(program, ['check', ...args], { env });
  const ms = performance.now() - start;
  assert(ms < longestMs, `it ended after ${ms.toFixed()} ms: ${out}`);
  assert.equal(errors, '');
  assert.match(out, /^\P{Cc}+\n$/u);
  const line = out.trimEnd();
  assert([...line].length <= 200, line);
  assertNoSecret('check', line);
  // A test puts nothing into the environment but logins.
  for (const secret of Object.values(env)) assert(secret.length < 8 || !line.includes(secret), line);
  record({ args, code, line, ms });
  return { code, line, ms };
}

/** An answer of `serve`. */
export type Answer = { readonly status: number; readonly body: string };

/** A `serve` that runs. */
export type Serving = {
  readonly get: (path: string, headers?: Environment) => Promise<Answer>;
  /** Asks as the kubelet does. */
  readonly probe: (path: string) => Promise<Answer>;
  readonly port: number;
  readonly pid: number;
  readonly post: (path: string) => Promise<Answer>;
  /** All that it wrote to standard error. */
  readonly log: () => string;
  /** Sends SIGTERM and gives back the exit code. */
  readonly stop: () => Promise<number | null>;
};

/** Starts `serve` on a free port of loopback, and waits until it listens. */
export async function serve(args: readonly string[], env: Environment = {}): Promise<Serving> {
  const options = { env, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
  const child = spawn(program, ['serve', '--listen', '127.0.0.1:0', ...args], options);
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      searchForSecrets('the log of serve', log);
      resolve(code);
    });
  });
  const port = await eventually('listening', 8_000, async () => {
    if (child.exitCode !== null) throw new Error(log);
    return /msg=listening address=127\.0\.0\.1:(\d+)/.exec(log)?.[1] ?? false;
  });
  const send = (method: string, path: string, headers: Environment = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => {
          searchForSecrets(`${method} ${path} of serve`, body);
          resolve({ status: response.statusCode ?? 0, body });
        });
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end();
    });
  return {
    port: Number(port),
    pid: child.pid ?? 0,
    get: (path, headers) => send('GET', path, headers),
    probe: (path) => send('GET', path, { 'user-agent': 'kube-probe/1.36' }),
    post: (path) => send('POST', path),
    log: () => log,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
