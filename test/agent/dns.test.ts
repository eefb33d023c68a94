import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { type Server, startDnsmasq } from './support/servers.ts';

/** More addresses than fit into a datagram of 512 bytes. */
const many = Array.from({ length: 40 }, (_, index) => `host-record=many.test,192.0.2.${index + 1}`);

const records = [
  'local=/test/',
  'host-record=one.test,192.0.2.1,2001:db8::1',
  'host-record=three.test,192.0.2.1',
  'host-record=three.test,192.0.2.2',
  'host-record=three.test,192.0.2.3',
  'cname=alias.test,three.test',
  'txt-record=text.test,hello',
  'srv-host=_web._tcp.test,one.test,80',
  ...many,
];

describe('the agent asks a real dnsmasq', () => {
  useDaemons(['dnsmasq-base']);
  let server: Server;
  before(async () => {
    server = await startDnsmasq(records);
  });
  const ask = (path: string, ...options: string[]) => check([...options, `dns://:${server.port}/${path}`]);

  for (const [path, answers] of [
    ['one.test', '1 answer'],
    ['ONE.test.', '1 answer'],
    ['one.test?type=AAAA', '1 answer'],
    ['three.test', '3 answers'],
    ['three.test?min-answers=3', '3 answers'],
    ['alias.test?type=CNAME', '1 answer'],
    ['alias.test', '3 answers'],
    ['text.test?type=TXT', '1 answer'],
    ['_web._tcp.test?type=SRV', '1 answer'],
    ['three.test?transport=tcp', '3 answers'],
    ['three.test?type=AAAA&min-answers=0', '0 answers'],
  ] as const) {
    it(`${path} has ${answers}`, async () => {
      const { code, line } = await ask(path);
      assert.equal(code, 0, line);
      assert(line.startsWith(`${answers} (dns 127.0.0.1:${server.port}, `), line);
    });
  }

  it('its sockets of UDP and TCP are found without a question', async () => {
    for (const transport of ['udp', 'tcp']) {
      for (const [host, code] of [
        ['', 0],
        ['127.0.0.1', 0],
        ['127.0.0.2', 2],
      ] as const) {
        const found = await check([`listen://${host}:${server.port}?transport=${transport}`]);
        assert.equal(found.code, code, found.line);
      }
    }
  });

  it('what does not fit into a datagram is asked for again by TCP', async () => {
    const { code, line } = await ask('many.test?min-answers=40');
    assert.equal(code, 0, line);
    assert(line.startsWith('40 answers '), line);
  });

  for (const [path, reason] of [
    ['nobody.test', 'NXDOMAIN'],
    ['nobody.test?transport=tcp', 'NXDOMAIN'],
    ['example.org', 'REFUSED'],
    ['three.test?type=AAAA', '0 answers, expected at least 1'],
    ['three.test?min-answers=4', '3 answers, expected at least 4'],
  ] as const) {
    it(`${path}, ${reason}, is alive but not ready`, async () => {
      const { code, line } = await ask(path);
      assert.equal(code, 1, line);
      assert(line.startsWith(`${reason} (dns `), line);
      assert.equal((await ask(path, '--probe', 'liveness')).code, 0);
    });
  }

  for (const transport of ['udp', 'tcp']) {
    it(`when it is stopped it is 3, in time, by ${transport}`, async () => {
      server.signal('SIGSTOP');
      const url = `dns://:${server.port}/one.test?transport=${transport}`;
      const { code, line } = await check(['--timeout', '300ms', url]);
      server.signal('SIGCONT');
      assert.equal(code, 3, line);
      assert.match(line, /^timed out after 300ms /);
    });
  }

  it('what waits for an upstream that is silent is alive but not ready', async () => {
    const upstream = createSocket('udp4').bind(0, '127.0.0.1');
    await once(upstream, 'listening');
    const forwarding = await startDnsmasq([`server=127.0.0.1#${upstream.address().port}`]);
    const url = `dns://:${forwarding.port}/one.test`;
    const { code, line } = await check(['--timeout', '600ms', url]);
    upstream.close();
    assert.equal(code, 3, line);
    assert.match(line, /^it answers about itself, but not this question in time /);
    assert.equal((await check(['--timeout', '600ms', '--probe', 'liveness', url])).code, 0);
  });

  for (const transport of ['udp', 'tcp']) {
    it(`is asked about itself by ${transport}`, async () => {
      const { code, line } = await ask(`version.bind?class=CH&type=TXT&transport=${transport}`);
      assert.equal(code, 0, line);
      assert.match(line, /^1 answer /);
      const internet = await ask(`version.bind?type=TXT&transport=${transport}`);
      assert.equal(internet.code, 1, internet.line);
    });
  }

  it('has nothing to log about all that', async () => {
    assert.doesNotMatch(server.log(), /error|fail|reset/i);
  });

  for (const transport of ['udp', 'tcp']) {
    it(`nobody there is 2, by ${transport}`, async () => {
      await server.kill();
      const { code, line } = await ask(`one.test?transport=${transport}`);
      assert.equal(code, 2, line);
      assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
    });
  }
});

describe('the agent asks a real dnsdist', () => {
  const directory = useDaemons(['dnsdist']);

  it('with a PROXY header, by UDP and TCP, which takes no question without one', async () => {
    const port = await freePort();
    const file = join(directory, 'dnsdist.conf');
    const settings = [
      `setLocal("127.0.0.1:${port}")`,
      'setProxyProtocolACL({"127.0.0.0/8"})',
      'setSecurityPollSuffix("")',
    ];
    writeFileSync(file, [...settings, 'addAction(AllRule(), SpoofAction({"192.0.2.1"}))', ''].join('\n'));
    const dnsdist = await startDaemon('dnsdist', ['--supervised', '--disable-syslog', '-C', file], port, 20_000);
    for (const way of ['proxy=v2', 'proxy=v2&transport=tcp']) {
      const { code, line } = await check([`dns://:${port}/one.test?${way}`]);
      assert.equal(code, 0, line);
    }
    for (const way of ['transport=udp', 'transport=tcp']) {
      const { code, line } = await check(['--timeout', '400ms', `dns://127.0.0.1:${port}/one.test?${way}`]);
      assert.notEqual(code, 0, line);
    }
    await dnsdist.kill();
  });
});
