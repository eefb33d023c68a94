import { equal, deepEqual } from 'node:assert/strict';
import { annotationWrittenMs, cutPause, maxPauseText, readPause } from '../../src/hold/pause.ts';

const read = (values: Record<string, string>) =>
  readPause(
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`example.com/${key}`, value])),
    'example.com/',
  );

describe('the annotation pause', () => {
  it('is a duration, and holds readiness only where that is asked', () => {
    deepEqual(read({ pause: '15m' }), { kind: 'pause', text: '15m', durationMs: 900_000, holdsReadiness: false });
    const asked = read({ pause: '1h30m', 'pause-readiness': 'true' });
    deepEqual(asked, { kind: 'pause', text: '1h30m', durationMs: 5_400_000, holdsReadiness: true });
    equal(read({ 'pause-readiness': 'true' }), undefined);
  });

  for (const text of ['', '15', '0m', '-1m', '1500ms', 'forever', '1m '.repeat(50)]) {
    it(`is refused where it says "${text.slice(0, 20)}"`, () => equal(read({ pause: text })?.kind, 'invalid'));
  }

  it('is refused where pause-readiness is neither true nor false', () => {
    const refused = read({ pause: '15m', 'pause-readiness': 'yes' });
    deepEqual(refused, {
      kind: 'invalid',
      key: 'example.com/pause-readiness',
      received: 'yes',
      expected: 'true or false',
    });
  });

  it('is cut to what the administrator allows', () => {
    deepEqual(cutPause(900_000, 3_600_000), { durationMs: 900_000, isCut: false });
    deepEqual(cutPause(7_200_000, 3_600_000), { durationMs: 3_600_000, isCut: true });
    equal(maxPauseText(3_600_000), '1h');
    equal(maxPauseText(5_400_000), '90m');
  });
});

const entry = (manager: string, time: string, ...keys: string[]) => ({
  manager,
  time: new Date(time),
  fieldsV1: { 'f:metadata': { 'f:annotations': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } },
});

describe('when an annotation was written', () => {
  it('is the last time of a manager that has it', () => {
    const managedFields = [
      entry('kubectl-create', '2026-11-30T10:00:00Z', 'a'),
      entry('kubectl-annotate', '2026-11-30T11:00:00Z', 'a', 'b'),
      entry('kubelet', '2026-11-30T12:00:00Z', 'c'),
    ];
    equal(annotationWrittenMs({ managedFields }, 'a'), Date.parse('2026-11-30T11:00:00Z'));
    equal(annotationWrittenMs({ managedFields }, 'd'), undefined);
    equal(annotationWrittenMs(undefined, 'a'), undefined);
  });
});
