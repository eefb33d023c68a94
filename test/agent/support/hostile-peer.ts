import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

/** What a peer does to each connection; `beginning` is how a right answer would begin. */
export type Behaviour = (socket: Socket, beginning: Buffer) => void;

/** Writes again and again, as fast as the other side reads. */
function pour(socket: Socket, chunk: Buffer): void {
  while (!socket.destroyed && socket.write(chunk));
  socket.once('drain', () => pour(socket, chunk));
}

/** Writes one byte each 100 ms. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 100);
  socket.on('close', () => clearInterval(timer));
}

const filler = Buffer.alloc(16_384, 'a');

/** Bytes that look random and are the same in every run. */
export const noise = Buffer.from(
  Array.from({ length: 4_096 }, (_, index) => (Math.imul(index + 1, 2_654_435_761) >>> 13) & 0xff),
);

/** Every way of being no good, by its name. */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  'sends garbage and waits': (socket) => void socket.write(noise),
  'sends garbage and closes': (socket) => void socket.end(noise),
  'sends a byte each 100 ms': (socket, beginning) => drip(socket, Buffer.concat([beginning, filler])),
  'sends garbage, a byte each 100 ms': (socket) => drip(socket, noise),
  'sends garbage without end': (socket) => pour(socket, noise),
  'begins well and never ends': (socket, beginning) => {
    socket.write(beginning);
    pour(socket, filler);
  },
  'begins well and closes': (socket, beginning) => void socket.end(beginning),
  'closes at once': (socket) => void socket.end(),
  'resets at once': (socket) => void socket.resetAndDestroy(),
  'says nothing': () => {},
};

/** Starts a peer on a free port of loopback that does this to whoever connects. */
export async function startPeer(behave: Behaviour, beginning: Buffer) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    behave(socket, beginning);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
