import { type Answer, answering, answers, meets, plainly, writeSlowly } from '../listen.ts';
import { type Listening, type Row, type Start, rowsOf } from '../row.ts';

const ok = plainly('HTTP/1.1 200 OK');
const bytesOf = (text: string): string[] => [...text];

/** Takes no request of this Host. */
function notAs(host: string): Answer {
  return (socket, request) =>
    socket.end(request.includes(`Host: ${host}`) ? plainly('HTTP/1.1 421 Misdirected Request') : ok);
}

const rows: Readonly<Record<string, Answer>> = {
  'closes after the request, without an answer': '',
  'resets the connection after the request': (socket) => void socket.resetAndDestroy(),
  'answers, and resets the connection at once': (socket) => void socket.write(ok, () => socket.resetAndDestroy()),
  'answers 503, and resets the connection at once': (socket) =>
    void socket.write(plainly('HTTP/1.1 503 Odd'), () => socket.resetAndDestroy()),
  'answers, and keeps the connection open': (socket) => void socket.write(ok),
  'answers with Connection: keep-alive, and keeps the connection open': (socket) =>
    void socket.write(plainly('HTTP/1.1 200 OK\nConnection: keep-alive')),
  'answers 503, and keeps the connection open': (socket) => void socket.write(plainly('HTTP/1.1 503 Odd')),
  'answers a byte each 5 ms': (socket) => writeSlowly(socket, bytesOf(ok), 5),
  'answers a byte each second': (socket) => writeSlowly(socket, bytesOf(ok), 1_000),
  'answers 503 a byte each 5 ms': (socket) => writeSlowly(socket, bytesOf(plainly('HTTP/1.1 503 Odd')), 5),
  'answers in two parts, a second apart': (socket) => writeSlowly(socket, [ok.slice(0, 20), ok.slice(20)], 500),
  'never answers': () => {},
  'answers after 1.4 of 2 seconds': (socket) => void setTimeout(() => socket.end(ok), 1_400),
  'answers 503 after 1.4 of 2 seconds': (socket) =>
    void setTimeout(() => socket.end(plainly('HTTP/1.1 503 Odd')), 1_400),
  'answers after 2.6 of 2 seconds': (socket) => void setTimeout(() => socket.end(ok), 2_600),
  'gives its status in time, and its headers too late': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    setTimeout(() => socket.end('Content-Length: 2\r\n\r\nok'), 2_600);
  },
  'gives its headers in time, and its body too late': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    setTimeout(() => socket.end('ok'), 2_600);
  },
  'gives 503 in time, and its body too late': (socket) => {
    socket.write('HTTP/1.1 503 Odd\r\nContent-Length: 2\r\n\r\n');
    setTimeout(() => socket.end('ok'), 2_600);
  },
  'gives its whole body in time, and never closes': (socket) =>
    void setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 1_000),
  'gives 100 in time, and 200 too late': (socket) => {
    socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    setTimeout(() => socket.end(ok), 2_600);
  },
  'refuses a request whose Host is an address': notAs('127.0.0.1'),
  'wants a User-Agent': (socket, request) =>
    socket.end(/^user-agent: \S/im.test(request) ? ok : plainly('HTTP/1.1 403 Forbidden')),
  'wants an Accept': (socket, request) =>
    socket.end(/^accept: \*\/\*/im.test(request) ? ok : plainly('HTTP/1.1 406 Not Acceptable')),
  'refuses a request with a body': (socket, request) =>
    socket.end(/^(content-length|transfer-encoding):/im.test(request) ? plainly('HTTP/1.1 400 Bad Request') : ok),
};

const reasons: Readonly<Record<string, string>> = {
  'gives 503 in time, and its body too late':
    'The status is the word of the application. The kubelet gives no verdict before it has read the body.',
  'refuses a request whose Host is an address':
    'The agent asks for localhost, and the kubelet for the address of the Pod.',
};

const early: Readonly<Record<string, Parameters<typeof meets>[0]>> = {
  'closes the connection at once': (socket) => void socket.end(),
  'resets the connection at once': (socket) => void socket.resetAndDestroy(),
  'answers before the request, and reads it': (socket) => {
    socket.resume();
    socket.end(ok);
  },
  'answers before the request, and never reads it': (socket) => {
    socket.pause();
    socket.end(ok);
  },
  'answers 408 before the request, and closes': (socket) => {
    socket.resume();
    socket.end(plainly('HTTP/1.1 408 Request Timeout'));
  },
  'answers 503 before the request, and closes': (socket) => {
    socket.resume();
    socket.end(plainly('HTTP/1.1 503 Service Unavailable'));
  },
  'ends its half of the connection at once, and waits': (socket) => {
    socket.resume();
    socket.end();
  },
  'accepts and is silent': (socket) => void socket.resume(),
};

/** A port on which nothing listens any more. */
const nobody: Start = async () => {
  const listening: Listening = await meets((socket) => void socket.end())();
  await listening.stop();
  return { port: listening.port, stop: async () => {} };
};

/** Gives 404 for any other path. */
const onlyAt =
  (path: string): Answer =>
  (socket, request) =>
    socket.end(request.startsWith(`GET ${path} `) ? ok : plainly('HTTP/1.1 404 Not Found'));

const http = { scheme: 'http' } as const;

export const connections: readonly Row[] = [
  ...rowsOf('http', answering(rows), reasons),
  ...rowsOf(
    'http',
    Object.entries(early).map(([what, act]) => [what, meets(act)]),
  ),
  {
    what: 'refuses a request whose Host is localhost, and is asked with `host-header`',
    ...http,
    options: 'host-header=127.0.0.1:PORT',
    start: answers(notAs('localhost')),
  },
  {
    what: 'wants the User-Agent of the kubelet, and is asked with it',
    ...http,
    options: 'header.User-Agent=kube-probe/1.36',
    start: answers((socket, request) =>
      socket.end(/^user-agent: kube-probe/im.test(request) ? ok : plainly('HTTP/1.1 403 Forbidden')),
    ),
  },
  { what: 'does not listen', ...http, start: nobody },
  { what: 'listens on ::1', ...http, host: '::1', start: answers(ok, '::1') },
  { what: 'listens on 127.0.0.2', ...http, host: '127.0.0.2', start: answers(ok, '127.0.0.2') },
  { what: 'gives 503 on ::1', ...http, host: '::1', start: answers(plainly('HTTP/1.1 503 Odd'), '::1') },
  { what: 'is asked by its name', ...http, host: 'localhost', start: answers(ok) },
  { what: 'is asked by a name that does not exist', ...http, host: 'no.such.host.invalid', start: answers(ok) },
  { what: 'is asked for a path with a query', ...http, path: '/a?b=c', start: answers(onlyAt('/a?b=c')) },
  { what: 'is asked for a path with a space', ...http, path: '/a%20b', start: answers(onlyAt('/a%20b')) },
];
