import fc from 'fast-check';
import { type Body, damaged, good } from './hostile-bodies.ts';
import type { Manner } from './wire.ts';

/** Bytes for a connection of their own. */
export type Call = Body & Manner;

const body = JSON.stringify(good);
const length = Buffer.byteLength(body);
const call = (name: string, text: string | Buffer, manner: Manner = {}): Call => ({
  name: `${name}: ${text.toString('latin1').slice(0, 60)}`,
  // What is not ASCII in these texts is meant as bytes.
  bytes: typeof text === 'string' ? Buffer.from(text, 'latin1') : text,
  ...manner,
});

/** A call of `/mutate` with these lines of the head besides the usual ones. */
const head = (lines: readonly string[], first = 'POST /mutate?timeout=3s HTTP/1.1'): string =>
  `${[first, 'Host: localhost', 'Content-Type: application/json', ...lines].join('\r\n')}\r\n\r\n`;
const chunked = head(['Transfer-Encoding: chunked']);
const usual = `Content-Length: ${length}`;

const methods = [
  'GET',
  'HEAD',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PRI',
  'PROPFIND',
  'post',
  'X',
];
const paths = [
  '/mutate',
  '/mutate/',
  '/MUTATE',
  '/mutate%2f',
  '/%',
  '/%00',
  '/%ff%fe',
  '/../../etc/passwd',
  '//mutate',
  '//[',
  '///',
  '*',
  '?',
  'mutate',
  'https://other.example/mutate',
  'https://[::1',
  'http://a:99999999/mutate',
  '/__proto__',
  '/constructor/prototype',
  '/mutate?__proto__[a]=b',
  `/mutate?${'a&'.repeat(3_000)}`,
  `/${'x'.repeat(8_000)}`,
  `/${'x'.repeat(20_000)}`,
  '/\xff\xfe',
  '/livez/..',
  '/metrics;x',
];

