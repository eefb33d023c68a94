import { connect } from 'node:tls';

type Connection = { readonly host: string; readonly port: number; readonly ca: string };

/** Sends bytes as they are, waits until the server hangs up, and gives back all that it said; an error counts as hanging up. */
export const rawCall = (connection: Connection, ...parts: readonly (string | Buffer)[]): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(connection, () => {
      for (const part of parts) socket.write(part);
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });

/** The head of a call of `/mutate` with these headers beside the usual ones. */
export const mutateHead = (...headers: readonly string[]): string =>
  `${['POST /mutate?timeout=3s HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...headers].join('\r\n')}\r\n\r\n`;
