import { createSecureServer } from 'node:http2';
import { createServer } from 'node:net';
import { TLSSocket, type TlsOptions, createSecureContext } from 'node:tls';
import type { KeyPair } from '../../../src/certificates/pki.ts';
import { expired, notYetValid, ofAnotherName, selfSigned, usual } from '../certificates.ts';
import { type Answer, answers, answersOverTls, listen, meets, plainly } from '../listen.ts';
import { type Row, type Start, rowsOf } from '../row.ts';

/** Whatever OpenSSL still knows. */
const weak = 'ALL:@SECLEVEL=0';

const certificates: Readonly<Record<string, () => KeyPair>> = {
  'has a certificate as it should be': usual,
  'has an expired certificate': expired,
  'has a certificate that is not valid yet': notYetValid,
  'has a certificate of another name': ofAnotherName,
  'has a self-signed certificate': selfSigned('RSA -pkeyopt rsa_keygen_bits:2048'),
  'has a certificate without a name': selfSigned('RSA -pkeyopt rsa_keygen_bits:2048', '-days 30'),
  'has a certificate signed by SHA-1': selfSigned('RSA -pkeyopt rsa_keygen_bits:2048', '-sha1'),
  'has a certificate signed by MD5': selfSigned('RSA -pkeyopt rsa_keygen_bits:2048', '-md5'),
  'has a certificate signed by SHA-512': selfSigned('RSA -pkeyopt rsa_keygen_bits:2048', '-sha512'),
  'has a certificate only for clients': selfSigned(
    'RSA -pkeyopt rsa_keygen_bits:2048',
    '-addext extendedKeyUsage=clientAuth',
  ),
  'has a certificate with an extension that is critical and not known': selfSigned(
    'RSA -pkeyopt rsa_keygen_bits:2048',
    '-addext 1.2.3.4=critical,DER:0500',
  ),
  'has a certificate of 40 KB': selfSigned(
    'RSA -pkeyopt rsa_keygen_bits:2048',
    `-addext subjectAltName=${Array.from({ length: 2_000 }, (_, at) => `DNS:host-${at}.test`).join(',')}`,
  ),
  'has a key of RSA-1024': selfSigned('RSA -pkeyopt rsa_keygen_bits:1024'),
  'has a key of RSA-4096': selfSigned('RSA -pkeyopt rsa_keygen_bits:4096'),
  'has a key of RSASSA-PSS': selfSigned('RSA-PSS -pkeyopt rsa_keygen_bits:2048'),
  'has a key of P-256': selfSigned('EC -pkeyopt ec_paramgen_curve:P-256'),
  'has a key of P-384': selfSigned('EC -pkeyopt ec_paramgen_curve:P-384'),
  'has a key of P-521': selfSigned('EC -pkeyopt ec_paramgen_curve:P-521'),
  'has a key of secp256k1': selfSigned('EC -pkeyopt ec_paramgen_curve:secp256k1'),
  'has a key of Ed25519': selfSigned('ED25519'),
  'has a key of Ed448': selfSigned('ED448'),
};

const versions = { 'TLS 1.2': 'TLSv1.2', 'TLS 1.3': 'TLSv1.3' } as const;

