import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateFiles, certificateFor, writeCertificate } from './certificates.ts';
import { freePort, startDaemon } from './daemon.ts';
import { type Conversation, askLiveness } from './faults.ts';
import type { Server } from './servers.ts';
import { recordFaults } from './situations.ts';

const dayMs = 86_400_000;

/** How a HAProxy before the server speaks TLS. No check here says whom it trusts or what the server is called. */
const manners: Readonly<
  Record<string, (files: { readonly pem: string; readonly old: string; readonly ca: string }) => string>
> = {
  'TLS 1.2': ({ pem }) => `crt ${pem} ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2`,
  'TLS 1.3': ({ pem }) => `crt ${pem} ssl-min-ver TLSv1.3`,
  'client certificate wanted, TLS 1.2': ({ pem, ca }) => `crt ${pem} ssl-max-ver TLSv1.2 ca-file ${ca} verify required`,
  'client certificate wanted, TLS 1.3': ({ pem, ca }) => `crt ${pem} ssl-min-ver TLSv1.3 ca-file ${ca} verify required`,
  'strict about the name': ({ pem }) => `crt ${pem} strict-sni`,
  expired: ({ old }) => `crt ${old}`,
};

/** A certificate and its key as HAProxy reads them. */
const pemFrom = (from?: Date): string => {
  const { cert, key } = certificateFor(['localhost'], from);
  return `${cert}\n${key}`;
};

/** Nine days ago: a certificate from then is expired. */
const longAgo = (): Date => new Date(Date.now() - 9 * dayMs);

/** Asks a real server behind a HAProxy that ends TLS in each manner: none of them is a reason to restart it. `alpn` as `h2`. */
export async function livesThroughTls(
  directory: string,
  { url, port, env }: Conversation,
  alpn?: string,
): Promise<void> {
  const { ca } = writeCertificate(directory, 'tls', certificateFor(['localhost']));
  const name = `haproxy-${port}`;
  const [pem, old] = [join(directory, `${name}.pem`), join(directory, `${name}-old.pem`)];
  writeFileSync(pem, pemFrom());
  writeFileSync(old, pemFrom(longAgo()));
  const binds = await Promise.all(
    Object.entries(manners).map(async ([manner, optionsOf]) => {
      const bind = await freePort();
      const options = `${optionsOf({ pem, old, ca })}${alpn ? ` alpn ${alpn}` : ''}`;
      return {
        manner,
        bind,
        line: `listen tls-${bind}\n  bind 127.0.0.1:${bind} ssl ${options}\n  server it 127.0.0.1:${port}\n`,
      };
    }),
  );
  const file = join(directory, `${name}.cfg`);
  const defaults = 'defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n';
  writeFileSync(file, defaults + binds.map(({ line }) => line).join(''));
  const haproxy = await startDaemon('haproxy', ['-db', '-f', file], binds[0]?.bind ?? 0);
  const verdicts = await Promise.all(
    binds.map(async ({ manner, bind }) => {
      const { code, line } = await askLiveness(url.replace('PORT', `${bind}`), env);
      assert.equal(code, 0, `${manner}: ${line}`);
      return [manner, 'alive'] as const;
    }),
  );
  await haproxy.kill();
  recordFaults(url, verdicts);
}

/** How a server that begins TLS in its own protocol is started. */
export type OwnTls = {
  readonly files: CertificateFiles;
  /** The only version that it speaks; undefined where the manner is not one of a version. */
  readonly version: '1.2' | '1.3' | undefined;
  readonly wantsClient: boolean;
};

/**
 * Starts a server in each manner of TLS in turn, and asks it: none of them is a reason to restart it. `start` gives undefined
 * for a manner that the server does not have.
 */
export async function livesThroughOwnTls(
  directory: string,
  url: string,
  start: (tls: OwnTls) => Promise<Server> | undefined,
): Promise<void> {
  const valid = writeCertificate(directory, 'own', certificateFor(['localhost']));
  const expired = writeCertificate(directory, 'own-old', certificateFor(['localhost'], longAgo()));
  const own: Readonly<Record<string, OwnTls>> = {
    'TLS 1.2': { files: valid, version: '1.2', wantsClient: false },
    'TLS 1.3': { files: valid, version: '1.3', wantsClient: false },
    'client certificate wanted, TLS 1.2': { files: valid, version: '1.2', wantsClient: true },
    'client certificate wanted, TLS 1.3': { files: valid, version: '1.3', wantsClient: true },
    expired: { files: expired, version: undefined, wantsClient: false },
  };
  for (const [manner, tls] of Object.entries(own)) {
    const server = await start(tls);
    if (!server) continue;
    const { code, line } = await askLiveness(url.replace('PORT', `${server.port}`));
    assert.equal(code, 0, `${manner}: ${line}`);
    await server.kill();
    recordFaults(url, [[manner, 'alive']]);
  }
}
