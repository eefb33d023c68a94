import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, runToEnd } from '../support/process.ts';
import { program } from './support/agent.ts';
import { asking, refused } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { startRedis } from './support/servers.ts';

const { ask, codesOf } = asking({}, []);

/** Options of `openssl genpkey` for keys of which ring reads none. */
const unreadKeys = {
  'P-521': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  Ed448: ['-algorithm', 'ED448'],
  'RSASSA-PSS': ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'RSA-1024': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
};

/** The agent's line and code as another user, or with so few descriptors. */
const as = (words: readonly string[], url: string) =>
  runToEnd('setpriv', [...words, program, 'check', '--probe', 'liveness', url], {});

describe('the agent asks TLS servers that speak what it does not', () => {
  const directory = useDaemons(['openssl', 'redis-server']);
  const { cert, key, ca } = writeCertificate(directory, 'good', certificateFor(['localhost', '127.0.0.1']));
  const client = writeCertificate(directory, 'client', clientCertificate('probe'));

  /** The port of an `openssl s_server` that answers HTTP. */
  async function serverWith(...options: string[]): Promise<number> {
    const port = await freePort();
    const withKey = options.includes('-key') ? [] : ['-cert', cert, '-key', key];
    await startDaemon('openssl', ['s_server', '-www', '-accept', `127.0.0.1:${port}`, ...withKey, ...options], port);
    return port;
  }

  /** The port of one with a key of its own, and its certificate. */
  async function serverOf(name: string, options: readonly string[], version: string) {
    const [ownKey, ownCert] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
    await must('openssl', ['genpkey', ...options, '-out', ownKey]);
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await must('openssl', ['req', '-x509', '-key', ownKey, ...names, '-out', ownCert]);
    const weak = name === 'RSA-1024' ? ['-cipher', 'DEFAULT@SECLEVEL=0'] : [];
    return { port: await serverWith(version, '-key', ownKey, '-cert', ownCert, ...weak), cert: ownCert };
  }

  for (const [name, options] of Object.entries(unreadKeys)) {
    for (const version of ['-tls1_2', '-tls1_3']) {
      it(`one with a key of ${name} is never dead by ${version.slice(1)}`, async () => {
        const server = await serverOf(name, options, version);
        const { code, line } = await ask(`https://:${server.port}`);
        if (version === '-tls1_3' || name === 'RSA-1024') {
          assert.equal(code, 0, line);
        } else {
          // In TLS 1.2 the curve of the key has to be one of those that keys are exchanged by, too, or the cipher fit it.
          assert.deepEqual(await codesOf(`https://:${server.port}`), refused, line);
        }
        assert.deepEqual(await codesOf(`https://:${server.port}?ca=${server.cert}`), refused);
      });
    }
  }

  for (const [what, options] of Object.entries({
    'TLS 1.2 with CBC only': ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA'],
    'TLS 1.2 with DHE only': ['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256'],
    'TLS 1.2 with RSA key exchange only': ['-tls1_2', '-cipher', 'AES128-GCM-SHA256'],
    'TLS 1.1 only': ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'],
    'the group P-521 only': ['-tls1_3', '-groups', 'P-521'],
  })) {
    it(`one that speaks ${what} is alive`, async () => {
      const port = await serverWith(...options);
      for (const scheme of ['https', 'tls']) {
        const { line } = await ask(`${scheme}://:${port}`);
        assert.match(line, /^(peer refused the TLS handshake|no TLS version or cipher in common): /);
        assert.deepEqual(await codesOf(`${scheme}://:${port}`), refused, line);
      }
    });
  }

  for (const version of ['-tls1_2', '-tls1_3']) {
    it(`one that wants a client certificate by ${version.slice(1)} is alive without it`, async () => {
      const port = await serverWith(version, '-Verify', '1', '-CAfile', client.ca, '-verify_return_error');
      const { line } = await ask(`https://:${port}`);
      assert.match(line, /^peer asks for a client certificate/);
      assert.deepEqual(await codesOf(`https://:${port}`), refused);
      assert.equal((await ask(`https://:${port}?cert=${client.cert}&key=${client.key}`)).code, 0);
    });

    it(`a redis that wants a client certificate by ${version.slice(1)} is alive without it`, async () => {
      const port = await freePort();
      const files = [`tls-cert-file ${cert}`, `tls-key-file ${key}`, `tls-ca-cert-file ${ca}`];
      const protocol = `tls-protocols ${version === '-tls1_2' ? 'TLSv1.2' : 'TLSv1.3'}`;
      await startRedis(directory, [`tls-port ${port}`, protocol, ...files]);
      const { line } = await ask(`redis://:${port}?tls`);
      assert.match(line, /^peer asks for a client certificate/);
      assert.deepEqual(await codesOf(`redis://:${port}?tls`), refused);
      assert.equal((await ask(`redis://:${port}?tls&cert=${client.cert}&key=${client.key}`)).code, 0);
    });
  }

  it('one that insists on its name is told none that nobody gave', async () => {
    const port = await serverWith('-servername', 'api.test', '-servername_fatal', '-cert2', cert, '-key2', key);
    assert.equal((await ask(`https://:${port}`)).code, 0);
    assert.equal((await ask(`https://:${port}?server-name=api.test`)).code, 0);
    const wrong = `https://:${port}?server-name=other.test`;
    assert.match((await ask(wrong)).line, /^peer refused the TLS handshake: unrecognised name /);
    assert.deepEqual(await codesOf(wrong), refused);
  });
});

describe('the agent meets a limit of its own', () => {
  const directory = useDaemons([]);

  it('a file in a folder that is closed to it is no missing one', async () => {
    await must('mkdir', ['-m', '0700', join(directory, 'closed')]);
    await must('chmod', ['0755', directory]);
    const file = join(directory, 'closed/heartbeat');
    writeFileSync(file, '');
    const nobody = ['--reuid=65532', '--regid=65532', '--clear-groups'];
    const { code, out } = await as(nobody, `file://${file}`);
    assert.match(out, /^the check cannot be made: permission denied /);
    assert.equal(code, 0);
  });

  it('without a descriptor nothing is dead', async () => {
    const port = await freePort();
    await startRedis(directory, [], port);
    for (const url of [
      `redis://:${port}`,
      `http://:${port}`,
      `dns://:${port}/a.test`,
      'exec:true',
      'file:///etc/passwd',
    ]) {
      const script = `ulimit -n 3; exec ${program} check --probe liveness '${url}'`;
      const { code, out } = await runToEnd('sh', ['-c', script], {});
      assert.equal(code, 0, out);
    }
  });
});
