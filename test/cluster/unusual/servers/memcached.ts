import { hold } from '../hold.ts';
import type { Server } from '../server.ts';

/** memcached, which reads no file: what is baked are options of its image's own start. */
export const memcached: Server = {
  name: 'memcached',
  packages: ['memcached'],
  files: ['/usr/bin/memcached'],
  start: 'exec memcached $BAKED "$@"',
  user: '65532',
  rows: [
    { name: 'memcached-glued', what: 'port in a cluster of options', args: ['-vp11311'], expected: 'proven' },
    { name: 'memcached-list', what: 'port in its address', args: ['-l', '127.0.0.1:11312'], expected: 'proven' },
    { name: 'memcached-loopback6', what: 'only ::1', args: ['-l', '::1'], expected: 'proven' },
    { name: 'memcached-pod', what: "only the Pod's address", args: ['-l', '$(POD_IP)'], expected: 'proven' },
    {
      name: 'memcached-socket',
      what: 'only a Unix socket, by option',
      args: ['-s', '/tmp/memcached.sock'],
      expected: 'left-alone',
      why: 'may mean a login, TLS or another address',
    },
    {
      name: 'memcached-socket-baked',
      what: "only a Unix socket, by its image's own start",
      baked: '-s /tmp/memcached.sock',
      expected: 'unproven',
    },
    { name: 'memcached-udp', what: 'only UDP', args: ['-p', '0', '-U', '11211'], expected: 'left-alone', why: 'port' },
    {
      name: 'memcached-tls',
      what: "only TLS, by its image's own start",
      baked: '-Z -o ssl_chain_cert=/tls/tls.crt,ssl_key=/tls/tls.key',
      expected: 'unproven',
    },
    { name: 'memcached-binary', what: 'only its binary protocol', baked: '-B binary', expected: 'proven' },
    {
      name: 'memcached-full',
      what: 'all its connections are taken',
      args: ['-t', '1', '-c', '40'],
      later: hold(11_211, 40),
      expected: 'proven',
      mayRefuse: true,
    },
    {
      name: 'memcached-full-waits',
      what: 'all its connections are taken, and others wait',
      args: ['-t', '1', '-c', '40', '-o', 'no_maxconns_fast'],
      later: hold(11_211, 44),
      expected: 'proven',
      mayRefuse: true,
      isInCi: true,
    },
  ],
};
