import { hold } from '../hold.ts';
import type { Row, Server } from '../server.ts';

const tls = 'ssl_certificate /tls/tls.crt; ssl_certificate_key /tls/tls.key;';
const mounted = (text: string): NonNullable<Row['mounted']> => ({ at: '/etc/nginx/conf.d', file: 'site.conf', text });

const configuration = `user root; pid /tmp/nginx.pid; error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
  include /etc/nginx/conf.d/*.conf;
}
`;

/** nginx, with the files of its official image. */
export const nginx: Server = {
  name: 'nginx',
  packages: ['nginx-light'],
  files: ['/usr/sbin/nginx'],
  written: {
    '/etc/group': 'root:x:0:\n',
    '/etc/nginx/nginx.conf': configuration,
    '/etc/nginx/conf.d/default.conf': 'server { listen 80; return 200 "hello\\n"; }',
    '/var/log/nginx/none': '',
    '/var/lib/nginx/none': '',
  },
  start: `[ -z "$BAKED" ] || bake /etc/nginx/conf.d/default.conf; exec nginx -g 'daemon off;' "$@"`,
  rows: [
    {
      name: 'nginx-mounted',
      what: 'port by a ConfigMap, and declared',
      mounted: mounted('server { listen 8088; }'),
      ports: [8088],
      expected: 'proven',
    },
    {
      name: 'nginx-mounted-undeclared',
      what: 'port by a ConfigMap, and not declared',
      mounted: mounted('server { listen 8088; }'),
      expected: 'left-alone',
      why: 'declares no port',
    },
    {
      name: 'nginx-port',
      what: 'port by a configuration of its image',
      baked: 'server { listen 8089; }',
      expected: 'unproven',
      isInCi: true,
    },
    {
      name: 'nginx-socket',
      what: 'only a Unix socket',
      baked: 'server { listen unix:/tmp/nginx.sock; }',
      ports: [80],
      expected: 'unproven',
    },
    {
      name: 'nginx-declares-another',
      what: 'declares a port that is not that of its image',
      baked: `server { listen 443 ssl; ${tls} }`,
      ports: [443],
      expected: 'left-alone',
      why: 'declares no port on which',
    },
    {
      name: 'nginx-closes',
      what: 'closes without an answer',
      baked: 'server { listen 80; return 444; }',
      expected: 'proven',
    },
    {
      name: 'nginx-proxy-protocol',
      what: 'wants the PROXY protocol',
      baked: 'server { listen 80 proxy_protocol; }',
      expected: 'proven',
      isInCi: true,
    },
    {
      name: 'nginx-upstream',
      what: 'its upstream is away',
      baked: 'server { listen 80; location / { proxy_pass http://127.0.0.1:9; } }',
      expected: 'proven',
      isInCi: true,
    },
    { name: 'nginx-401', what: '401 at its root', baked: 'server { listen 80; return 401; }', expected: 'proven' },
    {
      name: 'nginx-301',
      what: '301 to HTTPS at its root',
      baked: 'server { listen 80; return 301 https://$host/; }',
      expected: 'proven',
    },
    { name: 'nginx-loopback', what: 'only 127.0.0.1', baked: 'server { listen 127.0.0.1:80; }', expected: 'proven' },
    { name: 'nginx-loopback6', what: 'only ::1', baked: 'server { listen [::1]:80; }', expected: 'proven' },
    {
      name: 'nginx-pod',
      what: "only the Pod's address, by a configuration of its image",
      baked: 'server { listen $(POD_IP):80; }',
      expected: 'unproven',
    },
    {
      name: 'nginx-strict-sni',
      what: 'TLS for one name only, and declared',
      mounted: mounted(
        `server { listen 8443 ssl default_server; ssl_reject_handshake on; } server { listen 8443 ssl; server_name only.example.test; ${tls} }`,
      ),
      ports: [8443],
      expected: 'proven',
    },
    {
      name: 'nginx-mtls',
      what: 'TLS with a client certificate, and declared',
      mounted: mounted(`server { listen 8443 ssl; ssl_verify_client on; ssl_client_certificate /tls/ca.crt; ${tls} }`),
      ports: [8443],
      expected: 'proven',
    },
    { name: 'nginx-full', what: 'all its connections are taken', later: hold(80, 80), expected: 'proven' },
    {
      name: 'nginx-other-file',
      what: 'a configuration that an option names',
      command: ['nginx', '-g', 'daemon off;', '-c', '/etc/nginx/nginx.conf'],
      expected: 'left-alone',
      why: 'declares no port',
    },
    {
      name: 'nginx-sleep',
      what: '`sleep` in its image',
      command: ['sleep', '100000'],
      ports: [80],
      expected: 'left-alone',
      why: 'runs "sleep"',
    },
  ],
};
