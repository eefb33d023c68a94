import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { type Checked, check } from './support/agent.ts';
import { asking } from './support/asking.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { type Slapd, startSlapd } from './support/ldap-server.ts';

const password = 'correct-horse-battery-staple';
const env = {
  PASSWORD: password,
  WRONG: 'wrong-horse-battery-staple',
  EMPTY: '',
  BIND_DN: 'cn=admin,dc=example,dc=test',
};
const { refusesStranger } = asking(env, [password, env.WRONG]);
const lines: string[] = [];

/** As the agent's `check`, with every line kept for the last test. */
async function ask(...args: string[]): Promise<Checked> {
  const checked = await check(args, env);
  lines.push(checked.line);
  return checked;
}

/** The exit codes of liveness and readiness, and the line of the second. */
async function codesOf(url: string): Promise<readonly [number | null, number | null, string]> {
  const { code: liveness } = await ask('--probe', 'liveness', url);
  const { code: readiness, line } = await ask(url);
  return [liveness, readiness, line];
}

describe('the agent asks a real slapd', () => {
  const directory = useDaemons(['slapd']);
  const files = writeCertificate(directory, 'ldap', certificateFor(['localhost', 'ldap.test']));
  const client = writeCertificate(directory, 'client', certificateFor(['client.test']));
  const { ca, otherCa } = files;
  const file = join(directory, 'password');
  const start = (...options: string[]): Promise<Slapd> => startSlapd(directory, password, files, options);
  const dn = `bind-dn=${env.BIND_DN}`;
  let slapd: Slapd;
  before(async () => {
    writeFileSync(file, `${password}\n`);
    slapd = await start();
  });

  it('the root DSE passes, by a port and by a socket', async () => {
    const { code, line } = await ask(`ldap://:${slapd.port}`);
    assert.equal(code, 0);
    assert.match(line, /^root DSE of of the tests \(ldap 127\.0\.0\.1:\d+, \d+\.\d ms\)$/);
    assert.equal((await ask(`ldap://${slapd.socket}`)).code, 0);
  });

  it('a login passes, whichever way it is given', async () => {
    for (const url of [
      `ldap://:$PASSWORD@:${slapd.port}?${dn}`,
      `ldap://$BIND_DN:$PASSWORD@:${slapd.port}`,
      `ldap://$BIND_DN@:${slapd.port}?password-file=${file}`,
      `ldap://:$PASSWORD@${slapd.socket}?${dn}`,
      `ldap://:$PASSWORD@:${slapd.port}?${dn}&starttls&ca=${ca}`,
      `ldap://:$PASSWORD@:${slapd.secure}?${dn}&tls&ca=${ca}`,
    ]) {
      const { code, line } = await ask(url);
      assert.match(line, /^bound \(/);
      assert.equal(code, 0);
    }
  });

  for (const [what, login, reason] of [
    ['a wrong password', `ldap://:$WRONG@:PORT?${dn}`, /^invalid credentials \(49\) /],
    ['an unknown name', 'ldap://:$PASSWORD@:PORT?bind-dn=cn=nobody', /^invalid credentials \(49\) /],
    ['a name that is no DN', 'ldap://nobody:$PASSWORD@:PORT', /^invalid DN syntax \(34\) /],
    ['an empty password', `ldap://:$EMPTY@:PORT?${dn}`, /^the login has no password /],
    ['no password', `ldap://:PORT?${dn}`, /^the login has no password /],
    ['a password only', 'ldap://:$PASSWORD@:PORT', /^the login has no name, a user or bind-dn /],
    ['a variable that is not set', `ldap://:$UNSET@:PORT?${dn}`, /^environment variable UNSET is not set /],
  ] as const) {
    it(`is alive, not ready, with ${what}`, async () => {
      const [liveness, readiness, line] = await codesOf(login.replace('PORT', `${slapd.port}`));
      assert.match(line, reason);
      assert.deepEqual([liveness, readiness], [0, 4]);
    });
  }

  it('over TLS, at once or by an upgrade, with the authority and the name verified', async () => {
    for (const url of [`ldap://:${slapd.port}?starttls`, `ldap://:${slapd.secure}?tls`]) {
      for (const [trust, code, reason] of [
        ['', 0, /^root DSE /],
        [`&ca=${ca}`, 0, /^root DSE /],
        [`&ca=${ca}&server-name=ldap.test`, 0, /^root DSE /],
        [`&ca=${otherCa}`, 4, /^certificate not trusted: unknown issuer /],
        [`&ca=${ca}&server-name=other.test`, 4, /^certificate is not valid for name other\.test /],
      ] as const) {
        const checked = await ask(url + trust);
        assert.match(checked.line, reason);
        assert.equal(checked.code, code);
      }
    }
    assert.equal((await ask(`ldap://:${slapd.secure}`)).code, 4);
    assert.equal((await ask(`ldap://:${slapd.port}?tls`)).code, 4);
  });

  it('is left with an unbind two hundred times', async function () {
    const quiet = await start();
    // What waited for the port to be open has left a line of its own.
    await eventually('a slapd at rest', 8_000, async () => / closed \(connection lost\)\n/.test(quiet.log()));
    const logged = quiet.log().length;
    const urls = [
      `ldap://:${quiet.port}`,
      `ldap://:$PASSWORD@:${quiet.port}?${dn}`,
      `ldap://:${quiet.port}?starttls`,
      `ldap://:$WRONG@:${quiet.secure}?tls&${dn}`,
    ];
    for (let count = 0; count < 200; count++) assert.equal((await ask(urls[count % 4]!)).code, count % 4 === 3 ? 4 : 0);
    const count = (pattern: RegExp): number => quiet.log().slice(logged).match(pattern)?.length ?? 0;
    await eventually('every end', 8_000, async () => count(/ closed\n/g) === 200);
    assert.deepEqual([count(/ ACCEPT /g), count(/ UNBIND\n/g), count(/ SRCH base=""/g)], [200, 200, 100]);
    assert.equal(count(/ closed \(|TLS: can't| deferring|error/g), 0);
    await quiet.kill();
  });

  it('with a client certificate where it wants one', async () => {
    const strict = await start('TLSVerifyClient demand');
    for (const url of [`ldap://:${strict.port}?starttls&ca=${ca}`, `ldap://:${strict.secure}?tls&ca=${ca}`]) {
      const { code, line } = await ask(`${url}&cert=${client.cert}&key=${client.key}`);
      assert.equal(code, 0, line);
      const [liveness, readiness, why] = await codesOf(url);
      assert.deepEqual([liveness, readiness], [0, 4], why);
      await refusesStranger(url, directory);
    }
    await strict.kill();
  });

  for (const [what, option, url, readiness, reason] of [
    [
      'that takes logins over TLS only',
      'security simple_bind=128',
      `ldap://:$PASSWORD@:PORT?${dn}`,
      4,
      /^confidentiality required \(13\) /,
    ],
    [
      'that wants a login',
      'require authc',
      'ldap://:PORT',
      1,
      /^unwilling to perform \(53\): authentication required /,
    ],
    ['that serves no searches', 'restrict search', 'ldap://:PORT', 1, /^unwilling to perform \(53\): /],
  ] as const) {
    it(`${what} is alive, not ready`, async () => {
      const closed = await start(option);
      const [liveness, code, line] = await codesOf(url.replace('PORT', `${closed.port}`));
      assert.match(line, reason);
      assert.deepEqual([liveness, code], [0, readiness]);
      if (option.startsWith('security')) {
        assert.equal((await ask(`${url.replace('PORT', `${closed.port}`)}&starttls`)).code, 0);
      }
      await closed.kill();
    });
  }

  it('that has no TLS is alive, not ready for it', async () => {
    const plain = await startSlapd(directory, password, undefined);
    const [liveness, readiness, line] = await codesOf(`ldap://:${plain.port}?starttls`);
    assert.deepEqual([liveness, readiness], [0, 4], line);
    await plain.kill();
  });

  it('when it is stopped it is 3, in time, and 2 when it is gone', async () => {
    const stopped = await start();
    stopped.signal('SIGSTOP');
    for (const url of [`ldap://:${stopped.port}`, `ldap://:${stopped.port}?starttls`]) {
      const { code, line } = await check(['--timeout', '300ms', url]);
      assert.equal(code, 3);
      assert.match(line, /^timed out after 300ms /);
    }
    await stopped.kill();
    assert.equal((await ask(`ldap://:${stopped.port}`)).code, 2);
    assert.equal((await ask(`ldap://${stopped.socket}`)).code, 2);
    assert.equal((await ask(`ldap://:${await freePort()}`)).code, 2);
  });

  after('no line holds a password', () => {
    for (const line of lines) for (const secret of [env.PASSWORD, env.WRONG]) assert(!line.includes(secret), line);
  });
});
