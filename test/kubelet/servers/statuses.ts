import { answering, plainly, rawly } from '../listen.ts';
import { type Row, rowsOf } from '../row.ts';

const interim: Readonly<Record<string, string>> = {
  'gives 100, then 200': 'HTTP/1.1 100 Continue\r\n\r\n',
  'gives 102, then 200': 'HTTP/1.1 102 Processing\r\n\r\n',
  'gives 103 with headers, then 200': 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n',
  'gives 199, then 200': 'HTTP/1.1 199 Odd\r\n\r\n',
  'gives 100 five times, then 200': 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(5),
  'gives 100 a hundred times, then 200': 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100),
};

/** Each class, its ends, those that mean something to the agent or to the kubelet, and numbers that are none. */
const codes =
  `200 201 202 203 204 205 206 207 208 226 299 300 304 305 306 310 399 400 401 402 403 404 405 406 407 408 409 410 411 412
   413 415 418 421 422 423 425 426 428 429 431 444 451 494 499 500 501 502 503 504 505 507 508 511 520 530 599 600 700 999`.split(
    /\s+/,
  );

const withoutBody = new Set(['204', '205', '304']);

const alone: Readonly<Record<string, string>> = {
  'gives 100 and nothing more, and closes': 'HTTP/1.1 100 Continue\r\n\r\n',
  'gives 101 that nobody asked for': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  'gives 503 behind a 100': `HTTP/1.1 100 Continue\r\n\r\n${plainly('HTTP/1.1 503 Service Unavailable')}`,
  'gives the status 000': plainly('HTTP/1.1 000 Odd'),
  'gives the status 099': plainly('HTTP/1.1 099 Odd'),
  'gives the status 20': plainly('HTTP/1.1 20 OK'),
  'gives the status 2000': plainly('HTTP/1.1 2000 OK'),
  'gives the status -200': plainly('HTTP/1.1 -200 OK'),
  'gives the status +20': plainly('HTTP/1.1 +20 OK'),
  'gives the status OK': plainly('HTTP/1.1 OK'),
  'gives 200 with Retry-After and a maintenance page': plainly('HTTP/1.1 200 OK\nRetry-After: 60', '<h1>down</h1>'),
  'gives 503 with Retry-After': plainly('HTTP/1.1 503 Service Unavailable\nRetry-After: 60'),
  'gives 401 with a challenge': plainly('HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm="a"'),
};

const ok = plainly('HTTP/1.1 200 OK');
const statusOf = (code: string): string => (withoutBody.has(code) ? rawly : plainly)(`HTTP/1.1 ${code} Odd`);

export const statuses: readonly Row[] = rowsOf(
  'http',
  answering({
    ...Object.fromEntries(Object.entries(interim).map(([what, before]) => [what, before + ok])),
    ...Object.fromEntries(codes.map((code) => [`gives the status ${code}`, statusOf(code)])),
    ...alone,
  }),
);
