import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from './certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

/** An exim; `port` is that of SMTP with STARTTLS, `secure` that of SMTP over TLS. */
export type Exim = Server & { readonly secure: number; readonly mainLog: () => string };

/** Starts an exim with this certificate, and these options on top, each a line of its configuration. */
export async function startExim(
  directory: string,
  { cert, key }: CertificateFiles,
  options: readonly string[] = [],
): Promise<Exim> {
  const [port, secure] = [await freePort(), await freePort()];
  const home = join(directory, `exim-${port}`);
  mkdirSync(home);
  // Exim gives up root, and keeps its spool and its log as a user of its own.
  chmodSync(directory, 0o755);
  chmodSync(home, 0o777);
  const file = join(directory, `exim-${port}.conf`);
  writeFileSync(
    file,
    `primary_hostname = mail.test
spool_directory = ${home}
log_file_path = ${home}/%slog
pid_file_path = ${home}/pid
log_selector = +smtp_connection +smtp_incomplete_transaction +smtp_protocol_error +smtp_syntax_error
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port} : ${secure}
tls_on_connect_ports = ${secure}
tls_advertise_hosts = *
tls_certificate = ${cert}
tls_privatekey = ${key}
host_lookup =
rfc1413_hosts =
keep_environment =
${options.map((line) => `${line}\n`).join('')}`,
  );
  const daemon = await startDaemon('exim4', ['-bdf', '-C', file], port);
  const log = (): string => readFileSync(join(home, 'mainlog'), 'utf8');
  // What waited for the port to be open has left a line of its own.
  const begun = await eventually('an exim at rest', 8_000, async () => / lost |rejected/.test(log()) && log().length);
  return { ...daemon, port, secure, mainLog: () => log().slice(begun) };
}

/** Starts an aiosmtpd, which speaks no TLS, on a port and on a Unix socket. */
export async function startAiosmtpd(directory: string): Promise<Server & { readonly socket: string }> {
  const [port, socket] = [await freePort(), join(directory, 'smtp.sock')];
  const file = join(directory, 'sink.py');
  writeFileSync(
    file,
    `import threading
from aiosmtpd.controller import Controller, UnixSocketController
from aiosmtpd.handlers import Sink
UnixSocketController(Sink(), unix_socket="${socket}").start()
Controller(Sink(), hostname="127.0.0.1", port=${port}).start()
threading.Event().wait()
`,
  );
  return { ...(await startDaemon('/usr/bin/python3', [file], port)), port, socket };
}
