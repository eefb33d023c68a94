import assert from 'node:assert/strict';
import { isRefusal } from '../../src/check/check.ts';
import { parseCheck } from '../../src/check/parse.ts';

const accepted: Readonly<Record<string, { readonly path: string; readonly options: object }>> = {
  'node://KernelDeadlock': { path: 'KernelDeadlock', options: {} },
  'gpu=node://AcceleratedHardwareReady?status=False&for=5m': {
    path: 'AcceleratedHardwareReady',
    options: { status: 'False', for: '5m' },
  },
  'node://network.example.com/CNIReady?status=Unknown': {
    path: 'network.example.com/CNIReady',
    options: { status: 'Unknown' },
  },
};

const expected = 'expected the type of a condition of the node, such as KernelDeadlock';
const refused: Readonly<Record<string, string>> = {
  'node:KernelDeadlock': 'node is followed by "KernelDeadlock", expected //CONDITION',
  'node:/KernelDeadlock': 'node is followed by "/KernelDeadlock", expected //CONDITION',
  'node://': `condition is "", ${expected}`,
  'node://a/b/c': `condition is "a/b/c", ${expected}`,
  'node://-Deadlock': `condition is "-Deadlock", ${expected}`,
  'node://Ready?status=False':
    'condition is "Ready", expected another: the cluster itself takes Pods off a node that is not ready',
  'node://KernelDeadlock?status=true': 'option status is "true", expected one of True, False, Unknown',
  'node://KernelDeadlock?for=6/10': 'option for is "6/10", expected a duration such as 10s, 1m30s or 500ms',
  'node://KernelDeadlock?strict': 'option is "strict", expected one of for, status for node',
};

describe('the check of a condition of the node', () => {
  for (const [text, { path, options }] of Object.entries(accepted)) {
    it(`is read from ${text}`, () => {
      const check = parseCheck(text);
      assert(!isRefusal(check), JSON.stringify(check));
      assert.deepEqual(
        { scheme: check.scheme, path: check.path, options: Object.fromEntries(check.options), files: check.files },
        { scheme: 'node', path, options, files: [] },
      );
    });
  }

  for (const [text, sentence] of Object.entries(refused)) {
    it(`is not ${text}`, () => {
      const refusal = parseCheck(text);
      assert(isRefusal(refusal), JSON.stringify(refusal));
      assert.equal(`${refusal.received}, expected ${refusal.expected}`, sentence);
    });
  }
});
