import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Issued } from '../../../src/certificates/issue.ts';

/** What each service of a server answers; without any the server has no health service at all. */
export type Services = Readonly<Record<string, 'SERVING' | 'NOT_SERVING'>>;

/** A real gRPC server on a free port of loopback. */
export async function startGrpc(services: Services | undefined, tls?: Issued) {
  const server = new Server();
  if (services) new HealthImplementation({ ...services }).addToServer(server);
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }])
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { port, stop: () => new Promise<void>((resolve) => void server.tryShutdown(() => resolve())) };
}
