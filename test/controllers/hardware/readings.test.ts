import assert from 'node:assert/strict';
import { isPassing, readAgentAnswer, readKubeletNote } from '../../../src/controllers/hardware/readings.ts';

describe('what fails in a Pod is read', () => {
  it("from the agent's lines, without what passes and without how long it took", () => {
    const body =
      '[+] memory: pass, no errors, 0.1 ms, 1s ago\n' +
      '[-] temperature: fail, coretemp is 95 °C, more than 90 °C, 0.2 ms, 1s ago\n' +
      '[-] nic: stale, last was fail, eth0 is down, 0.5 ms, 1m39s ago\nfailed: temperature, nic\n';
    assert.deepEqual(readAgentAnswer(body), {
      check: 'temperature, nic',
      message: 'coretemp is 95 °C, more than 90 °C; stale, last was fail, eth0 is down',
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
      check: 'gpu:',
      message: 'GPU 0 is lost',
    });
    assert.deepEqual(readKubeletNote('Readiness probe failed: command timed out'), {
      check: 'readiness probe',
      message: 'command timed out',
    });
    assert.equal(readKubeletNote('Liveness probe failed: x (y)'), undefined);
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
