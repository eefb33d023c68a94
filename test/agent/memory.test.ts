import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventually } from '../support/eventually.ts';
import { serve } from './support/agent.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { startSlapd } from './support/ldap-server.ts';
import { startMemcached } from './support/memcached.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { startNats } from './support/nats.ts';
import { startDnsmasq, startNginx, startRedis } from './support/servers.ts';

const runs = 30;

/** The resident memory of a `serve` that has made each of these checks so often. */
async function residentBytes(checks: readonly string[]): Promise<number> {
  const agent = await serve(['--period', '200ms', ...checks]);
  const passed = /^health_probe_checks_total\{.*verdict="pass"\} (\d+)/gm;
  await eventually('checks that all pass', 20_000, async () => {
    const counts = [...(await agent.get('/metrics')).body.matchAll(passed)].map(([, count]) => Number(count));
    return counts.length === checks.length && Math.min(...counts) >= runs;
  });
  assert.equal((await agent.get('/readyz?verbose')).status, 200);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1];
  await agent.stop();
  return Number(resident) * 1_024;
}

describe('serve with ten checks of ten kinds', () => {
  const packages = ['redis-server', 'memcached', 'dnsmasq-base', 'nginx-light', 'nats-server', 'mosquitto', 'slapd'];
  const directory = useDaemons(packages);

  it('takes no more than 2 MB, and with one of them over TLS half a megabyte more', async () => {
    const { cert, key, ca } = writeCertificate(directory, 'memory', certificateFor(['localhost']));
    const [plain, secure] = [await freePort(), await freePort()];
    const tls = `ssl_certificate ${cert}; ssl_certificate_key ${key}`;
    const listen = `listen 127.0.0.1:${plain}; listen 127.0.0.1:${secure} ssl`;
    const [redis, memcached, dnsmasq, nats, mosquitto, slapd] = await Promise.all([
      startRedis(directory),
      startMemcached(),
      startDnsmasq(['host-record=one.test,192.0.2.1']),
      startNats(directory),
      startMosquitto(directory, ['allow_anonymous true']),
      startSlapd(directory, 'correct-horse-battery-staple', undefined),
      startNginx(directory, `server { ${listen}; ${tls}; location / { return 200 well; } }`, plain),
    ]);
    const nine = [
      `redis://:${redis.port}?role=primary`,
      `memcached://:${memcached.port}`,
      `dns://:${dnsmasq.port}/one.test`,
      `nats://:${nats.port}`,
      `mqtt://:${mosquitto.port}`,
      `ldap://:${slapd.port}`,
      `tcp://:${redis.port}`,
      `listen://:${redis.port}`,
      `file://${cert}`,
    ];
    const inTheClear = await residentBytes([...nine, `http://:${plain}/?body=well`]);
    const overTls = await residentBytes([...nine, `https://:${secure}/?body=well&ca=${ca}`]);
    assert(inTheClear <= 2_000_000, `${inTheClear} bytes`);
    assert(overTls <= 2_500_000, `${overTls} bytes`);
  });
});
