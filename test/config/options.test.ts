import assert from 'node:assert/strict';
import { defineOptions, optionHelp, readOptions, seconds, text, wholeNumber } from '../../src/config/options.ts';

const options = defineOptions({
  name: { default: 'nobody', parse: text, doc: 'who it is' },
  'wait-seconds': { default: '5', parse: seconds(2), doc: 'how long' },
  share: { default: '1', parse: wholeNumber(1, 100), doc: 'of all' },
});

describe('options', () => {
  it('are read from what is given, then from the environment, then from their defaults', () => {
    const env = { HEALTH_INJECTOR_NAME: 'environment', HEALTH_INJECTOR_WAIT_SECONDS: '7' };
    assert.deepEqual(readOptions(options, { name: 'given', share: undefined }, env), {
      values: { name: 'given', waitSeconds: 7, share: 1 },
    });
  });

  it('are wrong in one sentence for each', () => {
    assert.deepEqual(readOptions(options, { 'wait-seconds': '100', share: '01' }, {}), {
      problems: [
        '--wait-seconds is "100", expected a count of seconds.',
        '--share is "01", expected a whole number from 1 to 100.',
      ],
    });
  });

  it('say in the help what they mean and what they are without a word', () => {
    assert.match(optionHelp('the program', options), /^the program\n\n {2}--name +who it is \(nobody\)\n/);
  });
});
