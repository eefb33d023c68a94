import type { Socket } from 'node:net';
import { answersInFrames, block, frame } from '../http2-frames.ts';
import { meets } from '../listen.ts';
import { type Row, type Start, rowsOf } from '../row.ts';
import { health } from './grpc.ts';

const endHeaders = 4;
const endStream = 1;
const padded = 8;
const usual = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
] as const;
const head = block(usual);
const trailers = block([['grpc-status', '0']]);
const serving = health(1);

/** An answer of SERVING, in the frames that it mostly has. */
const answer = (stream: number): Buffer =>
  Buffer.concat([
    frame('headers', endHeaders, stream, head),
    frame('data', 0, stream, serving),
    frame('headers', endHeaders | endStream, stream, trailers),
  ]);

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const resets =
  (code: number) =>
  (socket: Socket, stream: number): void =>
    void socket.write(frame('resetStream', 0, stream, number(code)));
const goesAway =
  (last: number, code: number) =>
  (socket: Socket): void =>
    void socket.end(frame('goaway', 0, 0, Buffer.concat([number(last), number(code)])));

/** A setting (RFC 9113 §6.5.2). */
const setting = (id: number, value: number): number[] => [0, id, ...number(value)];

const codes = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

const rows: Readonly<Record<string, Start>> = {
  'answers SERVING in plain frames': answersInFrames((socket, stream) => void socket.write(answer(stream))),
  'answers SERVING, and goes away': answersInFrames(
    (socket, stream) =>
      void socket.end(Buffer.concat([answer(stream), frame('goaway', 0, 0, [...number(stream), ...number(0)])])),
  ),
  'goes away after this call, and answers it': answersInFrames(
    (socket, stream) =>
      void socket.write(Buffer.concat([frame('goaway', 0, 0, [...number(stream), ...number(0)]), answer(stream)])),
  ),
  'goes away before this call with NO_ERROR': answersInFrames(goesAway(0, 0)),
  'goes away before this call with ENHANCE_YOUR_CALM': answersInFrames(goesAway(0, 11)),
  'goes away before this call with INTERNAL_ERROR': answersInFrames(goesAway(0, 2)),
  'goes away at once, before it hears of a call': meets((socket) => {
    socket.resume();
    socket.end(Buffer.concat([frame('settings', 0, 0), frame('goaway', 0, 0, Buffer.alloc(8))]));
  }),
  'answers, and resets the connection': answersInFrames(
    (socket, stream) => void socket.write(answer(stream), () => socket.resetAndDestroy()),
  ),
  'closes the connection when a call comes': answersInFrames((socket) => void socket.end()),
  'resets the connection when a call comes': answersInFrames((socket) => void socket.resetAndDestroy()),
  'answers SERVING, and resets the stream with NO_ERROR': answersInFrames(
    (socket, stream) => void socket.write(Buffer.concat([answer(stream), frame('resetStream', 0, stream, number(0))])),
  ),
  'sends its settings a thousand times': answersInFrames(
    (socket, stream) =>
      void socket.write(Buffer.concat([...Array<Buffer>(1_000).fill(frame('settings', 0, 0)), answer(stream)])),
  ),
  'sends a thousand pings': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([...Array<Buffer>(1_000).fill(frame('ping', 0, 0, Buffer.alloc(8))), answer(stream)]),
      ),
  ),
  'sends a ping, and answers': answersInFrames(
    (socket, stream) => void socket.write(Buffer.concat([frame('ping', 0, 0, Buffer.alloc(8)), answer(stream)])),
  ),
  'sends frames that are not known': answersInFrames((socket, stream) => {
    const odd = frame('settings', 0, 0);
    odd.writeUInt8(0xfa, 3);
    socket.write(Buffer.concat([odd, answer(stream)]));
  }),
  'has settings that are not known': answersInFrames(
    (socket, stream) => void socket.write(answer(stream)),
    setting(0x99, 1),
  ),
  'lets no stream in at first (SETTINGS_MAX_CONCURRENT_STREAMS 0)': answersInFrames(
    (socket, stream) => void socket.write(answer(stream)),
    setting(3, 0),
  ),
  'lets no data in (SETTINGS_INITIAL_WINDOW_SIZE 0)': answersInFrames(
    (socket, stream) => void socket.write(answer(stream)),
    setting(4, 0),
  ),
  'takes frames of a size that is not allowed (SETTINGS_MAX_FRAME_SIZE 1)': answersInFrames(
    (socket, stream) => void socket.write(answer(stream)),
    setting(5, 1),
  ),
  'takes headers of 16 bytes (SETTINGS_MAX_HEADER_LIST_SIZE)': answersInFrames(
    (socket, stream) => void socket.write(answer(stream)),
    setting(6, 16),
  ),
  'pads its frames': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([
          frame('headers', endHeaders | padded, stream, [3, ...head, 0, 0, 0]),
          frame('data', padded, stream, [2, ...serving, 0, 0]),
          frame('headers', endHeaders | endStream, stream, trailers),
        ]),
      ),
  ),
  'continues its headers in frames of one byte': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([
          frame('headers', 0, stream, head.subarray(0, 1)),
          ...[...head.subarray(1)].map((byte, at) =>
            frame('continuation', at === head.length - 2 ? endHeaders : 0, stream, [byte]),
          ),
          frame('data', 0, stream, serving),
          frame('headers', endHeaders | endStream, stream, trailers),
        ]),
      ),
  ),
  'has a header of 300 KB': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([
          frame('headers', 0, stream, head),
          ...Array<Buffer>(20).fill(frame('continuation', 0, stream, block([['x-long', 'a'.repeat(15_000)]]))),
          frame('continuation', endHeaders, stream),
          frame('data', 0, stream, serving),
          frame('headers', endHeaders | endStream, stream, trailers),
        ]),
      ),
  ),
  'never ends its headers': answersInFrames((socket, stream) => {
    socket.write(frame('headers', 0, stream, head));
    const more = frame('continuation', 0, stream, block([['x-odd', 'a'.repeat(1_000)]]));
    const timer = setInterval(() => socket.write(Buffer.concat(Array<Buffer>(10).fill(more))), 5);
    socket.on('close', () => clearInterval(timer));
  }),
  'compresses its headers wrongly': answersInFrames(
    (socket, stream) => void socket.write(frame('headers', endHeaders, stream, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
  ),
  'sends a name in upper case': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([
          frame('headers', endHeaders, stream, block([...usual, ['X-Odd', 'a']])),
          frame('data', 0, stream, serving),
          frame('headers', endHeaders | endStream, stream, trailers),
        ]),
      ),
  ),
  'sends no :status': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([
          frame('headers', endHeaders, stream, block([['content-type', 'application/grpc']])),
          frame('data', 0, stream, serving),
          frame('headers', endHeaders | endStream, stream, trailers),
        ]),
      ),
  ),
  'sends its message before its headers': answersInFrames(
    (socket, stream) => void socket.write(Buffer.concat([frame('data', 0, stream, serving), answer(stream)])),
  ),
  'sends 103 before its headers': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([frame('headers', endHeaders, stream, block([[':status', '103']])), answer(stream)]),
      ),
  ),
  'sends data of a stream that nobody opened': answersInFrames(
    (socket, stream) => void socket.write(Buffer.concat([frame('data', 0, stream + 98, serving), answer(stream)])),
  ),
  'pushes a stream': answersInFrames(
    (socket, stream) =>
      void socket.write(
        Buffer.concat([frame('pushPromise', endHeaders, stream, [...number(2), ...head]), answer(stream)]),
      ),
  ),
  'sends a frame that is longer than allowed': answersInFrames(
    (socket, stream) => void socket.write(frame('data', 0, stream, Buffer.alloc(20_000))),
  ),
  'opens a window of 0 (WINDOW_UPDATE)': answersInFrames(
    (socket, stream) => void socket.write(Buffer.concat([frame('windowUpdate', 0, stream, number(0)), answer(stream)])),
  ),
  'begins with an acknowledgement of settings': meets((socket) => {
    socket.resume();
    socket.write(frame('settings', 1, 0));
  }),
  'begins with a ping': meets((socket) => {
    socket.resume();
    socket.write(frame('ping', 0, 0, Buffer.alloc(8)));
  }),
  'says its settings, and no more': meets((socket) => {
    socket.resume();
    socket.write(frame('settings', 0, 0));
  }),
};

const beforeSettings = 'The agent asks before it has read the settings, and is answered.';

export const grpcFrames: readonly Row[] = [
  ...rowsOf('grpc', Object.entries(rows), {
    'lets no stream in at first (SETTINGS_MAX_CONCURRENT_STREAMS 0)': beforeSettings,
    'takes headers of 16 bytes (SETTINGS_MAX_HEADER_LIST_SIZE)': beforeSettings,
  }),
  ...rowsOf(
    'grpc',
    codes.map((name, code) => [`resets the stream with ${name}`, answersInFrames(resets(code))]),
  ),
];
