import { type ServerHttp2Stream, createServer } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { startGrpc } from '../../agent/support/grpc-server.ts';
import { usual } from '../certificates.ts';
import { answers, answersOverTls, listen, meets, plainly } from '../listen.ts';
import { type Row, type Start, rowsOf } from '../row.ts';

/** A message of grpc.health.v1 behind its length, of this serving status. */
export const health = (status: number): Buffer => Buffer.from([0, 0, 0, 0, 2, 8, status]);
const serving = health(1);

type Said = {
  readonly data?: Buffer;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** None to end without trailers. */
  readonly trailers?: Readonly<Record<string, string>> | undefined;
  readonly afterMs?: number;
};

/** Says what a server of gRPC does, but for what is named. */
function reply(stream: ServerHttp2Stream, { data = serving, headers = {}, afterMs = 0, ...said }: Said): void {
  const trailers = 'trailers' in said ? said.trailers : { 'grpc-status': '0' };
  stream.on('error', () => {});
  setTimeout(() => {
    if (stream.destroyed) return;
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...headers },
      { waitForTrailers: trailers !== undefined },
    );
    stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
    stream.end(data);
  }, afterMs);
}

const onStream =
  (act: (stream: ServerHttp2Stream, path: string) => void): Start =>
  () => {
    const server = createServer({ maxSessionMemory: 100 });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      act(stream, `${headers[':path']}`);
    });
    server.on('sessionError', () => {});
    server.on('session', (session) => session.on('error', () => {}));
    return listen(server);
  };

const says = (said: Said): Start => onStream((stream) => reply(stream, said));

/** Headers that are trailers too: a call without a message. */
const trailersOnly = (headers: Readonly<Record<string, string | number>>): Start =>
  onStream((stream) =>
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true }),
  );

const ended = { 'grpc-status': '0' };
const statusOf = (code: string, message = 'odd') => ({ 'grpc-status': code, 'grpc-message': message });

