import assert from 'node:assert/strict';
import { assertNoSecret, secretIn } from './support/secrets.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the search for secrets in what the tests are shown', () => {
  const password = 'correct-horse-battery-staple';

  for (const [name, text] of Object.entries({
    'in the clear': `login refused for ${password}`,
    'in other letters': 'WRONG-HORSE-BATTERY-STAPLE',
    'in a part': 'pass horse-bat',
    'in base64': `auth ${base64(password)}`,
    'in base64 behind a user': base64(`\0probe\0${password}`),
    'in base64 behind one more letter': base64(`\0prober\0${password}`),
    'in base64 behind two more letters': base64(`\0proberer\0${password}`),
    'in hexadecimal': Buffer.from(password).toString('hex'),
    'as the key of a certificate': '-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n',
    'as the token of an account': 'Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6Ilg',
  })) {
    it(`finds one ${name}`, () => {
      assert(secretIn(`redis: ${text}, after 1 ms`));
      assert.throws(() => assertNoSecret('a log', text), /^AssertionError.*: a log shows a secret: /);
    });
  }

  it('finds one that only the caller knows', () => {
    assert.equal(secretIn('a key: MHcCAQ', ['MHcCAQ']), 'a key: MHcCAQ');
  });

  it('finds none in what is said every day', () => {
    const text = 'error 1045: Access denied for user (using password: YES) (mysql 127.0.0.1:3306 as $PASSWORD, 1.2 ms)';
    assert.equal(secretIn(text, ['MHcCAQ']), undefined);
    assertNoSecret('a log', `${text} -----BEGIN CERTIFICATE-----`);
  });
});
