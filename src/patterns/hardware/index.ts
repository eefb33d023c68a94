import { type Check, type Refusal, isHardware } from '../../check/check.ts';
import { definePattern } from '../pattern.ts';
import { planExec } from './plan-exec.ts';
import { planSidecar } from './plan-sidecar.ts';

/** The node's hardware decides whether the Pod is ready, and by that where it runs. The application is never killed. */
export const hardware = definePattern({
  summary: "the node's hardware: a native sidecar that is not ready where it fails, so that the Pod is moved",
  fills: ['readiness'],
  obstacle,
  plan: (wishes, context) =>
    context.intent.hardware.mode === 'cli' ? planExec(wishes, context) : planSidecar(wishes, context),
});

function obstacle(checks: readonly Check[]): Refusal | undefined {
  const other = checks.find((check) => !isHardware(check));
  return other && { received: `received a ${other.scheme} check, which asks no hardware`, expected: 'another pattern' };
}
