import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateFiles } from './certificates.ts';
import { freePort } from './daemon.ts';
import { compile, startJava } from './java.ts';
import { classPathOf } from './maven.ts';
import type { Server } from './servers.ts';

const artefacts = ['org.apache.activemq:artemis-server:2.40.0', 'org.apache.activemq:artemis-amqp-protocol:2.40.0'];

/** An ActiveMQ Artemis, which speaks AMQP 1.0, and its port for TLS. */
export type ArtemisServer = Server & { readonly tlsPort: number };

/** Brings the jars of Artemis and compiles what starts it, which takes half a minute once on a machine. */
export const installArtemis = async (): Promise<string> =>
  compile(new URL('./ArtemisBroker.java', import.meta.url).pathname, await classPathOf(artefacts));

/** Starts a broker that this user may use, which takes some three seconds. */
export async function startArtemis(
  directory: string,
  { cert, key }: CertificateFiles,
  login: { readonly user: string; readonly password: string },
): Promise<ArtemisServer> {
  const classPath = await installArtemis();
  const [port, tlsPort] = [await freePort(), await freePort()];
  const keystore = join(directory, 'artemis.pem');
  writeFileSync(keystore, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'));
  const tls = `sslEnabled=true;keyStoreType=PEM;keyStorePath=${keystore}`;
  const acceptors = [`tcp://127.0.0.1:${tlsPort}?protocols=AMQP;${tls}`, `tcp://127.0.0.1:${port}?protocols=AMQP`];
  const daemon = await startJava(classPath, 'ArtemisBroker', [...acceptors, login.user, login.password], port);
  return { ...daemon, port, tlsPort };
}
