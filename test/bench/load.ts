import { type TLSSocket, connect } from 'node:tls';

/** What one round of load measured; latencies in milliseconds. */
export type Round = { readonly requestsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number };

/** What goes over a connection next, and after which of it the client hangs up without waiting for an answer. */
export type Request = { readonly bytes: Buffer; readonly isCut?: boolean };

/** Where the requests of a connection come from, undefined for no more, and who is told of each that is answered. */
export type Source = {
  readonly next: () => Request | undefined;
  readonly answered: (code: number, tookMs: number) => void;
};

/**
 * Sends the requests in turn over `connections` kept-alive TLS connections, each the next as soon as the last is answered.
 * Written on bare sockets, so that the client is not what is measured.
 */
export async function load(
  port: number,
  ca: string,
  bodies: readonly string[],
  connections: number,
  durationMs: number,
): Promise<Round> {
  const requests = bodies.map((body) => ({ bytes: Buffer.from(requestOf(body)) }));
  const latencies: number[] = [];
  const end = performance.now() + durationMs;
  const start = performance.now();
  await drive(port, ca, connections, {
    next: () => (performance.now() < end ? requests[latencies.length % requests.length] : undefined),
    answered(code, tookMs) {
      if (code !== 200) throw new Error(`HTTP ${code}`);
      latencies.push(tookMs);
    },
  });
  const seconds = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { requestsPerSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** A call of `/mutate` with this body. */
export const requestOf = (body: string, contentType = 'application/json'): string =>
  `POST /mutate HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Sends what the source gives over so many connections, each of which is opened again where the server ends it. */
export async function drive(port: number, ca: string, connections: number, source: Source): Promise<void> {
  await Promise.all(Array.from({ length: connections }, () => follow(port, ca, source)));
}

function follow(port: number, ca: string, source: Source): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let missing = 0;
    let head = '';
    const again = (): void => {
      socket.destroy();
      resolve(follow(port, ca, source));
    };
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' }, next);
    function next(): void {
      const request = source.next();
      if (!request) {
        socket.destroy();
        resolve();
        return;
      }
      sent = performance.now();
      head = '';
      missing = -1;
      socket.write(request.bytes, () => void (request.isCut && again()));
    }
    socket.on('data', (chunk) => {
      if (missing < 0) {
        head += chunk.toString('latin1');
        const blank = head.indexOf('\r\n\r\n');
        if (blank < 0) return;
        const length = /content-length: (\d+)/i.exec(head)?.[1];
        if (length !== undefined) missing = blank + 4 + Number(length) - head.length;
        // What is not of a length that is said comes in chunks, or to the end of the connection.
        else if (head.endsWith('\r\n0\r\n\r\n') || isLast(head)) missing = 0;
        else return;
      } else missing -= chunk.length;
      if (missing > 0) return;
      try {
        source.answered(Number(head.slice('HTTP/1.1 '.length, 12)), performance.now() - sent);
      } catch (error) {
        reject(error as Error);
        return;
      }
      if (isLast(head)) again();
      else next();
    });
    socket.on('error', reject);
  });
}

const isLast = (head: string): boolean => /^connection: close/im.test(head);
