import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A document of BSON: whole numbers are 32 bits wide, `ok` is a double, an array of twelve bytes an object's id. */
export type Document = { readonly [name: string]: BsonValue };
export type BsonValue = string | number | bigint | boolean | Date | Uint8Array | Document | readonly BsonValue[];

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
};
const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

/** The type of a value, and its bytes. */
function encode(name: string, value: BsonValue): readonly [number, Buffer] {
  if (name === 'ok') return [0x01, double(Number(value))];
  if (typeof value === 'string') return [0x02, Buffer.concat([int32(text(value).length), text(value)])];
  if (typeof value === 'boolean') return [0x08, Buffer.from([Number(value)])];
  if (typeof value === 'number') return [0x10, int32(value)];
  // What is asked here is never a 64-bit number but a time stamp of the oplog.
  if (typeof value === 'bigint') return [name === 'ts' ? 0x11 : 0x12, int64(value)];
  if (value instanceof Date) return [0x09, int64(BigInt(value.getTime()))];
  if (value instanceof Uint8Array) return [0x07, Buffer.from(value)];
  return Array.isArray(value) ? [0x04, bson(Object.fromEntries(value.entries()))] : [0x03, bson(value as Document)];
}

export function bson(document: Document): Buffer {
  const elements = Object.entries(document).map(([name, value]) => {
    const [kind, bytes] = encode(name, value);
    return Buffer.concat([Buffer.from([kind]), text(name), bytes]);
  });
  const body = Buffer.concat([...elements, Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** An OP_MSG that answers the request with this id. */
export function message(id: number, document: Document): Buffer {
  const body = Buffer.concat([int32(1), int32(id), int32(2013), int32(0), Buffer.from([0]), bson(document)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/**
 * Starts a server that answers each command with the document under its name, and with CommandNotFound where there is
 * none. It holds no state: for what a real server cannot be brought into in a test.
 */
export async function replayMongo(answers: Readonly<Record<string, Document>>) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (request) => {
      // Behind the header, the flags, the kind of the section, the document's length and the type: the first name.
      const name = request.subarray(26, request.indexOf(0, 26)).toString();
      const unknown = { ok: 0, errmsg: `no such command: '${name}'`, code: 59, codeName: 'CommandNotFound' };
      socket.write(message(request.readInt32LE(4), answers[name] ?? unknown));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
