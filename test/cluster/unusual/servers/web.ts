import { hold } from '../hold.ts';
import type { Server } from '../server.ts';

const modules = 'mpm_event authn_core authz_core alias remoteip socache_shmcb ssl'.split(' ');
const configuration = `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`).join('')}
User #65532
Group #65532
ServerName localhost
PidFile /tmp/httpd.pid
ErrorLog /dev/stderr
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
ServerLimit 1
DocumentRoot /tmp
Include /tmp/extra.conf
`;

/** Apache, with the files of its official image. */
const httpd: Server = {
  name: 'httpd',
  packages: ['apache2-bin'],
  files: ['/usr/sbin/apache2', '/usr/lib/apache2/modules', `/usr/lib/x86_64-linux-gnu/libssl.so.3`],
  written: { '/usr/local/apache2/conf/httpd.conf': configuration },
  start: `bake /tmp/extra.conf 'Listen 80'; exec apache2 -d / -f /usr/local/apache2/conf/httpd.conf -DFOREGROUND "$@"`,
  rows: [
    { name: 'httpd-port', what: 'port by a configuration of its image', baked: 'Listen 8090', expected: 'unproven' },
    {
      name: 'httpd-option',
      what: 'port by a directive of its arguments',
      args: ['-c', 'Listen 8081'],
      expected: 'left-alone',
      why: 'may mean',
    },
    {
      name: 'httpd-proxy-protocol',
      what: 'wants the PROXY protocol',
      baked: 'Listen 80\nRemoteIPProxyProtocol On',
      expected: 'proven',
    },
    {
      name: 'httpd-hosts',
      what: 'virtual hosts only, and TLS',
      baked:
        'Listen 80\nSSLEngine on\nSSLCertificateFile /tls/tls.crt\nSSLCertificateKeyFile /tls/tls.key\nSSLStrictSNIVHostCheck on',
      expected: 'proven',
    },
    { name: 'httpd-busy', what: 'all its workers are busy', later: hold(80, 12), expected: 'proven' },
    {
      name: 'httpd-403',
      what: '403 at its root',
      baked: 'Listen 80\n<Location />\nRequire all denied\n</Location>',
      expected: 'proven',
    },
  ],
};

const front = (bind: string): string =>
  `defaults\n mode http\n timeout connect 1s\n timeout client 1h\n timeout server 1h\nfrontend f\n bind ${bind}\n default_backend b\nbackend b\n server away 127.0.0.1:9 check`;

/** HAProxy, which has no port of its own. */
const haproxy: Server = {
  name: 'haproxy',
  packages: ['haproxy'],
  files: ['/usr/sbin/haproxy'],
  start: 'bake /tmp/haproxy.cfg; exec haproxy -db -f /tmp/haproxy.cfg "$@"',
  rows: [
    {
      name: 'haproxy-proxy-protocol',
      what: 'wants the PROXY protocol, and its backend is away',
      baked: front(':8080 accept-proxy'),
      ports: [8080],
      expected: 'proven',
      isInCi: true,
    },
    {
      name: 'haproxy-undeclared',
      what: 'declares no port',
      baked: front(':8080'),
      expected: 'left-alone',
      why: 'declares no port',
    },
    {
      name: 'haproxy-strict-sni',
      what: 'TLS with strict SNI',
      baked: front(':8443 ssl crt /tls/all.pem strict-sni'),
      ports: [8443],
      expected: 'proven',
    },
    {
      name: 'haproxy-full',
      what: 'all its connections are taken',
      baked: `global\n maxconn 4\n${front(':8080')}`,
      ports: [8080],
      later: hold(8080, 10),
      expected: 'proven',
      mayRefuse: true,
      isInCi: true,
    },
    {
      name: 'haproxy-another',
      what: 'declares a port on which it does not listen',
      baked: front(':8081'),
      ports: [80],
      expected: 'unproven',
    },
    {
      name: 'haproxy-socket',
      what: 'only a Unix socket',
      baked: front('unix@/tmp/haproxy.sock'),
      ports: [80],
      expected: 'unproven',
    },
  ],
};

const caddy: Server = {
  name: 'caddy',
  packages: ['caddy'],
  files: ['/usr/bin/caddy'],
  start: `bake /tmp/Caddyfile $':80\\nrespond hello'; export HOME=/tmp; exec caddy run --config /tmp/Caddyfile --adapter caddyfile "$@"`,
  rows: [
    {
      name: 'caddy-listen',
      what: 'a server of files on another port',
      command: ['caddy', 'file-server', '--listen', ':8082'],
      expected: 'proven',
    },
    {
      name: 'caddy-port',
      what: 'port by a configuration of its image',
      baked: ':8083\nrespond hello',
      expected: 'unproven',
    },
    {
      name: 'caddy-tls',
      what: 'TLS for one name only',
      baked: '{\nauto_https disable_redirects\n}\nhttps://only.example.test {\ntls /tls/tls.crt /tls/tls.key\n}',
      ports: [443],
      expected: 'left-alone',
      why: 'declares no port on which',
    },
  ],
};

export const web: readonly Server[] = [httpd, haproxy, caddy];
