import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type TlsOptions, createServer as createTlsServer } from 'node:tls';
import type { Listening, Start } from './row.ts';

/** What a server says once the head of a request has come: words, or what it does with the connection. */
export type Answer = string | Buffer | ((socket: Socket, request: string) => void);

/** Has a server listen on a free port, and closes all its connections in the end. */
export async function listen(server: Server, host = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<Socket>();
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    });
  server.on('tlsClientError', () => {});
  server.listen(0, host);
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** Answers each connection once, and closes it after words. */
function serve(socket: Socket, answer: Answer): void {
  let request = '';
  let isAnswered = false;
  socket.on('data', (chunk: Buffer) => {
    request += chunk.toString('latin1');
    if (isAnswered || !request.includes('\r\n\r\n')) return;
    isAnswered = true;
    if (typeof answer === 'function') answer(socket, request);
    else socket.end(answer);
  });
}

/** A server of HTTP/1.1 in its bytes. */
export const answers =
  (answer: Answer, host?: string): Start =>
  () =>
    listen(
      createServer({ allowHalfOpen: true, noDelay: true }, (socket) => serve(socket, answer)),
      host,
    );

/** A server for each of these answers. */
export const answering = (rows: Readonly<Record<string, Answer>>): [what: string, start: Start][] =>
  Object.entries(rows).map(([what, answer]) => [what, answers(answer)]);

/** The same over TLS. */
export const answersOverTls =
  (options: TlsOptions | (() => TlsOptions), answer: Answer = plainly('HTTP/1.1 200 OK')): Start =>
  () => {
    const made = typeof options === 'function' ? options() : options;
    return listen(createTlsServer(made, (socket) => serve(socket, answer)));
  };

/** Does this to each connection, before anything has come. */
export const meets =
  (act: (socket: Socket) => void): Start =>
  () =>
    listen(
      createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        socket.on('error', () => {});
        act(socket);
      }),
    );

/** A response of these lines, each ended as it should be, and of a body with its length. */
export const plainly = (lines: string, body = 'ok'): string =>
  `${lines.replaceAll('\n', '\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** A response of these lines and of this body, without a word about it. */
export const rawly = (lines: string, body = ''): string => `${lines.replaceAll('\n', '\r\n')}\r\n\r\n${body}`;

/** Writes pieces one after another, and closes. */
export function writeSlowly(socket: Socket, pieces: readonly (string | Buffer)[], intervalMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    const piece = pieces[at++];
    if (piece === undefined) socket.end();
    else socket.write(piece);
  }, intervalMs);
  socket.on('close', () => clearInterval(timer));
}

/** Writes for ever, as fast as the other side reads. */
export function pour(socket: Socket, chunk: string | Buffer): void {
  while (!socket.destroyed && socket.write(chunk));
  socket.once('drain', () => pour(socket, chunk));
}
