import { type Answer, answering, meets, plainly, pour, rawly } from '../listen.ts';
import { type Row, rowsOf } from '../row.ts';

const ok = 'HTTP/1.1 200 OK';
const withHeader = (line: string): string => plainly(`${ok}\n${line}`);

const rows: Readonly<Record<string, Answer>> = {
  'has a header of 8 KB': withHeader(`X-Long: ${'a'.repeat(8_192)}`),
  'has a header of 64 KB': withHeader(`X-Long: ${'a'.repeat(65_536)}`),
  'has a header of 1 MB': withHeader(`X-Long: ${'a'.repeat(1_048_576)}`),
  'has a header of 11 MB': withHeader(`X-Long: ${'a'.repeat(11 * 1_048_576)}`),
  'has 1,000 headers': plainly([ok, ...Array.from({ length: 1_000 }, (_, at) => `X-${at}: a`)].join('\n')),
  'has 100,000 headers': plainly([ok, ...Array.from({ length: 100_000 }, (_, at) => `X-${at}: a`)].join('\n')),
  'has headers without end': (socket) => {
    socket.write(`${ok}\r\n`);
    pour(socket, 'X-A: b\r\n'.repeat(1_000));
  },
  'has a status line without end': (socket) => {
    socket.write(`${ok} `);
    pour(socket, 'a'.repeat(16_384));
  },
  'has a reason phrase of 16 KB': plainly(`HTTP/1.1 200 ${'a'.repeat(16_384)}`),
  'has no reason phrase': plainly('HTTP/1.1 200 '),
  'has no reason phrase and no space before it': plainly('HTTP/1.1 200'),
  'has two spaces before the status': plainly('HTTP/1.1  200 OK'),
  'has a tab before the status': plainly('HTTP/1.1\t200 OK'),
  'has a reason phrase of letters that are no ASCII': plainly('HTTP/1.1 200 \u00e4\u00f6'),
  'has a reason phrase with control characters': plainly('HTTP/1.1 200 \u001b[2J\u0007'),
  'has a header without a colon': withHeader('this is no header'),
  'has a header without a name': withHeader(': value'),
  'has a header without a value': withHeader('X-Empty:'),
  'has a space before the colon': withHeader('X-Odd : value'),
  'has a space in the name of a header': withHeader('X Odd: value'),
  'has a name that is no ASCII': withHeader('X-\u00c4: value'),
  'has a value that is no ASCII': withHeader('X-Odd: \u00e4'),
  'has a NUL in a value': withHeader('X-Odd: a\0b'),
  'has a carriage return in a value': withHeader('X-Odd: a\rb'),
  'has a header that goes on in the next line': withHeader('X-Odd: a\n  b'),
  'has a first header that begins with a space': withHeader(' X-Odd: a'),
  'ends its lines with LF alone': plainly(ok).replaceAll('\r', ''),
  'ends its lines with CR alone': plainly(ok).replaceAll('\n', ''),
  'ends some of its lines with LF alone': `${ok}\nX-A: b\r\nContent-Length: 2\n\r\nok`,
  'speaks HTTP/1.0': plainly('HTTP/1.0 200 OK'),
  'speaks HTTP/1.0 and says no length': rawly('HTTP/1.0 200 OK', 'ok'),
  'speaks HTTP/0.9': '<h1>ok</h1>',
  'speaks HTTP/1.2': plainly('HTTP/1.2 200 OK'),
  'speaks HTTP/2.0 in the words of HTTP/1': plainly('HTTP/2.0 200 OK'),
  'speaks HTTP/3 in the words of HTTP/1': plainly('HTTP/3 200 OK'),
  'speaks HTTP/1': plainly('HTTP/1 200 OK'),
  'speaks HTTP/11.1': plainly('HTTP/11.1 200 OK'),
  'speaks http/1.1 in lower case': plainly('http/1.1 200 OK'),
  'speaks ICY, as Shoutcast does': plainly('ICY 200 OK'),
  'speaks RTSP': plainly('RTSP/1.0 200 OK'),
  'speaks SIP': plainly('SIP/2.0 200 OK'),
  'has an empty line before its status line': `\r\n${plainly(ok)}`,
  'has two empty lines before its status line': `\r\n\r\n${plainly(ok)}`,
  'has a space before its status line': ` ${plainly(ok)}`,
  'has a byte order mark before its status line': `\ufeff${plainly(ok)}`,
  'has a status line and nothing more, and closes': `${ok}\r\n`,
  'ends in the midst of its headers': `${ok}\r\nX-A: b\r\nX-`,
  'ends in the midst of its status line': 'HTTP/1.1 20',
  'gives 500, and ends in the midst of its headers': 'HTTP/1.1 500 Odd\r\nX-A: b\r\nX-',
  'waits in the midst of its headers': (socket) => void socket.write(`${ok}\r\nX-A: b\r\n`),
  'sends a banner of SSH': 'SSH-2.0-OpenSSH_9.2p1\r\n',
  'sends an error of Redis': '-ERR unknown command\r\n',
  'sends random bytes': Buffer.from(
    Array.from({ length: 512 }, (_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 13) & 255),
  ),
  'sends NUL bytes': Buffer.alloc(512),
};

/** The settings of a server of HTTP/2 that wants no HTTP/1. */
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const goaway = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

export const heads: readonly Row[] = [
  ...rowsOf('http', answering(rows)),
  {
    what: 'speaks HTTP/2 only, and says so by its first frame',
    scheme: 'http',
    start: meets((socket) => {
      socket.resume();
      socket.end(Buffer.concat([settings, goaway]));
    }),
  },
];