/** Every method on every path, and a good review posted to each. */
export const wrongPlaces = (): Call[] =>
  paths.flatMap((path) =>
    methods
      .map((method) => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      .concat(head([usual], `POST ${path} HTTP/1.1`) + body, head([usual], `POST ${path} HTTP/1.0`) + body)
      .map((text) => call('place', text)),
  );

const contentTypes = [
  '',
  'application/jsonp',
  'application/json-patch+json',
  'application/json;charset=utf-16',
  'APPLICATION/JSON',
  'application/json, text/plain',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/vnd.kubernetes.protobuf',
  '\xff',
  `application/json;${'a=b;'.repeat(2_000)}`,
  `${'application/json'.repeat(1_500)}`,
  `application/json${' '.repeat(10_000)}x`,
  '__proto__',
];
const fields = [
  ...['gzip', 'br', 'identity', 'identity, identity', '', '\xff'].map((coding) => `Content-Encoding: ${coding}`),
  ...['', '-1', '+1', '1e3', '0x10', ' ', '9'.repeat(30), '18446744073709551617', '1, 2', '3;'].map(
    (number) => `Content-Length: ${number}`,
  ),
  ...['gzip', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'identity', 'xchunked', '', 'chunked\r\n ,x'].map(
    (coding) => `Transfer-Encoding: ${coding}`,
  ),
  ...['100-continue', '200-ok', '', 'x'.repeat(1_000)].map((expected) => `Expect: ${expected}`),
  ...['h2c', 'websocket', 'TLS/1.0'].map((protocol) => `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}`),
  ...['close, keep-alive', 'x', 'Host', '\xff'].map((word) => `Connection: ${word}`),
  ...['00-0-0-0', '\xff', 'x'.repeat(5_000), `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`].map(
    (parent) => `traceparent: ${parent}`,
  ),
  'Host: other',
  'Host:',
  ' Folded: x',
  'No colon',
  ': no name',
  'Sp ace: x',
  'Nul: \0',
  'Lone: a\rb',
  'A: \x7f',
  '__proto__: x\r\nconstructor: y\r\nhasOwnProperty: z',
  `X-Long: ${'x'.repeat(15_000)}`,
  `X-Longer: ${'x'.repeat(20_000)}`,
  `X-Longest: ${'x'.repeat(1_000_000)}`,
  Array.from({ length: 900 }, (_, index) => `X${index}: y`).join('\r\n'),
  Array.from({ length: 5_000 }, (_, index) => `X${index}: y`).join('\r\n'),
  `${'Cookie: a=b\r\n'.repeat(500)}Cookie: c`,
];

/** Heads that say what is not so, or say it in no way that HTTP has. */
export const wrongHeads = (): Call[] => [
  ...contentTypes.map((type) =>
    call('type', `POST /mutate HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n${usual}\r\n\r\n${body}`),
  ),
  ...fields.flatMap((line) => [
    call('field', head([line, usual]) + body),
    call('field', head([usual, line]) + body),
    call('field', head([line]) + body),
    call('field', head([line, 'Transfer-Encoding: chunked']) + `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`),
    call('field', `GET /livez HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`),
  ]),
  ...[
    'HTTP/1.0',
    'HTTP/0.9',
    'HTTP/2.0',
    'HTTP/9.9',
    'HTTP/1',
    'HTTP/11',
    'http/1.1',
    'ICY/1.1',
    '',
    'HTTP/1.1 x',
  ].flatMap((version) => [
    call('version', head([usual], `POST /mutate ${version}`) + body),
    call('version', `GET /readyz ${version}\r\n\r\n`),
    call('version', `POST /mutate ${version}\n\n`),
  ]),
  ...damaged(Buffer.from(head([usual]) + body.slice(0, 40)), 200, 7),
];

/** Bodies that are framed wrongly: shorter or longer than was said, or in chunks that are none. */
export const wrongFrames = (): Call[] => [
  ...[-1, 1, 2, 10, 1_000, 1_000_000].map((more) => call('length', head([`Content-Length: ${length + more}`]) + body)),
  ...[0, 1, 2, 10].map((less) => call('length', head([`Content-Length: ${less}`]) + body)),
  ...[0, 1, 2, 10, 100, 200].map((end) => call('cut', Buffer.from(head([usual])).subarray(0, -1 - end))),
  ...[0, 1, 10, 100, 1_000].map((end) => call('cut', head([usual]) + body.slice(0, end))),
  ...[
    '',
    'zz\r\n',
    '-1\r\n',
    '0',
    '0\r\n',
    '0\r\nx',
    '5\r\nab',
    '1\r\nabc\r\n0\r\n\r\n',
    '1;x="\r\n',
    'ffffffffffffffff\r\n',
  ].map((text) => call('chunk', chunked + text)),
  ...['0x5', '5 ', ' 5', '+5', '5;', `5;${'x'.repeat(20_000)}`, '00000000000000000005', '5\n', '1e1', '\xff'].map(
    (size) => call('chunk', `${chunked}${size}\r\n[1,2]\r\n0\r\n\r\n`),
  ),
  call('trailer', `${chunked}2\r\n{}\r\n0\r\n__proto__: x\r\nContent-Length: 5\r\n\r\n`),
  call('trailer', `${chunked}2\r\n{}\r\n0\r\n${'X: y\r\n'.repeat(5_000)}\r\n`),
  call('chunks of a byte', `${chunked}${[...body].map((letter) => `1\r\n${letter}\r\n`).join('')}0\r\n\r\n`),
  call('too large', Buffer.concat([Buffer.from(head([`Content-Length: ${8 * 2 ** 20}`])), Buffer.alloc(2 ** 20, ' ')])),
  call(
    'too large in chunks',
    Buffer.concat([Buffer.from(`${chunked}800000\r\n`), Buffer.alloc(8 * 2 ** 20, ' '), Buffer.from('\r\n0\r\n\r\n')]),
  ),
  call('lines only', '\r\n'.repeat(10_000)),
  call('HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(9)}`),
  ...fc
    .sample(fc.uint8Array({ minLength: 1, maxLength: 300 }), { seed: 11, numRuns: 100 })
    .map((bytes) => call('noise', Buffer.from(bytes))),
];

const hello = Buffer.from('16030100050100000100', 'hex');

/** What comes to a port of TLS from those who do not speak it, or speak it badly. */
export const withoutTls = (): Call[] =>
  [
    head([usual]) + body,
    'GET /livez HTTP/1.0\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'SSH-2.0-OpenSSH_9.6\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
    '\0'.repeat(1_000),
    '\xff'.repeat(100_000),
    ...['16030100', '1603010000', '160301ffff', '16ffff000501', '150301000202', '1503010002022a', '170303000a'].map(
      (hex) => Buffer.from(hex.padEnd(40, '0'), 'hex'),
    ),
    Buffer.from('802e0100020015000000100100800200800600400400800700c0', 'hex'),
    hello,
    Buffer.concat(Array.from({ length: 500 }, () => hello)),
    ...fc
      .sample(fc.uint8Array({ minLength: 1, maxLength: 600 }), { seed: 13, numRuns: 150 })
      .flatMap((bytes) => [
        Buffer.from(bytes),
        Buffer.concat([Buffer.from([22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3]), bytes]),
      ]),
  ].map((bytes) => call('no TLS', bytes, { isPlain: true }));

/** A few that are slow: a byte at a time, of what is good, what is not and what is no TLS. */
export const slow = (): Call[] => [
  call('slow', 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n', { stepMs: 5 }),
  call('slow', `${head(['Content-Length: 9'])}[1,2,3,4}`, { stepMs: 5 }),
  call('slow', `${chunked}2\r\n{}\r\n0\r\n\r\n`, { stepMs: 5 }),
  call('slow', 'GET /livez HTTP/1.1\r\nHo\0', { stepMs: 5 }),
  call('slow', head([usual]), { stepMs: 5 }),
  call('slow', hello, { stepMs: 20, isPlain: true }),
];
