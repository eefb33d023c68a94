import { type Socket, createServer } from 'node:net';
import { listen } from './listen.ts';
import type { Start } from './row.ts';

export const types = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

const prefaceLength = 24;

/** A frame of HTTP/2 (RFC 9113 §4.1). */
export function frame(
  type: keyof typeof types,
  flags: number,
  stream: number,
  payload: Uint8Array | readonly number[] = [],
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(types[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}

/** A block of headers in which nothing is indexed (RFC 7541 §6.2.2). */
export const block = (headers: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));

function text(words: string): Buffer {
  const bytes = Buffer.from(words, 'latin1');
  const length: number[] = [];
  let rest = bytes.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/**
 * A server of HTTP/2 in its frames: it says its settings at once, acknowledges those of the client, and has `answer` do the rest
 * when the headers of a call have come.
 */
export const answersInFrames =
  (answer: (socket: Socket, stream: number) => void, settings: readonly number[] = []): Start =>
  () =>
    listen(
      createServer({ noDelay: true }, (socket) => {
        let rest = Buffer.alloc(0);
        let isBehindPreface = false;
        socket.write(frame('settings', 0, 0, settings));
        socket.on('data', (chunk: Buffer) => {
          rest = Buffer.concat([rest, chunk]);
          if (!isBehindPreface) {
            if (rest.length < prefaceLength) return;
            isBehindPreface = true;
            rest = rest.subarray(prefaceLength);
          }
          while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
            const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
            rest = rest.subarray(9 + rest.readUIntBE(0, 3));
            if (type === types.settings && flags === 0) socket.write(frame('settings', 1, 0));
            if (type === types.headers) answer(socket, stream);
          }
        });
      }),
    );
