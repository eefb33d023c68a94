import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentCertificate } from '../../../src/certificates/files.ts';
import { eventually } from '../../support/eventually.ts';

const program = new URL('../../../src/bin/webhook.ts', import.meta.url).pathname;

/** The webhook as a process of its own, whose end, log and descriptors can be looked at. */
export type WebhookProcess = Awaited<ReturnType<typeof startProcess>>;

/** Starts the webhook on a free port of loopback, and waits until it listens. */
export async function startProcess(flags: readonly string[] = []) {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-'));
  developmentCertificate(directory, new Date());
  const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
  const args = ['--listen=127.0.0.1:0', `--certificate-directory=${directory}`, '--drain-seconds=0', ...flags];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.errors += chunk.toString()));
  const port = await eventually('listening', 8_000, async () => {
    assert.equal(child.exitCode, null, said.errors);
    return Number(/"url":"https:\/\/127\.0\.0\.1:(\d+)"/.exec(said.out)?.[1]) || false;
  });
  const connection = { host: '127.0.0.1', port, ca, servername: 'localhost' };

  const send = (method: string, path: string, body = ''): Promise<{ readonly code: number; readonly body: string }> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const call = request({ ...connection, method, path, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ code: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      });
      call.on('error', reject).end(body);
    });

  return {
    connection,
    send,
    /** Its resident memory now and at its most, in MiB. */
    memoryMiB(): { readonly now: number; readonly most: number } {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
      return { now: read('VmRSS'), most: read('VmHWM') };
    },
    descriptors: (): number => readdirSync(`/proc/${child.pid}/fd`).length,
    /** Null while it runs. */
    ended: () => child.exitCode ?? child.signalCode,
    /** Ends it in order, and gives back how it ended and all that it wrote. */
    async stop(): Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }> {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      rmSync(directory, { recursive: true });
      return { code: child.exitCode, ...said };
    },
  };
}
