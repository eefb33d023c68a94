import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { KeyPair } from '../../../src/certificates/pki.ts';
import { type Daemon, freePort, startDaemon } from './daemon.ts';

/** What each service of a server answers; without any the server has no health service at all. */
export type Services = Readonly<Record<string, 'SERVING' | 'NOT_SERVING'>>;

/** A real gRPC server on a free port of loopback; with `clientCa` it takes only clients whose certificate that signed. */
export async function startGrpc(services: Services | undefined, tls?: KeyPair, clientCa?: string, at = 0) {
  const server = new Server();
  if (services) new HealthImplementation({ ...services }).addToServer(server);
  const credentials = tls
    ? ServerCredentials.createSsl(
        clientCa === undefined ? null : Buffer.from(clientCa),
        [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }],
        clientCa !== undefined,
      )
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${at}`, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { port, stop: () => new Promise<void>((resolve) => void server.tryShutdown(() => resolve())) };
}

/** One that serves, in a process of its own, which can be stopped and killed. */
export async function startGrpcProcess(): Promise<Daemon & { readonly port: number }> {
  const port = await freePort();
  const program = `import { startGrpc } from '${import.meta.url}'; await startGrpc({ '': 'SERVING' }, undefined, undefined, ${port});`;
  return { ...(await startDaemon(process.execPath, ['--input-type=module', '-e', program], port, 10_000)), port };
}
