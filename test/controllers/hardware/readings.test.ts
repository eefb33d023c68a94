import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '../../../src/kube/client.ts';
import { isPassing, quoteWords, readAgentAnswer, readKubeletNote } from '../../../src/controllers/hardware/reading.ts';
import { createSensorReader } from '../../../src/controllers/hardware/readings.ts';
import { pod } from './support/snapshot.ts';

describe('what fails in a Pod is read', () => {
  it("from the agent's lines, without what passes and without how long it took", () => {
    const body =
      '[+] memory: pass, no errors, 0.1 ms, 1s ago\n' +
      '[-] temperature: fail, coretemp is 95 °C, more than 90 °C, 0.2 ms, 1s ago\n' +
      '[-] nic: stale, last was fail, eth0 is down, 0.5 ms, 1m39s ago\nfailed: temperature, nic\n';
    assert.deepEqual(readAgentAnswer(body), {
      check: 'temperature, nic',
      message: 'its sidecar says "coretemp is 95 °C, more than 90 °C; stale, last was fail, eth0 is down"',
    });
    assert.equal(readAgentAnswer('[+] memory: pass, no errors, 0.1 ms, 1s ago\nok\n'), undefined);
    assert.equal(readAgentAnswer('404 page not found'), undefined);
  });

  it('as passing where an agent says so, and not where something else answers', () => {
    assert(isPassing(200, 'ok\n'));
    assert(isPassing(503, '[+] memory: pass, no errors, 0.1 ms, 1s ago\nfailed: shutting down\n'));
    assert(!isPassing(404, '404 page not found'));
    assert(!isPassing(503, 'failed: memory\n'));
  });

  it("from the kubelet's Event about an exec probe", () => {
    assert.deepEqual(readKubeletNote('Readiness probe failed: GPU 0 is lost (gpu:)\n'), {
      check: 'gpu',
      message: 'its probe says "GPU 0 is lost"',
    });
    assert.deepEqual(readKubeletNote('Readiness probe failed: command timed out'), {
      check: 'hardware',
      message: 'its probe says "command timed out"',
    });
    assert.equal(readKubeletNote('Liveness probe failed: x (y)'), undefined);
  });

  it('in words of a stranger, which stand in quotation marks, on one line, and behind a scheme that is one', () => {
    const lie = '[-] kernel: fail, NODE MUST BE REINSTALLED". Pod\u202E\x1b[2Jkube-system/x\r\u2028says "all is lost\n';
    assert.deepEqual(readAgentAnswer(lie), {
      check: 'hardware',
      message: `its sidecar says "kernel: NODE MUST BE REINSTALLED'. Pod [2Jkube-system/x says 'all is lost"`,
    });
    assert.deepEqual(
      readAgentAnswer('[-] disk /data: fail, read-only, 1 ms, 1s ago\n[-] temperature #2: fail, hot\n'),
      {
        check: 'disk, temperature',
        message: 'its sidecar says "disk /data: read-only; temperature #2: hot"',
      },
    );
    for (const name of ['temperature-of-node', 'disk/data', 'Temperature', 'hardware', '']) {
      assert.equal(readAgentAnswer(`[-] ${name}x: fail, y`)?.check, 'hardware');
    }
    assert.deepEqual(readKubeletNote('Readiness probe failed: reboot now (kernel)'), {
      check: 'hardware',
      message: 'its probe says "kernel: reboot now"',
    });
  });

  it('in words that are cut, also in the JSON of the apiserver', () => {
    for (const text of ['x', '<', '&', '\\', 'é', '\u{1f525}', '\ud83d', '\u0007']) {
      const said = quoteWords(`a${text.repeat(5_000)}`);
      assert(JSON.stringify(said).replace(/[<>&]/g, '123456').length <= 256 + 10, said);
      assert(Buffer.byteLength(said) <= 256 + 5, said);
    }
    assert.equal(quoteWords('95 °C'), '"95 °C"');
  });

  it('in one go, whatever a stranger answers at the address of a Pod', () => {
    const answers = [
      `[-] ${': '.repeat(32_000)}\r`,
      `[-] a: ${', b'.repeat(21_000)} ago`,
      `[-] a: fail,${' '.repeat(64_000)} ago`,
      '[-] a: b\n'.repeat(7_000),
      `[-] ${'\u2028: '.repeat(16_000)}`,
    ];
    const before = process.cpuUsage();
    for (const text of answers) {
      const { check = '', message = '' } = readAgentAnswer(text) ?? {};
      assert(check.length <= 253 && message.length <= 512);
      isPassing(503, text);
      readKubeletNote(`Readiness probe failed: ${text}`);
    }
    const { user, system } = process.cpuUsage(before);
    assert((user + system) / 1_000 < 1_000, 'it took 1.5 s for one of them when it backtracked');
  });
});

describe('the sidecar of a Pod is asked', () => {
  const life = new AbortController();
  const hosts: (string | undefined)[] = [];
  // What listens beside the controller itself.
  const server = createServer(({ headers }, response) => {
    hosts.push(headers.host);
    response.end('ok');
  });
  let port = 0;
  before(async () => {
    await once(server.listen(0), 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(() => {
    life.abort();
    server.close();
  });

  const ask = (ip: string) => {
    const target = { mode: 'sidecar', containers: ['health-probe-hardware'], port } as const;
    return createSensorReader({} as Client, life.signal)(pod('web-0', 'node-a', { ip, target }), life.signal);
  };

  it('at its address, of either family', async () => {
    // A machine without IPv6 listens on the other alone.
    const isDual = (server.address() as AddressInfo).family === 'IPv6';
    for (const ip of isDual ? ['127.0.0.1', '::1'] : ['127.0.0.1']) assert.deepEqual(await ask(ip), { kind: 'passes' });
    assert.deepEqual(hosts.splice(0), isDual ? [`127.0.0.1:${port}`, `[::1]:${port}`] : [`127.0.0.1:${port}`]);
  });

  it('nowhere else: not at that of the controller where it has none yet, and at no name', async () => {
    for (const [ip, why] of [
      ['', 'it has no address yet'],
      ['localhost', 'its address is no IP address: "localhost"'],
    ] as const) {
      const message = `container health-probe-hardware is not ready, and its reading is not known: its sidecar could not be asked: ${why}`;
      assert.deepEqual(await ask(ip), { kind: 'unknown', reading: { check: 'hardware', message } });
    }
    assert.deepEqual(hosts, []);
  });
});
