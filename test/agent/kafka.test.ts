import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { type Checked, check } from './support/agent.ts';
import { asking } from './support/asking.ts';
import { bring } from './support/bring.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type KafkaServer, installKafka, startKafka } from './support/kafka.ts';
import { recordFaults } from './support/situations.ts';
import { livesThroughFaults } from './support/faults.ts';
import { livesThroughTls } from './support/terminator.ts';
import { aliveIn, changesOf, endAsked, wordOf } from './support/life.ts';

const { codesOf, refusesStranger } = asking({}, []);

const mostConnections = 30;

const pause = () => new Promise<false>((resolve) => setTimeout(resolve, 100, false));

describe('the agent asks a real Kafka broker', () => {
  const directory = useDaemons([]);
  bring('Kafka', installKafka);
  const certificate = writeCertificate(directory, 'kafka', certificateFor(['localhost', 'kafka.test']));
  const { cert, key, ca, otherCa } = certificate;
  const client = writeCertificate(directory, 'client', clientCertificate('probe'));
  const trusting = `tls&ca=${ca}`;
  const starting: Checked[] = [];
  let kafka: KafkaServer;

  before(async function () {
    this.timeout(180_000);
    const started = startKafka(directory, {
      certificate,
      users: { probe: 'correct-horse' },
      lines: [`max.connections.per.ip=${mostConnections}`],
    });
    const done = started.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([done, pause()]))) {
      const port = readdirSync(directory)
        .find((name) => name.startsWith('kafka-'))
        ?.slice('kafka-'.length);
      if (port) starting.push(await check(['--timeout', '200ms', `kafka://:${port}`]));
    }
    kafka = await started;
  });
  after(() => kafka?.kill());

  it('is not there while it starts: the port opens once the controllers have let the broker in', async () => {
    const codes = starting.map(({ code }) => code);
    const { code: first } = await check([`kafka://:${kafka.ports.plain}`]);
    assert.equal(first, 0);
    codes.push(first);
    recordFaults('kafka:', [['starting', changesOf(codes.map(wordOf)).join(', ')]]);
    assert(codes.length > 5, `${codes.length} checks`);
    assert.match(codes.join(''), /^2+0*$/);
  });

  it('is alive through a network that fails after its answer, and whatever TLS is before it', async () => {
    const port = kafka.ports.plain;
    await livesThroughFaults({ url: 'kafka://:PORT', port, provenAfter: 1 });
    await livesThroughTls(directory, { url: 'kafka://:PORT?tls', port });
  });

  it('a list of APIs passes', async () => {
    const { code, line } = await check([`kafka://:${kafka.ports.plain}`]);
    assert.equal(code, 0, line);
    assert.match(
      line,
      new RegExp(`^ApiVersions answered, \\d\\d APIs \\(kafka 127\\.0\\.0\\.1:${kafka.ports.plain}, \\d+\\.\\d ms\\)$`),
    );
  });

  it('a listener that wants a login answers without one', async () => {
    assert.equal((await check([`kafka://:${kafka.ports.sasl}`])).code, 0);
    await aliveIn('no login', { url: 'kafka://:PORT', port: kafka.ports.sasl });
    assert.equal((await check([`kafka://:${kafka.ports.saslTls}?${trusting}`])).code, 0);
  });

  it('nobody there is 2', async () => {
    const { code, line } = await check([`kafka://:${await freePort()}`]);
    assert.equal(code, 2);
    assert.match(line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  describe('over TLS', () => {
    it('passes with the right authority, and without any', async () => {
      for (const trust of ['tls', trusting, `${trusting}&server-name=kafka.test`]) {
        const { code, line } = await check([`kafka://:${kafka.ports.tls}?${trust}`]);
        assert.equal(code, 0, line);
      }
    });

    it('refuses an authority that did not sign, and another name', async () => {
      for (const [trust, reason] of [
        [`tls&ca=${otherCa}`, /^certificate not trusted: unknown issuer /],
        [`${trusting}&server-name=other.test`, /^certificate is not valid for name other\.test /],
      ] as const) {
        const { code, line } = await check([`kafka://:${kafka.ports.tls}?${trust}`]);
        assert.equal(code, 4);
        assert.match(line, reason);
      }
    });

    it('passes with a certificate where one is wanted, and is alive, not ready, without', async () => {
      const url = `kafka://:${kafka.ports.mutualTls}?${trusting}`;
      assert.equal((await check([`${url}&cert=${client.cert}&key=${client.key}`])).code, 0);
      // That of a server is none of a client to Java.
      for (const refused of [url, `${url}&cert=${cert}&key=${key}`]) {
        assert.deepEqual(await codesOf(refused), { liveness: 0, readiness: 4, startup: 0 });
        assert.match((await check([refused])).line, /^peer refused the client certificate: /);
      }
      await refusesStranger(url, directory);
    });

    it('says so where the check has no TLS', async () => {
      assert.deepEqual(await codesOf(`kafka://:${kafka.ports.tls}`), { liveness: 0, readiness: 4, startup: 0 });
      assert.match((await check([`kafka://:${kafka.ports.tls}`])).line, /TLS/);
    });

    it('never passes where the broker speaks in the clear', async () => {
      const { code, line } = await check([`kafka://:${kafka.ports.plain}?tls`]);
      assert.equal(code, 4, line);
    });
  });

  describe('again and again, a broker', () => {
    it('has nothing to log about two hundred checks', async function () {
      const logged = kafka.log().length;
      const urls = [
        `kafka://:${kafka.ports.plain}`,
        `kafka://:${kafka.ports.tls}?${trusting}`,
        `kafka://:${kafka.ports.sasl}`,
      ];
      for (let count = 0; count < 200; count++) assert.equal((await check([urls[count % 3]!])).code, 0);
      assert.equal(kafka.log().slice(logged), '');
    });

    it('which is full closes without a word, and that is a failure', async () => {
      const url = `kafka://:${kafka.ports.plain}`;
      const guests: Socket[] = [];
      const invite = (): void => {
        const guest = connect(kafka.ports.plain, '127.0.0.1');
        guest.on('error', () => {});
        guests.push(guest);
      };
      for (let count = 0; count < mostConnections; count++) invite();
      const { line } = await eventually('a full broker', 8_000, async () => {
        const checked = await check([url]);
        // One that was let in had the place of a guest.
        if (checked.code === 0) invite();
        return checked.code === 4 && checked;
      });
      assert.match(line, /^connection (closed|reset) before the answer/);
      await aliveIn('full', { url: 'kafka://:PORT', port: kafka.ports.plain }, 'closes');
      for (const guest of guests) guest.destroy();
      await eventually('room', 8_000, async () => (await check([url])).code === 0);
    });

    it('when it is stopped it is 3, in time, and when it is killed 2', async () => {
      kafka.signal('SIGSTOP');
      for (const probe of ['liveness', 'readiness']) {
        const url = `kafka://:${kafka.ports.plain}`;
        const { code, line } = await check(['--probe', probe, '--timeout', '300ms', url]);
        assert.equal(code, 3);
        assert.match(line, /^timed out after 300ms /);
      }
      kafka.signal('SIGCONT');
      assert.equal((await check([`kafka://:${kafka.ports.plain}`])).code, 0);
      await endAsked(kafka, { url: 'kafka://:PORT', port: kafka.ports.plain });
      assert.deepEqual(await codesOf(`kafka://:${kafka.ports.plain}`), { liveness: 2, readiness: 2, startup: 2 });
    });
  });
});
