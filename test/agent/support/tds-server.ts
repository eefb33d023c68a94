import { once } from 'node:events';
import { type Server, type Socket, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { type SecureContextOptions, TLSSocket, createServer as createSecureServer } from 'node:tls';

/** The server's side of PRELOGIN: how much is to be encrypted. */
export const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

/** What stands in for SQL Server: the messages of [MS-TDS] up to the login, with TLS within packets or first. */
export type TdsServer = {
  readonly port: number;
  /** The users of all logins, whatever came of them. */
  readonly logins: readonly string[];
  readonly close: () => void;
};

type Settings = {
  readonly password: string;
  readonly encryption: number;
  readonly secrets?: SecureContextOptions;
  /** TLS comes first, as in TDS 8. */
  readonly strict?: boolean;
};

const head = 8;
const prelogin = 0x12;
const login7 = 0x10;
const attention = 0x06;

/** The errors that a user of this name, or a database of this name, gets. */
const errors: Readonly<Record<string, readonly [number, string]>> = {
  full: [17809, 'Could not connect because the maximum number of user connections has been reached.'],
  starting: [18401, 'Login failed. Reason: Server is in script upgrade mode.'],
  absent: [4060, 'Cannot open database "absent" requested by the login. The login failed.'],
};

const packet = (kind: number, data: Buffer): Buffer => {
  const length = data.length + head;
  return Buffer.concat([Buffer.from([kind, 1, length >> 8, length & 0xff, 0, 0, 1, 0]), data]);
};

const text = (value: string, wide = false): Buffer => {
  const length = Buffer.alloc(wide ? 2 : 1);
  length.writeUIntLE(value.length, 0, length.length);
  return Buffer.concat([length, Buffer.from(value, 'utf16le')]);
};

const token = (kind: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([kind, content.length & 0xff, content.length >> 8]), content]);

const done = (status: number): Buffer => Buffer.concat([Buffer.from([0xfd, status]), Buffer.alloc(11)]);

/** ERROR, or INFO: code, state, class, words, server, procedure, line. */
const message = (kind: number, code: number, words: string): Buffer => {
  const number = Buffer.alloc(4);
  number.writeInt32LE(code);
  const where = [text('stand-in'), text(''), Buffer.from([1, 0, 0, 0])];
  return token(kind, Buffer.concat([number, Buffer.from([1, kind === 0xaa ? 14 : 10]), text(words, true), ...where]));
};

const environment = (kind: number, value: string): Buffer =>
  token(0xe3, Buffer.concat([Buffer.from([kind]), text(value), text('')]));

const acknowledged = token(
  0xad,
  Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), text('Microsoft SQL Server'), Buffer.from([16, 0, 0x10, 0x27])]),
);

/** The answer to PRELOGIN: version 16.0.4135, and how much is encrypted. */
const preloginAnswer = (mode: number): Buffer =>
  packet(4, Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0x10, 0x27, 0, 0, mode]));

/** The text of LOGIN7 whose place and length are at this offset. */
function textAt(login: Buffer, offset: number, unmask = false): string {
  const begin = login.readUInt16LE(offset);
  const bytes = Buffer.from(login.subarray(begin, begin + 2 * login.readUInt16LE(offset + 2)));
  if (unmask)
    for (const [at, byte] of bytes.entries()) bytes[at] = (((byte ^ 0xa5) << 4) | ((byte ^ 0xa5) >> 4)) & 0xff;
  return bytes.toString('utf16le');
}

function loginAnswer(login: Buffer, { password }: Settings): Buffer {
  const [user, given, database] = [textAt(login, 40), textAt(login, 44, true), textAt(login, 68) || 'master'];
  const error = errors[user] ?? errors[database];
  const refusal = given === password ? error : ([18456, `Login failed for user '${user}'.`] as const);
  if (refusal) return packet(4, Buffer.concat([message(0xaa, ...refusal), done(2)]));
  const context = message(0xab, 5701, `Changed database context to '${database}'.`);
  return packet(4, Buffer.concat([environment(1, database), context, environment(4, '4096'), acknowledged, done(0)]));
}

/** A socket whose handshake of TLS is in packets; what comes after it is as it is. */
class Enveloped extends Duplex {
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('end', () => this.push(null)).on('error', () => this.destroy());
  }

  receive(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    while (this.#unread.length > 0) {
      const isPacket = this.#unread[0] === prelogin;
      const length = isPacket
        ? this.#unread.length < head
          ? Infinity
          : this.#unread.readUInt16BE(2)
        : this.#unread.length;
      if (this.#unread.length < length) return;
      this.push(this.#unread.subarray(isPacket ? head : 0, length));
      this.#unread = this.#unread.subarray(length);
    }
  }

  override _read(): void {}

  override _write(bytes: Buffer, _: BufferEncoding, callback: () => void): void {
    // A record at a time: those of the application (23) and alerts go as they are.
    for (let rest = bytes; rest.length > 0;) {
      const length = 5 + rest.readUInt16BE(3);
      const record = rest.subarray(0, length);
      this.#socket.write(record[0] === 20 || record[0] === 22 ? packet(prelogin, record) : record);
      rest = rest.subarray(length);
    }
    callback();
  }

  override _final(callback: () => void): void {
    this.#socket.end();
    callback();
  }
}

export async function startTdsServer(settings: Settings): Promise<TdsServer> {
  const logins: string[] = [];

  /** Answers the messages of a stream; true for one after which TLS begins. */
  const answer = (stream: Duplex, kind: number, data: Buffer, isSecure: boolean): boolean => {
    if (kind === prelogin) {
      const wanted = data[data.indexOf(0xff) + 7];
      const isPlain = isSecure || wanted === encryption.notSupported || settings.encryption === encryption.notSupported;
      const mode = settings.encryption === encryption.required || isPlain ? settings.encryption : encryption.on;
      stream.write(preloginAnswer(isPlain && mode !== encryption.required ? encryption.notSupported : mode));
      return !isPlain;
    }
    if (kind === login7) {
      logins.push(textAt(data, 40));
      stream.write(loginAnswer(data, settings));
    } else {
      // An attention is acknowledged as one.
      stream.write(packet(4, done(kind === attention ? 0x20 : 0)));
    }
    return false;
  };

  const serve = (socket: Socket, isSecure: boolean): void => {
    let unread = Buffer.alloc(0);
    let tls: Enveloped | undefined;
    const take = (stream: Duplex, bytes: Buffer, secure: boolean): void => {
      unread = Buffer.concat([unread, bytes]);
      while (unread.length >= head && unread.length >= unread.readUInt16BE(2)) {
        const length = unread.readUInt16BE(2);
        const [kind, data] = [unread[0] ?? 0, unread.subarray(head, length)];
        unread = unread.subarray(length);
        if (answer(stream, kind, data, secure)) {
          tls = new Enveloped(socket);
          const inner = new TLSSocket(tls as unknown as Socket, {
            ...settings.secrets,
            isServer: true,
            maxVersion: 'TLSv1.2',
          });
          inner.on('data', (piece: Buffer) => take(inner, piece, true)).on('error', () => socket.destroy());
        }
      }
    };
    socket
      .on('error', () => {})
      .on('data', (bytes: Buffer) => (tls ? tls.receive(bytes) : take(socket, bytes, isSecure)));
  };

  const server: Server = settings.strict
    ? createSecureServer({ ...settings.secrets, ALPNProtocols: ['tds/8.0'] }, (socket) => serve(socket, true))
    : createServer((socket) => serve(socket, false));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, logins, close: () => server.close() };
}
