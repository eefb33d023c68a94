import { type Socket, connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';

/** One answer as it stood on the wire. */
export type Answer = { readonly code: number; readonly body: string };

/** How long a client waits for a first byte before it closes its side, and for the end after that. */
const patienceMs = 100;
const longestMs = 60_000;

/** Where a server is, and by whose word it is the right one. */
export type Connection = {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly servername: string;
};

/** How bytes are sent: not even in TLS, a few at a time, or until the server hangs up by itself. */
export type Manner = { readonly isPlain?: boolean; readonly stepMs?: number; readonly isAwaited?: boolean };

/**
 * Sends bytes as they are and gives back all that came, in Latin-1. It closes its side once something came, or nothing came for a
 * while; where the server does not hang up then, the promise is rejected.
 */
export function talk(
  connection: Connection,
  bytes: Buffer,
  { isPlain = false, stepMs, isAwaited = false }: Manner = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket: Socket = isPlain ? connectTcp(connection) : connect(connection);
    const leave = (): void => void (isAwaited || socket.end());
    let patience: NodeJS.Timeout | undefined;
    const tooLong = setTimeout(() => {
      reject(new Error('The server does not hang up.'));
      socket.destroy();
    }, longestMs);
    socket.on(isPlain ? 'connect' : 'secureConnect', () => {
      if (stepMs === undefined) socket.write(bytes);
      else void drip(socket, bytes, stepMs);
      patience = setTimeout(leave, patienceMs + (stepMs ?? 0) * bytes.length);
    });
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      leave();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(patience);
      clearTimeout(tooLong);
      resolve(said);
    });
  });
}

async function drip(socket: Socket, bytes: Buffer, stepMs: number): Promise<void> {
  for (const byte of bytes) {
    if (!socket.writable) return;
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
}

/** Reads the answers that stand one after the other in what a server said; what follows no rule of HTTP is an error. */
export function answersOf(said: string): Answer[] {
  const answers: Answer[] = [];
  let rest = said;
  while (rest !== '') {
    const [head = '', code, fields = ''] = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/.exec(rest) ?? [];
    if (code === undefined) throw new Error(`No answer: ${JSON.stringify(rest.slice(0, 200))}`);
    rest = rest.slice(head.length);
    let body = '';
    const length = /^content-length: (\d+)\r$/im.exec(fields)?.[1];
    if (length !== undefined) body = rest.slice(0, Number(length));
    else if (/^transfer-encoding: chunked\r$/im.test(fields)) body = /^[^]*?\r\n0\r\n\r\n/.exec(rest)?.[0] ?? rest;
    // What the server says before it hangs up has no length.
    else if (!code.startsWith('1')) body = rest;
    rest = rest.slice(body.length);
    if (!code.startsWith('1')) answers.push({ code: Number(code), body });
  }
  return answers;
}
