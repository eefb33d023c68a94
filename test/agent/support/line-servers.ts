import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from './certificates.ts';
import { type Daemon, freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

/** A dovecot that speaks IMAP, in the clear, over TLS and on a Unix socket, and POP3. */
export type Dovecot = Daemon & {
  readonly imap: number;
  readonly imaps: number;
  readonly pop3: number;
  readonly socket: string;
};

/** `ssl`: whether it offers TLS; `haproxy`: whether it waits for a PROXY header; `clients`: as many may be about to log in. */
type DovecotOptions = { readonly ssl?: 'yes' | 'no'; readonly haproxy?: boolean; readonly clients?: number };

const listener = (name: string, port: number, options = ''): string =>
  `  inet_listener ${name} {\n    port = ${port}\n${options}  }\n`;

/** Starts a dovecot with this certificate. */
export async function startDovecot(
  directory: string,
  { cert, key }: CertificateFiles,
  { ssl = 'yes', haproxy = false, clients = 100 }: DovecotOptions = {},
): Promise<Dovecot> {
  const proxied = haproxy ? '    haproxy = yes\n' : '';
  const [imap, imaps, pop3] = [await freePort(), await freePort(), await freePort()];
  const socket = join(directory, 'imap.sock');
  const file = join(directory, 'dovecot.conf');
  writeFileSync(
    file,
    `base_dir = ${directory}/dovecot
state_dir = ${directory}/dovecot-state
log_path = /dev/stderr
protocols = imap pop3
listen = 127.0.0.1
haproxy_trusted_networks = 127.0.0.1
ssl = ${ssl}
ssl_cert = <${cert}
ssl_key = <${key}
passdb {
  driver = static
  args = nopassword=y
}
service imap-login {
  service_count = 0
  process_limit = 1
  client_limit = ${clients}
${listener('imap', imap, proxied)}${listener('imaps', imaps, `    ssl = yes\n${proxied}`)}  unix_listener ${socket} {
    mode = 0666
  }
}
service pop3-login {
${listener('pop3', pop3)}${listener('pop3s', 0)}}
`,
  );
  return { ...(await startDaemon('dovecot', ['-F', '-c', file], imap)), imap, imaps, pop3, socket };
}

/** Starts an ngircd without services around it. */
export async function startNgircd(directory: string): Promise<Server> {
  const port = await freePort();
  const file = join(directory, 'ngircd.conf');
  const options = 'DNS = no\nIdent = no\nPAM = no\n';
  writeFileSync(
    file,
    `[Global]\nName = irc.test\nInfo = test\nListen = 127.0.0.1\nPorts = ${port}\n[Options]\n${options}`,
  );
  return { ...(await startDaemon('ngircd', ['-n', '-f', file], port)), port };
}

/** Starts a vsftpd that lets nobody in, and takes up TLS with this certificate. */
export async function startVsftpd(directory: string, { cert, key }: CertificateFiles): Promise<Server> {
  const port = await freePort();
  const tls = `ssl_enable=YES\nssl_ciphers=HIGH\nrsa_cert_file=${cert}\nrsa_private_key_file=${key}\n`;
  const file = join(directory, 'vsftpd.conf');
  writeFileSync(
    file,
    `listen=YES\nlisten_address=127.0.0.1\nlisten_port=${port}\nbackground=NO\nseccomp_sandbox=NO\nsecure_chroot_dir=${directory}\n${tls}`,
  );
  return { ...(await startDaemon('vsftpd', [file], port)), port };
}
