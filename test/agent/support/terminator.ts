import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateFor, writeCertificate } from './certificates.ts';
import { freePort, startDaemon } from './daemon.ts';
import { type Conversation, askLiveness } from './faults.ts';
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
  writeFileSync(old, pemFrom(new Date(Date.now() - 9 * dayMs)));
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