const rows: Readonly<Record<string, Start>> = {
  'answers SERVING': says({}),
  'answers NOT_SERVING': says({ data: health(2) }),
  'answers UNKNOWN': says({ data: Buffer.from([0, 0, 0, 0, 0]) }),
  'answers UNKNOWN, and writes it out': says({ data: health(0) }),
  'answers SERVICE_UNKNOWN': says({ data: health(3) }),
  'answers a serving status that is not known': says({ data: health(7) }),
  'answers SERVING behind a field that is not known': says({ data: Buffer.from([0, 0, 0, 0, 5, 0x12, 1, 65, 8, 1]) }),
  'answers SERVING twice in one message': says({ data: Buffer.from([0, 0, 0, 0, 4, 8, 2, 8, 1]) }),
  'answers two messages': says({ data: Buffer.concat([serving, health(2)]) }),
  'answers a message that is cut short': says({ data: serving.subarray(0, 6) }),
  'answers a message that is no protobuf': says({ data: Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]) }),
  'answers a message that is longer than it says': says({ data: Buffer.concat([serving, Buffer.from([0])]) }),
  'answers a message of 5 MB': says({
    data: Buffer.concat([Buffer.from([0, 0, 0x4c, 0x4b, 0x40]), Buffer.alloc(5_000_000, 0x10)]),
  }),
  'answers a message of 100 KB': says({
    data: Buffer.concat([Buffer.from([0, 0, 1, 0x86, 0xa4, 8, 1, 0x12, 0x9e, 0x8d, 6]), Buffer.alloc(99_998)]),
  }),
  'answers no message': says({ data: Buffer.alloc(0) }),
  'compresses its message by gzip': says({
    data: Buffer.concat([
      Buffer.from([1, 0, 0, 0, gzipSync(serving.subarray(5)).length]),
      gzipSync(serving.subarray(5)),
    ]),
    headers: { 'grpc-encoding': 'gzip' },
  }),
  'names a compression, and uses none': says({ headers: { 'grpc-encoding': 'gzip' } }),
  'names a compression that is not known, and uses none': says({ headers: { 'grpc-encoding': 'odd' } }),
  'sets the flag of compression without a name': says({ data: Buffer.from([1, 0, 0, 0, 2, 8, 1]) }),
  'sets a flag of a message that is not known': says({ data: Buffer.from([2, 0, 0, 0, 2, 8, 1]) }),
  'says SERVING, and then an error': says({ trailers: statusOf('13') }),
  'says SERVING, and no trailers': says({ trailers: undefined }),
  'says SERVING, and trailers without a grpc-status': says({ trailers: { 'x-odd': '1' } }),
  'says grpc-status in the headers, and again in the trailers': says({ headers: { 'grpc-status': '0' } }),
  'says another grpc-status in the headers than in the trailers': says({ headers: { 'grpc-status': '13' } }),
  'has a grpc-message of 5 KB': says({ trailers: statusOf('2', 'a'.repeat(5_000)) }),
  'has a grpc-message in percent signs': says({ trailers: statusOf('2', '%C3%A4%0A%zz') }),
  'has 100 headers': says({
    headers: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x-${at}`, 'a'.repeat(50)])),
  }),
  'has a header of 30 KB': says({ headers: { 'x-long': 'a'.repeat(30_000) } }),
  'has trailers of 30 KB': says({ trailers: { ...ended, 'x-long': 'a'.repeat(30_000) } }),
  'has a binary header': says({ headers: { 'x-odd-bin': 'AAEC' } }),
  'has a binary header that is no base64': says({ headers: { 'x-odd-bin': '***' } }),
  'answers with the content type application/grpc+proto': says({
    headers: { 'content-type': 'application/grpc+proto' },
  }),
  'answers with the content type application/grpc;charset=x': says({
    headers: { 'content-type': 'application/grpc;charset=x' },
  }),
  'answers with the content type application/grpc-web': says({ headers: { 'content-type': 'application/grpc-web' } }),
  'answers with the content type application/json': says({ headers: { 'content-type': 'application/json' } }),
  'answers with the content type text/html': says({ headers: { 'content-type': 'text/html' } }),
  'answers without a content type': says({ headers: { 'content-type': '' } }),
  'answers with upper case in the content type': says({ headers: { 'content-type': 'Application/gRPC' } }),
  'answers a call after 1.4 of 2 seconds': says({ afterMs: 1_400 }),
  'answers a call after 2.6 of 2 seconds': says({ afterMs: 2_600 }),
  'never answers a call': onStream(() => {}),
  'sends headers, and never its message': onStream((stream) =>
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }),
  ),
  'sends its message, and never its trailers': onStream((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(serving);
  }),
  'gives SERVING in single bytes': onStream((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(ended));
    for (const byte of serving) stream.write(Buffer.from([byte]));
    stream.end();
  }),
};

const names =
  `OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED
   FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED`.split(/\s+/);

const grpc = { scheme: 'grpc' } as const;

/** Those of a library, as users have them. */
const real: readonly Row[] = [
  { what: "is a server of gRPC's library that serves", ...grpc, start: () => startGrpc({ '': 'SERVING' }) },
  { what: "is a server of gRPC's library without a health service", ...grpc, start: () => startGrpc(undefined) },
  {
    what: "is a server of gRPC's library with a service that serves, and is asked for it",
    ...grpc,
    path: '/shop.Cart',
    start: () => startGrpc({ 'shop.Cart': 'SERVING' }),
  },
  {
    what: "is a server of gRPC's library with a service that does not serve, and is asked for it",
    ...grpc,
    path: '/shop.Cart',
    start: () => startGrpc({ '': 'SERVING', 'shop.Cart': 'NOT_SERVING' }),
  },
  {
    what: "is a server of gRPC's library, and is asked for a service that it does not know",
    ...grpc,
    path: '/shop.Till',
    start: () => startGrpc({ '': 'SERVING' }),
  },
  { what: "is a server of gRPC's library over TLS", ...grpc, start: () => startGrpc({ '': 'SERVING' }, usual()) },
  {
    what: "is a server of gRPC's library over TLS, and is asked with `tls`",
    ...grpc,
    options: 'tls',
    start: () => startGrpc({ '': 'SERVING' }, usual()),
    why: 'The kubelet cannot speak TLS to gRPC. The agent has `tls`.',
  },
];

export const grpcServers: readonly Row[] = [
  ...real,
  ...rowsOf('grpc', Object.entries(rows), {
    'has a binary header that is no base64': 'The agent reads no header that it does not need.',
  }),
  ...rowsOf(
    'grpc',
    names.map((name, code) => [`ends the call with grpc-status ${code}, ${name}`, trailersOnly(statusOf(`${code}`))]),
  ),
  ...rowsOf(
    'grpc',
    ['17', '99', '-1', 'x', ' 0', '00', '0x0', ''].map((code) => [
      `ends the call with the grpc-status "${code}"`,
      trailersOnly(statusOf(code)),
    ]),
  ),
  ...rowsOf(
    'grpc',
    [204, 302, 400, 401, 403, 404, 407, 429, 500, 502, 503, 504].map((status) => [
      `answers the call with the HTTP status ${status}`,
      trailersOnly({ ':status': status, 'content-type': 'text/html' }),
    ]),
  ),
  {
    what: 'answers the call with SERVING and the HTTP status 503',
    ...grpc,
    start: says({ headers: { ':status': 503 } }),
  },
  {
    what: 'speaks HTTP/1.1, and is asked by gRPC',
    ...grpc,
    start: meets((socket) => void socket.end(plainly('HTTP/1.1 400 Bad Request'))),
  },
  {
    what: 'waits for a request of HTTP/1.1, and is asked by gRPC',
    ...grpc,
    start: answers(plainly('HTTP/1.1 505 Odd')),
  },
  { what: 'speaks HTTPS, and is asked by gRPC', ...grpc, start: answersOverTls(usual) },
  { what: 'closes at once, and is asked by gRPC', ...grpc, start: meets((socket) => void socket.end()) },
  { what: 'says nothing, and is asked by gRPC', ...grpc, start: meets((socket) => void socket.resume()) },
  {
    what: 'sends random bytes, and is asked by gRPC',
    ...grpc,
    start: meets((socket) => void socket.end(Buffer.from('\x7f\0\x9c odd bytes, and no frame'))),
  },
];