/** What is odd of the protocol, with the usual certificate. */
const protocols: Readonly<Record<string, TlsOptions>> = {
  'speaks TLS 1.0 only': { minVersion: 'TLSv1', maxVersion: 'TLSv1' },
  'speaks TLS 1.1 only': { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
  'speaks TLS 1.2 with CBC only': { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA' },
  'speaks TLS 1.2 with CBC and SHA-256 only': { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256' },
  'speaks TLS 1.2 with AES-256 and CBC only': { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES256-SHA' },
  'speaks TLS 1.2 with RSA key exchange only': { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
  'speaks TLS 1.2 with DHE only': { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256', dhparam: 'auto' },
  'speaks TLS 1.2 with ChaCha20 only': { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' },
  'speaks TLS 1.2 with AES-CCM only': { maxVersion: 'TLSv1.2', ciphers: 'AES128-CCM' },
  'speaks TLS 1.3 with ChaCha20 only': { minVersion: 'TLSv1.3', ciphers: 'TLS_CHACHA20_POLY1305_SHA256' },
  'speaks TLS 1.3 with AES-CCM only': { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_CCM_SHA256' },
  'knows the group P-521 only': { minVersion: 'TLSv1.3', ecdhCurve: 'P-521' },
  'knows the group P-521 only, in TLS 1.2': { maxVersion: 'TLSv1.2', ecdhCurve: 'P-521' },
  'knows the group P-384 only': { minVersion: 'TLSv1.3', ecdhCurve: 'P-384' },
  'knows the group X448 only': { minVersion: 'TLSv1.3', ecdhCurve: 'X448' },
  'signs by RSA-PSS with SHA-512 only': { sigalgs: 'rsa_pss_rsae_sha512' },
  'signs by PKCS #1 with SHA-1 only': { maxVersion: 'TLSv1.2', sigalgs: 'RSA+SHA1' },
  'asks for a client certificate, in TLS 1.2': { maxVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false },
  'asks for a client certificate, in TLS 1.3': { minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false },
  'demands a client certificate, in TLS 1.2': { maxVersion: 'TLSv1.2', requestCert: true },
  'demands a client certificate, in TLS 1.3': { minVersion: 'TLSv1.3', requestCert: true },
  'gives no session tickets': { minVersion: 'TLSv1.3', sessionTimeout: 1 },
  'speaks HTTP/1.1 by ALPN': { ALPNProtocols: ['http/1.1'] },
  'speaks HTTP/1.0 by ALPN': { ALPNProtocols: ['http/1.0'] },
  'speaks a protocol by ALPN that is not HTTP': { ALPNProtocols: ['postgresql'] },
};

const algorithm = 'The server wants an algorithm that Go does not know. Without `ca` the agent verifies no signature.';
const reasons: Readonly<Record<string, string>> = {
  'has a certificate signed by MD5, in TLS 1.2': algorithm,
  'has a certificate signed by MD5, in TLS 1.3': algorithm,
  'has a key of RSASSA-PSS, in TLS 1.3': algorithm,
  'has a key of Ed448, in TLS 1.3': algorithm,
  'signs by PKCS #1 with SHA-1 only': algorithm,
};

/** What is odd of the words, over TLS as it should be. */
const words: Readonly<Record<string, Answer>> = {
  'answers 503 over TLS': plainly('HTTP/1.1 503 Service Unavailable'),
  'answers 401 over TLS': plainly('HTTP/1.1 401 Unauthorized'),
  "answers 400 with nginx's page of a client certificate": plainly(
    'HTTP/1.1 400 Bad Request',
    '<html><head><title>400 No required SSL certificate was sent</title></head></html>',
  ),
  'answers, and goes without a close_notify': (socket) =>
    void socket.write(plainly('HTTP/1.1 200 OK'), () => socket.destroy()),
  'answers without a length, and goes without a close_notify': (socket) =>
    void socket.write('HTTP/1.1 200 OK\r\n\r\nok', () => setTimeout(() => socket.destroy(), 50)),
  'closes over TLS after the request, without an answer': '',
  'goes over TLS after the request, without an answer or a close_notify': (socket) => void socket.destroy(),
  'answers over TLS in records of one byte': (socket) => {
    for (const byte of plainly('HTTP/1.1 200 OK', 'a'.repeat(2_000))) socket.write(byte);
    socket.end();
  },
  'never answers over TLS': () => {},
};

/** These options with the usual certificate, and with whatever OpenSSL still knows. */
const withUsual = (options: TlsOptions): TlsOptions => ({
  ...usual(),
  minVersion: 'TLSv1',
  ...options,
  ...(options.ciphers?.startsWith('TLS_') ? {} : { ciphers: `${options.ciphers ?? weak}:@SECLEVEL=0` }),
});

const https = { scheme: 'https' } as const;

/** Refuses whoever does not ask for a name that it has. */
const strictName: Start = answersOverTls({
  SNICallback: (name, done) =>
    name === 'api.test' ? done(null, createSecureContext(usual())) : done(new Error('no such name')),
});

const http2Only =
  (status: number): Start =>
  () => {
    const server = createSecureServer({ ...usual(), allowHTTP1: false });
    server.on('stream', (stream) => {
      stream.respond({ ':status': status });
      stream.end('ok');
    });
    server.on('sessionError', () => {});
    server.on('unknownProtocol', (socket: TLSSocket) => socket.destroy());
    return listen(server);
  };

/** Speaks TLS behind words in the clear. */
const bannerFirst: Start = () =>
  listen(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.write('220 ready\r\n');
      new TLSSocket(socket, { isServer: true, ...usual() }).on('error', () => {});
    }),
  );

const alert = (description: number): Buffer => Buffer.from([0x15, 3, 3, 0, 2, 2, description]);

const says = (bytes: Buffer): Start =>
  meets((socket) => {
    socket.once('data', () => socket.end(bytes));
  });

export const tls: readonly Row[] = [
  ...rowsOf(
    'https',
    Object.entries(versions).flatMap(([version, id]) =>
      Object.entries(certificates).map(([what, certificate]): [string, Start] => [
        `${what}, in ${version}`,
        answersOverTls(() => ({ ...certificate(), ciphers: weak, minVersion: id, maxVersion: id })),
      ]),
    ),
    reasons,
  ),
  ...rowsOf(
    'https',
    Object.entries(protocols).map(([what, options]) => [what, answersOverTls(() => withUsual(options))]),
    reasons,
  ),
  ...rowsOf(
    'https',
    Object.entries(words).map(([what, answer]) => [what, answersOverTls(usual, answer)]),
  ),
  { what: 'knows no client that does not name it (strict SNI)', ...https, start: strictName },
  {
    what: 'knows no client that does not name it (strict SNI), and is asked by its name',
    ...https,
    options: 'server-name=api.test',
    start: strictName,
    why: 'The kubelet has no option for the name. The agent has `server-name`.',
  },
  { what: 'speaks HTTP/2 only, by ALPN', ...https, start: http2Only(200) },
  {
    what: 'speaks HTTP/2 only, by ALPN, and is asked by `http2`',
    ...https,
    check: 'http2://:PORT/?tls',
    start: http2Only(200),
  },
  {
    what: 'speaks HTTP/2 only, by ALPN, gives 503, and is asked by `http2`',
    ...https,
    check: 'http2://:PORT/?tls',
    start: http2Only(503),
  },
  { what: 'speaks HTTP/1.1 in the clear, and is asked by HTTPS', ...https, start: answers(plainly('HTTP/1.1 200 OK')) },
  {
    what: 'answers each connection by HTTP/1.1 in the clear, and is asked by HTTPS',
    ...https,
    start: says(Buffer.from(plainly('HTTP/1.1 400 Bad Request'))),
  },
  { what: 'speaks TLS, and is asked by HTTP', scheme: 'http', start: answersOverTls(usual) },
  {
    what: 'speaks TLS, and answers HTTP with 400 as Go does',
    scheme: 'http',
    start: answers(plainly('HTTP/1.0 400 Bad Request', 'Client sent an HTTP request to an HTTPS server.\n')),
  },
  { what: 'closes at once, and is asked by HTTPS', ...https, start: meets((socket) => void socket.end()) },
  { what: 'resets at once, and is asked by HTTPS', ...https, start: meets((socket) => void socket.resetAndDestroy()) },
  { what: 'says nothing, and is asked by HTTPS', ...https, start: meets((socket) => void socket.resume()) },
  { what: 'speaks TLS behind a banner in the clear', ...https, start: bannerFirst },
  { what: 'sends the alert handshake_failure', ...https, start: says(alert(40)) },
  { what: 'sends the alert internal_error', ...https, start: says(alert(80)) },
  { what: 'sends the alert protocol_version', ...https, start: says(alert(70)) },
  { what: 'sends the alert unrecognized_name', ...https, start: says(alert(112)) },
  { what: 'sends the alert no_application_protocol', ...https, start: says(alert(120)) },
  { what: 'sends the alert close_notify', ...https, start: says(Buffer.from([0x15, 3, 3, 0, 2, 1, 0])) },
  { what: 'sends a record of TLS that is cut short', ...https, start: says(Buffer.from([0x16, 3, 3, 1, 0, 2, 0])) },
  { what: 'sends a handshake of zeros', ...https, start: says(Buffer.from([0x16, 3, 3, 0, 4, 0, 0, 0, 0])) },
];
