import type { Server } from '../server.ts';

/** dnsmasq. */
const dnsmasq: Server = {
  name: 'dnsmasq',
  packages: ['dnsmasq-base'],
  files: ['/usr/sbin/dnsmasq'],
  start: `bake /etc/dnsmasq.conf
[ -z "$UPSTREAM" ] || dnsmasq --port="$UPSTREAM" --pid-file=/tmp/upstream.pid --user=root --no-resolv -C /dev/null
exec dnsmasq -k --log-facility=- --pid-file= --user=root --no-resolv "$@"`,
  rows: [
    { name: 'dnsmasq-port', what: 'port glued to its option', args: ['-p5354'], expected: 'proven' },
    {
      name: 'dnsmasq-no-dns',
      what: 'serves no DNS, by option',
      args: ['--port=0', '--enable-tftp', '--tftp-root=/tmp'],
      expected: 'left-alone',
      why: 'names a port',
    },
    {
      name: 'dnsmasq-no-dns-baked',
      what: 'serves no DNS, by a configuration of its image',
      baked: 'port=0\nenable-tftp\ntftp-root=/tmp',
      ports: [53],
      expected: 'unproven',
    },
    {
      name: 'dnsmasq-pod',
      what: "only the Pod's address",
      args: ['--bind-interfaces', '--except-interface=lo', '--listen-address=$(POD_IP)'],
      expected: 'left-alone',
      why: 'may mean',
    },
    {
      name: 'dnsmasq-pod-baked',
      what: "only the Pod's address, by a configuration of its image",
      baked: 'bind-interfaces\nexcept-interface=lo\nlisten-address=$(POD_IP)',
      ports: [53],
      expected: 'unproven',
    },
    {
      name: 'dnsmasq-hosts',
      what: 'knows no localhost',
      args: ['--no-hosts', '--local=/localhost/'],
      ports: [53],
      expected: 'unproven',
    },
    {
      name: 'dnsmasq-upstream',
      what: 'its upstream is away',
      args: ['--no-hosts', '--server=127.0.0.1#9'],
      ports: [53],
      expected: 'unproven',
    },
    {
      name: 'dnsmasq-upstream-later',
      what: 'its upstream stops to answer',
      args: ['--no-hosts', '--server=127.0.0.1#5399'],
      env: { UPSTREAM: '5399' },
      ports: [53],
      later: 'kill -STOP "`</tmp/upstream.pid`"',
      expected: 'proven',
    },
  ],
};

const unbound: Server = {
  name: 'unbound',
  packages: ['unbound'],
  files: ['/usr/sbin/unbound'],
  start: `bake /etc/unbound.conf; printf 'server:\\n username: ""\\n chroot: ""\\n directory: "/tmp"\\n pidfile: ""\\n use-syslog: no\\n' > /tmp/all.conf
while IFS= read -r line; do printf '%s\\n' "$line"; done < /etc/unbound.conf >> /tmp/all.conf; exec unbound -d -c /tmp/all.conf "$@"`,
  rows: [
    {
      name: 'unbound-port',
      what: 'port by a configuration of its image',
      baked: ' port: 5355',
      ports: [53],
      expected: 'unproven',
    },
    {
      name: 'unbound-refuses',
      what: 'refuses whoever is not in its list',
      baked: ' access-control: 0.0.0.0/0 refuse',
      ports: [53],
      expected: 'proven',
    },
    {
      name: 'unbound-silent',
      what: 'does not answer whoever is not in its list',
      baked: ' access-control: 0.0.0.0/0 deny\n access-control: ::/0 deny',
      ports: [53],
      expected: 'proven',
    },
    {
      name: 'unbound-tls',
      what: 'only DNS over TLS',
      baked: ' interface: 0.0.0.0@853\n tls-service-key: /tls/tls.key\n tls-service-pem: /tls/tls.crt',
      ports: [53],
      expected: 'unproven',
    },
  ],
};

const bind: Server = {
  name: 'bind9',
  packages: ['bind9', 'dnsmasq-base'],
  files: ['/usr/sbin/named', '/usr/sbin/dnsmasq'],
  start: `bake /tmp/named.conf 'options { directory "/tmp"; };'
[ -z "$UPSTREAM" ] || dnsmasq --port="$UPSTREAM" --pid-file=/tmp/upstream.pid --user=root --no-resolv
exec named -g -c /tmp/named.conf "$@"`,
  rows: [
    { name: 'bind-port', what: 'port by option', args: ['-p', '5356'], ports: [53], expected: 'unproven' },
    {
      name: 'bind-refuses',
      what: 'refuses every question',
      baked: 'options { directory "/tmp"; pid-file "/tmp/named.pid"; allow-query { none; }; };',
      ports: [53],
      expected: 'unproven',
    },
    {
      name: 'bind-silent',
      what: 'does not answer whoever is not in its list',
      baked: 'options { directory "/tmp"; pid-file "/tmp/named.pid"; blackhole { any; }; };',
      ports: [53],
      expected: 'unproven',
    },
    {
      name: 'bind-upstream-later',
      what: 'forwards every question, and its upstream stops to answer',
      baked:
        'options { directory "/tmp"; pid-file "/tmp/named.pid"; forward only; forwarders port 5399 { 127.0.0.1; }; dnssec-validation no; };',
      env: { UPSTREAM: '5399' },
      ports: [53],
      later: 'kill -STOP "`</tmp/upstream.pid`"',
      expected: 'proven',
      isInCi: true,
    },
    { name: 'bind-undeclared', what: 'declares no port', expected: 'left-alone', why: 'declares no port on which' },
  ],
};

const slapd: Server = {
  name: 'openldap',
  packages: ['slapd'],
  files: ['/usr/sbin/slapd', '/usr/lib/ldap/back_mdb.so', '/etc/ldap/schema/core.schema'],
  start: `bake /tmp/more.conf; printf 'include /etc/ldap/schema/core.schema\\npidfile /tmp/slapd.pid\\nmodulepath /usr/lib/ldap\\nmoduleload back_mdb\\n' > /tmp/slapd.conf
printf 'include /tmp/more.conf\\ndatabase mdb\\nsuffix "dc=example,dc=test"\\ndirectory /tmp\\n' >> /tmp/slapd.conf
exec slapd -d 0 -f /tmp/slapd.conf -h "\${URLS:-ldap:///}"`,
  rows: [
    {
      name: 'slapd-tls',
      what: 'only TLS, and it declares both ports',
      env: { URLS: 'ldaps:///' },
      baked: 'TLSCertificateFile /tls/tls.crt\nTLSCertificateKeyFile /tls/tls.key',
      ports: [389, 636],
      expected: 'unproven',
    },
    {
      name: 'slapd-socket',
      what: 'only a Unix socket',
      env: { URLS: 'ldapi://%2Ftmp%2Fldapi' },
      ports: [389],
      expected: 'unproven',
    },
    {
      name: 'slapd-strong',
      what: 'wants StartTLS and a login',
      baked:
        'TLSCertificateFile /tls/tls.crt\nTLSCertificateKeyFile /tls/tls.key\nsecurity ssf=128\nrequire authc\ndisallow bind_anon',
      ports: [389],
      expected: 'unproven',
    },
    {
      name: 'slapd-port',
      what: "port by its image's own start",
      env: { URLS: 'ldap://:1390' },
      ports: [389],
      expected: 'unproven',
    },
  ],
};

export const names: readonly Server[] = [dnsmasq, unbound, bind, slapd];
