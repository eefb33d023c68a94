import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount, createUser } from '@nats-io/jwt';
import { asking, refused, unhealthy } from './support/asking.ts';
import { certificateFor, writeCertificate } from './support/certificates.ts';
import { useDaemons } from './support/daemon.ts';
import { startNats } from './support/nats.ts';
import { createNatsOperator, credentialsOf, seedOf } from './support/nats-operator.ts';

const day = 24 * 60 * 60;
const now = Math.floor(Date.now() / 1_000);

describe('the agent asks a real nats that wants a signature', () => {
  const directory = useDaemons(['nats-server']);

  describe('of an nkey', () => {
    const [user, stranger] = [createUser(), createUser()];
    const [seed, wrong] = [seedOf(user), seedOf(stranger)];
    // Not its last letter, of which two bits mean nothing.
    const mistyped = `${seed.slice(0, 20)}${seed[20] === 'A' ? 'B' : 'A'}${seed.slice(21)}`;
    const env = { SEED: seed, WRONG: wrong, MISTYPED: mistyped, ACCOUNT: seedOf(createAccount()) };
    const { ask, codesOf, passes } = asking(env, Object.values(env));
    const users = `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`;

    it('logs in by its seed, and is alive without the right one', async () => {
      const nats = await startNats(directory, [users]);
      const file = join(directory, 'seed');
      writeFileSync(file, `${seed}\n`);
      for (const nkey of ['nkey=$SEED', `nkey-file=${file}`]) {
        const { code, line } = await ask(`nats://:${nats.port}?${nkey}`);
        assert.equal(code, 0, line);
        assert.match(line, /^PONG from nats /);
      }
      const logged = nats.log().length;
      for (const [nkey, reason] of [
        ['', /^it wants a login /],
        ['?nkey=$UNSET', /^environment variable UNSET is not set /],
        ['?nkey=$MISTYPED', /^nkey holds no seed of a user, expected a line of 58 letters from SU on, /],
        ['?nkey=$ACCOUNT', /^nkey holds no seed of a user, /],
        ['?nkey-file=/nowhere', /^cannot read \/nowhere: no such file /],
        ['?nkey=$WRONG', /^authorization violation /],
      ] as const) {
        // What cannot be right leaves nothing in the log.
        assert.equal(nats.log().length, logged);
        assert.deepEqual(await codesOf(`nats://:${nats.port}${nkey}`), refused);
        assert.match((await ask(`nats://:${nats.port}${nkey}`)).line, reason);
      }
      assert.match(nats.log().slice(logged), /authentication error/);
      await nats.kill();
    });

    it('is alive where nats takes none', async () => {
      const { port, kill } = await startNats(directory);
      assert.deepEqual(await codesOf(`nats://:${port}?nkey=$SEED`), refused);
      assert.match((await ask(`nats://:${port}?nkey=$SEED`)).line, /^it takes no login by nkey or JWT /);
      await kill();
    });

    it('logs in over TLS', async () => {
      const { cert, key, ca } = writeCertificate(directory, 'nats', certificateFor(['localhost']));
      const tls = `tls { cert_file: "${cert}", key_file: "${key}", timeout: 5 }`;
      const { port, kill } = await startNats(directory, [users, tls]);
      assert.equal((await ask(`nats://:${port}?tls&ca=${ca}&nkey=$SEED`)).code, 0);
      assert.deepEqual(await codesOf(`nats://:${port}?tls&ca=${ca}&nkey=$WRONG`), refused);
      await kill();
    });

    it('has nothing to log and nobody left after 200 checks', async () => {
      const nats = await startNats(directory, [users]);
      const logged = nats.log().length;
      await passes(`nats://:${nats.port}?nkey=$SEED`, 200);
      assert.equal(nats.log().slice(logged), '');
      assert.equal((await nats.counts())['connections'], 0);
      await nats.kill();
    });
  });

  describe('of a user of an operator', () => {
    it('logs in by credentials, and is alive without the right ones', async () => {
      const operator = await createNatsOperator();
      const [account, unknown] = [await operator.createAccount(), await operator.createAccount()];
      const [expired, full] = [await operator.createAccount({ exp: now - day }), await operator.createAccount({}, 0)];
      const env = {
        CREDS: await credentialsOf(account, { exp: now + day }),
        STOLEN: await credentialsOf(account, {}, createUser()),
        EXPIRED: await credentialsOf(account, { exp: now - day }),
        ELSEWHERE: await credentialsOf(unknown),
        LATE: await credentialsOf(expired),
        FULL: await credentialsOf(full),
        UNSIGNED: 'eyJ0eXAiOiJKV1QifQ.e30.c2ln\n',
      };
      const seeds = Object.values(env).flatMap((text) => text.match(/^(?:SU|eyJ).*/gm) ?? []);
      const { ask, codesOf, passes } = asking(env, seeds);
      const nats = await startNats(directory, operator.lines(account, expired, full));
      const file = join(directory, 'probe.creds');
      writeFileSync(file, env.CREDS);
      const logged = nats.log().length;
      for (const creds of ['creds=$CREDS', `creds-file=${file}`]) {
        const { code, line } = await ask(`nats://:${nats.port}?${creds}`);
        assert.equal(code, 0, line);
        assert.match(line, /^PONG from nats /);
      }
      await passes(`nats://:${nats.port}?creds=$CREDS`, 100);
      for (const [creds, reason] of [
        ['', /^it wants a login /],
        ['?creds=$UNSIGNED', /^credentials hold no seed of a user, /],
      ] as const) {
        assert.deepEqual(await codesOf(`nats://:${nats.port}${creds}`), refused);
        assert.match((await ask(`nats://:${nats.port}${creds}`)).line, reason);
      }
      assert.equal(nats.log().slice(logged), '');
      for (const name of ['STOLEN', 'EXPIRED', 'ELSEWHERE', 'LATE']) {
        const url = `nats://:${nats.port}?creds=$${name}`;
        assert.deepEqual(await codesOf(url), refused, name);
        assert.match((await ask(url)).line, /^authorization violation /, name);
      }
      assert.deepEqual(await codesOf(`nats://:${nats.port}?creds=$FULL`), unhealthy);
      assert.match((await ask(`nats://:${nats.port}?creds=$FULL`)).line, /^maximum account active connections /);
      await nats.kill();
    });

    it('is alive with a JWT that is longer than nats reads', async () => {
      const operator = await createNatsOperator();
      const account = await operator.createAccount();
      const { ask, codesOf } = asking({ CREDS: await credentialsOf(account) }, []);
      const { port, kill } = await startNats(directory, [...operator.lines(account), 'max_control_line: 256']);
      assert.deepEqual(await codesOf(`nats://:${port}?creds=$CREDS`), refused);
      assert.match((await ask(`nats://:${port}?creds=$CREDS`)).line, /^maximum control line exceeded /);
      await kill();
    });
  });
});
