import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { eventually } from '../../support/eventually.ts';
import { must } from '../../support/process.ts';
import { type Checked, check } from './agent.ts';
import { type CertificateFiles, strangerCertificate, writeCertificate } from './certificates.ts';
import type { Daemon } from './daemon.ts';

/** Exit codes of a check that is alive and not ready, by the cause of it. */
export const unhealthy = { liveness: 0, readiness: 1, startup: 0 };
export const refused = { liveness: 0, readiness: 4, startup: 0 };

/** A way to ask with one environment, in which no line that was printed may ever hold one of its secrets. */
export function asking(env: Readonly<Record<string, string>>, secrets: readonly string[]) {
  /** As the agent's `check`. */
  async function ask(...args: string[]): Promise<Checked> {
    const checked = await check(args, env);
    for (const secret of secrets) assert(!checked.line.includes(secret), checked.line);
    return checked;
  }

  /** The exit codes of the three probes. */
  async function codesOf(url: string): Promise<Record<string, number | null>> {
    const codes: Record<string, number | null> = {};
    for (const probe of ['liveness', 'readiness', 'startup']) codes[probe] = (await ask('--probe', probe, url)).code;
    return codes;
  }

  /** So many checks, four at a time, all of which pass. */
  async function passes(url: string, times: number): Promise<void> {
    const worker = async () => {
      for (let count = 0; count < times / 4; count++) {
        const { code, line } = await ask(url);
        assert.equal(code, 0, line);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
  }

  /** While the server is stopped every probe is 3, in time; once it goes on it passes. */
  async function timesOut(daemon: Daemon, url: string): Promise<void> {
    daemon.signal('SIGSTOP');
    try {
      // Until one of its threads has run again the others go on.
      await eventually('a server that is stopped', 8_000, async () => allStopped(daemon));
      for (const probe of ['liveness', 'readiness']) {
        const { code, line } = await check(['--probe', probe, '--timeout', '300ms', url], env);
        assert.equal(code, 3, line);
        assert.match(line, /^timed out after 300ms /);
      }
    } finally {
      daemon.signal('SIGCONT');
    }
    assert.equal((await ask('--timeout', '2s', url)).code, 0);
  }

  /** A check of a server whose certificate is for `localhost`: the certificate is verified as far as `ca` asks for it. */
  async function verifies(url: string, { ca, otherCa }: CertificateFiles, options = ''): Promise<void> {
    for (const [trust, code, reason] of [
      ['', 0, /./],
      [`&ca=${ca}`, 0, /./],
      [`&ca=${otherCa}`, 4, /^certificate not trusted: unknown issuer /],
      [`&ca=${ca}&server-name=other.test`, 4, /^certificate is not valid for name other\.test /],
    ] as const) {
      const checked = await ask('--timeout', '2s', `${url}?tls${options}${trust}`);
      assert.equal(checked.code, code, checked.line);
      // A server that is not who it should be is no reason to let it live.
      assert.equal((await ask('--probe', 'liveness', '--timeout', '2s', `${url}?tls${options}${trust}`)).code, code);
      assert.match(checked.line, reason);
    }
  }

  /** A server that wants a certificate of clients takes none that a stranger signed; `url` has its options of TLS. */
  async function refusesStranger(url: string, directory: string, reason = /client certificate/): Promise<void> {
    const { cert, key } = writeCertificate(directory, 'stranger', strangerCertificate('probe'));
    const strange = `${url}&cert=${cert}&key=${key}`;
    const { line } = await ask(strange);
    assert.deepEqual(await codesOf(strange), refused, line);
    assert.match(line, reason);
  }

  return { ask, codesOf, passes, timesOut, verifies, refusesStranger };
}

/** Whether each thread of a server is stopped. */
const allStopped = ({ pid }: Daemon): boolean =>
  readdirSync(`/proc/${pid}/task`).every((task) =>
    readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8').includes('\nState:\tT'),
  );

/** Lets a server open so few descriptors more, as the limit of a container does. */
export async function limitDescriptors({ pid }: Daemon, more: number): Promise<void> {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  // The limit is of the number of a descriptor, and the kernel gives the lowest that is free.
  let limit = 0;
  for (let free = 0; free < more; limit++) free += open.has(limit) ? 0 : 1;
  await must('prlimit', ['--pid', `${pid}`, `--nofile=${limit}`]);
}

/** Connects more clients to a server than a few descriptors can be for; gives back how they all leave. */
export async function crowd(port: number): Promise<() => void> {
  let guests = 0;
  return fill(port, async () => ++guests > 12);
}

/** Connects to a server, one client more at a time, until it is full; gives back how they all leave. */
export async function fill(port: number, isFull: () => Promise<boolean>): Promise<() => void> {
  const guests: Socket[] = [];
  await eventually('a full server', 8_000, async () => {
    const guest = connect(port, '127.0.0.1').on('error', () => {});
    guests.push(guest);
    await once(guest, 'connect');
    return isFull();
  });
  return () => {
    for (const guest of guests) guest.destroy();
  };
}
