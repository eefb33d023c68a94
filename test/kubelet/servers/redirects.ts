import type { Socket } from 'node:net';
import { answers, answersOverTls, plainly } from '../listen.ts';
import { usual } from '../certificates.ts';
import type { Row } from '../row.ts';

const follow = 'follow=same-host';
const ok = plainly('HTTP/1.1 200 OK');
const broken = plainly('HTTP/1.1 500 Internal Server Error');

/** Sends `/` elsewhere, with `PORT` for its own port, and answers every other path with `there`. */
const moves =
  (location: string, there = ok, status = '302 Found') =>
  (socket: Socket, request: string): void => {
    const isFirst = /^\w+ \/ /.test(request);
    const to = location.replace('PORT', `${socket.localPort}`);
    socket.end(isFirst ? plainly(`HTTP/1.1 ${status}\nLocation: ${to}`, 'moved') : there);
  };

const loop = (times: number) => (socket: Socket, request: string) => {
  const at = Number(/^\w+ \/(\d*)/.exec(request)?.[1] ?? 0);
  socket.end(at === times ? ok : plainly(`HTTP/1.1 302 Found\nLocation: /${at + 1}`, 'moved'));
};

const followed: Readonly<Record<string, Parameters<typeof answers>[0]>> = {
  'redirects by 301 to a path that gives 200': moves('/there', ok, '301 Moved Permanently'),
  'redirects by 302 to a path that gives 200': moves('/there'),
  'redirects by 303 to a path that gives 200': moves('/there', ok, '303 See Other'),
  'redirects by 307 to a path that gives 200': moves('/there', ok, '307 Temporary Redirect'),
  'redirects by 308 to a path that gives 200': moves('/there', ok, '308 Permanent Redirect'),
  'redirects by 300 to a path that gives 500': moves('/there', broken, '300 Multiple Choices'),
  'gives 399 with the Location of a path that gives 500': moves('/there', broken, '399 Odd'),
  'redirects to a path that gives 500': moves('/there', broken),
  'redirects to a path that gives 401': moves('/login', plainly('HTTP/1.1 401 Unauthorized')),
  'redirects to a path that closes without an answer': moves('/there', ''),
  'redirects to its whole URL': moves('http://127.0.0.1:PORT/there'),
  'redirects to its whole URL, which gives 500': moves('http://127.0.0.1:PORT/there', broken),
  'redirects to a relative path': moves('there/../again'),
  'redirects to a query': moves('?a=b', broken),
  'redirects without a scheme': moves('//127.0.0.1:PORT/there'),
  'redirects with spaces in the URL': moves('/a b'),
  'redirects to letters that are no ASCII': moves('/\u00e4'),
  'redirects with a fragment': moves('/there#part'),
  'redirects to an empty Location': moves(''),
  'redirects without a Location': plainly('HTTP/1.1 302 Found'),
  'redirects by 307 without a Location': plainly('HTTP/1.1 307 Temporary Redirect'),
  'redirects to itself for ever': moves('/'),
  'redirects nine times, then gives 200': loop(9),
  'redirects ten times, then gives 200': loop(10),
  'redirects eleven times, then gives 200': loop(11),
  'redirects to another address of loopback': moves('http://127.0.0.2:PORT/there'),
  'redirects to a name that does not exist': moves('http://no.such.host.invalid/'),
  'redirects to another host that does not answer': moves('http://192.0.2.1/'),
  'redirects to the host of a login page, by HTTPS': moves('https://login.example.invalid/'),
  'redirects to a port where nothing listens': moves('http://127.0.0.1:9/'),
  'redirects to its own port by HTTPS, which it does not speak': moves('https://127.0.0.1:PORT/there'),
  'redirects to a scheme that is not HTTP': moves('ftp://127.0.0.1/there'),
  'redirects to mailto': moves('mailto:a@example.invalid'),
  'redirects with a login in the URL': moves('http://me:horse@127.0.0.1:PORT/there'),
  'redirects to a port that is none': moves('http://127.0.0.1:99999/'),
  'redirects to a URL that is none': moves('http://[::1/'),
  'redirects to a path of 4 KB': moves(`/${'a'.repeat(4_096)}`),
  'has two Locations': (socket, request) =>
    socket.end(/^\w+ \/ /.test(request) ? plainly('HTTP/1.1 302 Found\nLocation: /one\nLocation: /two') : ok),
};

/** The agent asks by the name localhost unless it is told another, and the kubelet by the address of the Pod. */
const asAddress = `${follow}&host-header=127.0.0.1:PORT`;

export const redirects: readonly Row[] = [
  {
    what: 'redirects to another name, which is localhost and gives 200',
    scheme: 'http',
    options: asAddress,
    start: answers(moves('http://localhost:PORT/there')),
  },
  {
    what: 'redirects to another name, which is localhost and gives 500',
    scheme: 'http',
    options: asAddress,
    start: answers(moves('http://localhost:PORT/there', broken)),
  },
  ...Object.entries(followed).map(([what, answer]) => ({
    what,
    scheme: 'http' as const,
    options: follow,
    start: answers(answer),
  })),
  {
    what: 'redirects from HTTPS to a path that gives 500',
    scheme: 'https',
    options: follow,
    start: answersOverTls(usual, moves('/there', broken)),
  },
  {
    what: 'redirects from HTTPS to HTTP on a port where nothing listens',
    scheme: 'https',
    options: follow,
    start: answersOverTls(usual, moves('http://127.0.0.1:9/')),
  },
];
