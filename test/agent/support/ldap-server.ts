import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from './certificates.ts';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

/** A slapd; `port` is that of LDAP with StartTLS, `secure` that of LDAP over TLS, and `dn` may do everything. */
export type Slapd = Server & { readonly secure: number; readonly socket: string; readonly dn: string };

const tlsOf = ({ cert, key, ca }: CertificateFiles): string =>
  `TLSCertificateFile ${cert}\nTLSCertificateKeyFile ${key}\nTLSCACertificateFile ${ca}\n`;

/** Starts an empty slapd that logs what it is asked, with these lines of configuration on top. */
export async function startSlapd(
  directory: string,
  password: string,
  files: CertificateFiles | undefined,
  options: readonly string[] = [],
): Promise<Slapd> {
  const [port, secure] = [await freePort(), await freePort()];
  const home = join(directory, `slapd-${port}`);
  const [socket, dn] = [join(home, 'ldapi'), 'cn=admin,dc=example,dc=test'];
  mkdirSync(home);
  writeFileSync(join(home, 'root.ldif'), 'dn:\nvendorName: of the tests\n');
  writeFileSync(
    join(home, 'slapd.conf'),
    `include /etc/ldap/schema/core.schema
pidfile ${home}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
rootDSE ${home}/root.ldif
${files ? tlsOf(files) : ''}${options.map((line) => `${line}\n`).join('')}database mdb
suffix "dc=example,dc=test"
rootdn "${dn}"
rootpw ${password}
directory ${home}
`,
  );
  const places = [`ldap://127.0.0.1:${port}`, `ldapi://${encodeURIComponent(socket)}`];
  if (files) places.push(`ldaps://127.0.0.1:${secure}`);
  const args = ['-d', 'stats', '-f', join(home, 'slapd.conf'), '-h', places.join(' ')];
  return { ...(await startDaemon('slapd', args, port)), port, secure, socket, dn };
}
