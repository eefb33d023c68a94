import { type TLSSocket, connect } from 'node:tls';

/** What one round of load measured; latencies in milliseconds. */
export type Round = { readonly requestsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number };

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
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST /mutate HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const latencies: number[] = [];
  const end = performance.now() + durationMs;
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, () => drive(port, ca, requests, end, latencies)));
  const seconds = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { requestsPerSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function drive(port: number, ca: string, requests: readonly Buffer[], end: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let missing = 0;
    let head = '';
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' }, next);
    function next(): void {
      if (performance.now() >= end) {
        socket.destroy();
        resolve();
        return;
      }
      sent = performance.now();
      head = '';
      missing = -1;
      socket.write(requests[latencies.length % requests.length] as Buffer);
    }
    socket.on('data', (chunk) => {
      if (missing < 0) {
        head += chunk.toString('latin1');
        const blank = head.indexOf('\r\n\r\n');
        if (blank < 0) return;
        if (!head.startsWith('HTTP/1.1 200')) {
          reject(new Error(head.slice(0, blank)));
          return;
        }
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        missing = blank + 4 + length - head.length;
      } else missing -= chunk.length;
      if (missing > 0) return;
      latencies.push(performance.now() - sent);
      if (/^connection: close/im.test(head)) {
        socket.destroy();
        resolve(drive(port, ca, requests, end, latencies));
      } else next();
    });
    socket.on('error', reject);
  });
}
