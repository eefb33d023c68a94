import type { Row } from '../row.ts';
import { bodies } from './bodies.ts';
import { connections } from './connections.ts';
import { grpcFrames } from './grpc-frames.ts';
import { grpcServers } from './grpc.ts';
import { heads } from './heads.ts';
import { redirects } from './redirects.ts';
import { statuses } from './statuses.ts';
import { tls } from './tls.ts';

/** Every server, under the headings of the page. */
export const sections: Readonly<Record<string, readonly Row[]>> = {
  Statuses: statuses,
  Redirects: redirects,
  Bodies: bodies,
  Headers: heads,
  'Connections and time': connections,
  TLS: tls,
  gRPC: grpcServers,
  'gRPC in frames': grpcFrames,
};
