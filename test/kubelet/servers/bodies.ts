import { gzipSync } from 'node:zlib';
import { type Answer, answering, plainly, pour, rawly, writeSlowly } from '../listen.ts';
import { type Row, rowsOf } from '../row.ts';

const chunked = (body: string, head = 'HTTP/1.1 200 OK'): string => rawly(`${head}\nTransfer-Encoding: chunked`, body);
const zipped = gzipSync('well'.repeat(100));

const rows: Readonly<Record<string, Answer>> = {
  'has a body of 10,240 bytes': plainly('HTTP/1.1 200 OK', 'a'.repeat(10_240)),
  'has a body of 10,241 bytes': plainly('HTTP/1.1 200 OK', 'a'.repeat(10_241)),
  'has a body of 10 MB': plainly('HTTP/1.1 200 OK', 'a'.repeat(10_000_000)),
  'gives 500 with a body of 10 MB': plainly('HTTP/1.1 500 Odd', 'a'.repeat(10_000_000)),
  'has no body': plainly('HTTP/1.1 200 OK', ''),
  'has a body of NUL bytes': plainly('HTTP/1.1 200 OK', '\0'.repeat(100)),
  'has a body without a length, and closes': rawly('HTTP/1.1 200 OK', 'ok'),
  'has a body without a length, and is reset': (socket) => {
    socket.write(rawly('HTTP/1.1 200 OK', 'ok'));
    setTimeout(() => socket.resetAndDestroy(), 100);
  },
  'gives 204 with a body': plainly('HTTP/1.1 204 No Content', 'well'),
  'gives 304 with a Content-Length and no body': rawly('HTTP/1.1 304 Not Modified\nContent-Length: 100'),
  'sends chunks': chunked('2\r\nok\r\n0\r\n\r\n'),
  'sends chunks of one byte': chunked(`${'1\r\na\r\n'.repeat(1_000)}0\r\n\r\n`),
  'sends chunks with extensions and trailers': chunked('2;a="b"\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n'),
  'sends chunks of upper case and leading zeros': chunked('000A\r\n0123456789\r\n0\r\n\r\n'),
  'sends chunks and no last one': chunked('2\r\nok\r\n'),
  'sends a chunk that is cut short': chunked('a\r\nok'),
  'sends a chunk whose length is no number': chunked('zz\r\nok\r\n0\r\n\r\n'),
  'sends a chunk whose length is negative': chunked('-2\r\nok\r\n0\r\n\r\n'),
  'sends a chunk longer than any memory': chunked('ffffffffffffffff\r\nok'),
  'sends chunks and a Content-Length': rawly(
    'HTTP/1.1 200 OK\nContent-Length: 2\nTransfer-Encoding: chunked',
    '2\r\nok\r\n0\r\n\r\n',
  ),
  'has a Transfer-Encoding that is not known': rawly('HTTP/1.1 200 OK\nTransfer-Encoding: odd', 'ok'),
  'has the Transfer-Encoding gzip, chunked': chunked('2\r\nok\r\n0\r\n\r\n').replace('chunked', 'gzip, chunked'),
  'has the Transfer-Encoding identity': rawly('HTTP/1.1 200 OK\nTransfer-Encoding: identity', 'ok'),
  'says a longer Content-Length than its body has, and closes': rawly('HTTP/1.1 200 OK\nContent-Length: 10', 'ok'),
  'says a longer Content-Length than its body has, and waits': (socket) =>
    void socket.write(rawly('HTTP/1.1 200 OK\nContent-Length: 10', 'ok')),
  'says a shorter Content-Length than its body has': rawly('HTTP/1.1 200 OK\nContent-Length: 1', 'okokok'),
  'gives 500 with a body that is cut short': rawly('HTTP/1.1 500 Odd\nContent-Length: 10', 'ok'),
  'gives 500, and waits in the midst of its body': (socket) =>
    void socket.write(rawly('HTTP/1.1 500 Odd\nContent-Length: 10', 'ok')),
  'has an empty Content-Length': rawly('HTTP/1.1 200 OK\nContent-Length:', 'ok'),
  'has a Content-Length that is no number': rawly('HTTP/1.1 200 OK\nContent-Length: x', 'ok'),
  'has a negative Content-Length': rawly('HTTP/1.1 200 OK\nContent-Length: -1', 'ok'),
  'has a Content-Length beyond 64 bits': rawly('HTTP/1.1 200 OK\nContent-Length: 99999999999999999999', 'ok'),
  'has the same Content-Length twice': rawly('HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 2', 'ok'),
  'has two Content-Lengths': rawly('HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3', 'ok'),
  'has the Content-Length 2, 2': rawly('HTTP/1.1 200 OK\nContent-Length: 2, 2', 'ok'),
  'compresses its body, which nobody asked for': (socket) =>
    socket.end(
      Buffer.concat([
        Buffer.from(rawly(`HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: ${zipped.length}`)),
        zipped,
      ]),
    ),
  'says that its body is compressed, which it is not': plainly('HTTP/1.1 200 OK\nContent-Encoding: gzip'),
  'has a body without end': (socket) => {
    socket.write(rawly('HTTP/1.1 200 OK'));
    pour(socket, 'a'.repeat(16_384));
  },
  'has a body without end, in chunks': (socket) => {
    socket.write(chunked(''));
    pour(socket, `4000\r\n${'a'.repeat(16_384)}\r\n`);
  },
  'has a body without end, a byte each 100 ms': (socket) => {
    socket.write(rawly('HTTP/1.1 200 OK'));
    writeSlowly(socket, Array<string>(100).fill('a'), 100);
  },
  'streams events, and waits for more': (socket) =>
    void socket.write(rawly('HTTP/1.1 200 OK\nContent-Type: text/event-stream', 'data: 1\n\n')),
  'sends another response behind the first': plainly('HTTP/1.1 200 OK') + plainly('HTTP/1.1 500 Odd'),
};

const ownWord = 'The status is the word of the application. The kubelet gives no verdict before it has read the body.';

const reasons: Readonly<Record<string, string>> = {
  'gives 500 with a body that is cut short': ownWord,
  'gives 500, and waits in the midst of its body': ownWord,
};

export const bodies: readonly Row[] = rowsOf('http', answering(rows), reasons);
