import { hold } from '../hold.ts';
import type { Server } from '../server.ts';

const mosquitto: Server = {
  name: 'eclipse-mosquitto',
  packages: ['mosquitto'],
  files: ['/usr/sbin/mosquitto'],
  start: 'bake /tmp/mosquitto.conf "user root"; exec mosquitto -c /tmp/mosquitto.conf "$@"',
  rows: [
    { name: 'mosquitto-loopback', what: 'only loopback, as without a configuration', expected: 'proven' },
    {
      name: 'mosquitto-port',
      what: 'port by a configuration of its image',
      baked: 'user root\nlistener 1884\nallow_anonymous true',
      expected: 'unproven',
    },
    {
      name: 'mosquitto-tls',
      what: 'only TLS with a client certificate, on its usual port',
      baked:
        'user root\nlistener 1883\nallow_anonymous true\ncafile /tls/ca.crt\ncertfile /tls/tls.crt\nkeyfile /tls/tls.key\nrequire_certificate true',
      expected: 'proven',
    },
    {
      name: 'mosquitto-login',
      what: 'a login',
      baked: 'user root\nlistener 1883\nallow_anonymous false',
      expected: 'proven',
    },
    {
      name: 'mosquitto-full',
      what: 'all its connections are taken',
      baked: 'user root\nlistener 1883\nallow_anonymous true\nmax_connections 4',
      later: hold(1883, 4),
      expected: 'proven',
      mayRefuse: true,
    },
    {
      name: 'mosquitto-socket',
      what: 'only a Unix socket',
      baked: 'user root\nlistener 0 /tmp/mosquitto.sock\nallow_anonymous true',
      expected: 'unproven',
    },
  ],
};

const nats: Server = {
  name: 'nats',
  packages: ['nats-server'],
  files: ['/usr/sbin/nats-server'],
  start: 'bake /tmp/nats.conf; exec nats-server --config /tmp/nats.conf "$@"',
  rows: [
    { name: 'nats-port', what: 'port by option', args: ['-p', '4333'], expected: 'proven' },
    { name: 'nats-pod', what: "only the Pod's address", args: ['-a', '$(POD_IP)'], expected: 'proven' },
    {
      name: 'nats-tls',
      what: 'only TLS, by a configuration of its image',
      baked: 'tls { cert_file: /tls/tls.crt, key_file: /tls/tls.key, ca_file: /tls/ca.crt, verify: true }',
      expected: 'unproven',
    },
    {
      name: 'nats-login',
      what: 'a login',
      baked: 'authorization { user: app, password: horse-nats }',
      expected: 'unproven',
    },
    {
      name: 'nats-full',
      what: 'all its connections are taken',
      baked: 'max_connections: 4',
      later: hold(4222, 4),
      expected: 'proven',
      mayRefuse: true,
    },
    {
      name: 'nats-file',
      what: 'a configuration from a ConfigMap',
      command: ['nats-server', '-c', '/etc/nats/nats.conf'],
      mounted: { at: '/etc/nats', file: 'nats.conf', text: 'port: 4444' },
      ports: [4222],
      expected: 'left-alone',
      why: 'a configuration that is not known',
    },
  ],
};

const exim: Server = {
  name: 'exim4',
  packages: ['exim4-daemon-light'],
  files: ['/usr/sbin/exim4'],
  written: {
    '/etc/passwd': 'root:x:0:0::/:/bin/sh\nDebian-exim:x:100:102::/tmp:/bin/sh\n',
    '/etc/group': 'Debian-exim:x:102:\n',
    '/etc/exim4/exim4.conf':
      'primary_hostname = mail.example.test\nexim_user = Debian-exim\nexim_group = Debian-exim\nspool_directory = /tmp/exim\nlog_file_path = /tmp/%slog\nacl_smtp_rcpt = deny\nkeep_environment =\nsmtp_accept_max = 4\nbegin acl\ndeny:\n  deny\n',
  },
  start: 'exec exim4 -bdf -C /etc/exim4/exim4.conf ${BAKED:--oX 25} "$@"',
  rows: [
    {
      name: 'exim-port',
      what: 'port by option',
      command: ['exim4', '-bdf', '-oX', '2525'],
      ports: [2525],
      expected: 'left-alone',
      why: 'declares no port on which',
    },
    {
      name: 'exim-port-baked',
      what: "port by its image's own start",
      baked: '-oX 2525',
      ports: [25],
      expected: 'unproven',
    },
    {
      name: 'exim-full',
      what: 'all its connections are taken',
      ports: [25],
      later: hold(25, 4),
      expected: 'proven',
      mayRefuse: true,
    },
    { name: 'exim-relays-nothing', what: 'refuses every recipient', ports: [25], expected: 'proven' },
  ],
};

export const messaging: readonly Server[] = [mosquitto, nats, exim];
