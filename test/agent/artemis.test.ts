import assert from 'node:assert/strict';
import { type ArtemisServer, installArtemis, startArtemis } from './support/artemis.ts';
import { eventually } from '../support/eventually.ts';
import { asking, refused } from './support/asking.ts';
import { bring } from './support/bring.ts';
import { type CertificateFiles, certificateFor, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };
const { ask, codesOf, passes, timesOut } = asking(env, [password, env.WRONG]);

describe('the agent asks a real ActiveMQ Artemis in AMQP 1.0', () => {
  const directory = useDaemons([]);
  bring('ActiveMQ Artemis', installArtemis);
  let certificate: CertificateFiles;
  let artemis: ArtemisServer;
  let at: string;

  before(async function () {
    this.timeout(120_000);
    certificate = writeCertificate(directory, 'artemis', certificateFor(['localhost']));
    artemis = await startArtemis(directory, certificate, { user: 'probe', password });
    at = `:${artemis.port}?version=1.0`;
    // The first connection takes the time in which its classes are loaded.
    await eventually('an answer', 30_000, async () => (await ask(`amqp://probe:$PASSWORD@${at}`)).code === 0);
  });

  it('the mechanisms of its login pass without one', async () => {
    const { code, line } = await ask(`amqp://${at}`);
    assert.equal(code, 0, line);
    assert.match(line, /^AMQP 1\.0, offers PLAIN ANONYMOUS \(amqp /);
  });

  it('a login opens the connection', async () => {
    const { code, line } = await ask(`amqp://probe:$PASSWORD@${at}`);
    assert.equal(code, 0, line);
    assert.match(line, /^apache-activemq-artemis 2\.40\.0 \(amqp /);
    await passes(`amqp://probe:$PASSWORD@${at}`, 100);
  });

  for (const [what, login, reason] of [
    ['a wrong password', 'probe:$WRONG', /^login refused \(amqp /],
    ['an unknown user', 'nobody:$PASSWORD', /^login refused \(amqp /],
    ['nobody, whom SASL lets in and the broker does not', 'nobody', /^login refused \(amqp:unauthorized-access\) /],
  ] as const) {
    it(`is alive, not ready, with ${what}`, async () => {
      assert.deepEqual(await codesOf(`amqp://${login}@${at}`), refused);
      assert.match((await ask(`amqp://${login}@${at}`)).line, reason);
    });
  }

  it('is alive, not ready, for a check of version 0-9-1, which it does not speak', async () => {
    const url = `amqp://:${artemis.port}`;
    assert.deepEqual(await codesOf(url), refused);
    assert.match((await ask(url)).line, /^it speaks AMQP 1\.0\.0, not 0-9-1: use \?version=1\.0 /);
  });

  it('verifies the certificate over TLS', async () => {
    const url = `amqp://probe:$PASSWORD@:${artemis.tlsPort}?version=1.0&tls`;
    for (const [trust, code] of [
      ['', 0],
      [`&ca=${certificate.ca}`, 0],
      [`&ca=${certificate.otherCa}`, 4],
    ] as const)
      assert.equal((await ask('--timeout', '2s', url + trust)).code, code, trust);
  });

  it('when it is stopped it is 3, in time, and when it is killed 2', async () => {
    await timesOut(artemis, `amqp://${at}`);
    await artemis.kill();
    assert.equal((await ask('--probe', 'liveness', `amqp://${at}`)).code, 2);
  });
});
