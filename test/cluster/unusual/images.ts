import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFor, writeCertificate } from '../../agent/support/certificates.ts';
import { install } from '../../support/packages.ts';
import { loadImage } from '../support/images.ts';
import type { Server } from './server.ts';

const prologue = `bake() { printf '%s\\n' "\${BAKED:-$2}" > "$1"; }
[ -z "$LATER" ] || (sleep 30; eval "$LATER") &
(umask 077; printf '%s\\n' "$(</tls/tls.key)" > /tmp/own.key)
sleep "\${SLOW:-0}"
`;

/** Makes and loads the images of these servers. */
export async function loadServers(servers: readonly Server[]): Promise<void> {
  await install(['tini', ...new Set(servers.flatMap(({ packages }) => packages))]);
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-unusual-'));
  // The user that makes the data of PostgreSQL reads it too.
  chmodSync(directory, 0o755);
  const tls = join(directory, 'tls');
  writeTls(tls);
  for (const server of servers) await load(server, join(directory, server.name), tls);
  rmSync(directory, { recursive: true });
}

async function load(server: Server, directory: string, tls: string): Promise<void> {
  const { name, start, files, written = {}, data, user } = server;
  const copies: string[] = [];
  for (const [index, [path, text]] of Object.entries(written).entries()) {
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${index}`);
    writeFileSync(file, text);
    copies.push(`${file}:${path}`);
  }
  if (data) {
    await data(`${directory}-data`);
    copies.push(`${directory}-data:/data`);
  }
  await loadImage({
    name: `docker.io/library/${name}:unusual`,
    entrypoint: ['/bin/bash', '-c', `${prologue}${start}`, 'entry'],
    files: [...files, ...copies, '/bin/bash', '/bin/bash:/bin/sh', '/bin/sleep', '/usr/bin/tini', `${tls}:/tls`],
    libs: true,
    ...(user === undefined ? {} : { user }),
  });
}

/** A certificate for one name, which every image has; whoever its server runs as may read the key. */
function writeTls(directory: string): void {
  mkdirSync(directory);
  const pair = certificateFor(['only.example.test']);
  writeCertificate(directory, 'tls', pair);
  writeFileSync(join(directory, 'all.pem'), `${pair.cert}${pair.key}`);
}
