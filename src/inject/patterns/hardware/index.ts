import { type Check, type Refusal, isHardware } from '../../../check/check.ts';
import { formatDuration } from '../../../check/kinds.ts';
import type { Checks } from '../../model/intent.ts';
import { isMoveMount, isPendingVolume, parseMoveWindow } from '../../model/move-window.ts';
import type { Addition, ProbeName } from '../../pod/additions.ts';
import { isAgentContainer } from '../../pod/agent-container.ts';
import { type Problem, existsAlready } from '../../model/problems.ts';
import type { RecordedStatus } from '../../model/status.ts';
import { cli } from '../cli/index.ts';
import { type ClaimResult, type ClaimTarget, type ContainerClaim, definePattern } from '../pattern.ts';
import { askedOfAgents, conditionTexts, isOfNode, planConditions } from './conditions.ts';
import { defaultTimeoutMs, hostTypes, planExec, planSidecar } from './plan.ts';
import { type HardwareOptions, hardwareActions, ownKeys, readHardwareOptions, validateHardware } from './options.ts';
import { nodePermission } from './pod-security.ts';

/** The node's hardware decides whether the Pod is ready, and by that where it runs. The application is never killed. */
export const hardware = definePattern<HardwareOptions>({
  summary: "the node's hardware: a native sidecar that is not ready where it fails, so that the Pod is moved",
  probesFilledByCheck: ['readiness'],
  defaultTimeoutMs,
  ownKeys,
  keyNotes: { 'health-port': 'hardware takes the next after it' },
  skipReasons: {
    'pod-security':
      'The check of hardware needs a folder or device of the node, which Pod Security does not allow in the namespace.',
  },
  unsupportedReason,
  plan(assignments, context) {
    const ofNode = planConditions(assignments, context);
    const asked = askedOfAgents(assignments);
    if (asked.length === 0) return ofNode;
    const ofAgents = context.options.mode === 'cli' ? planExec(asked, context) : planSidecar(asked, context);
    return {
      additions: ofAgents.additions,
      warnings: [...ofNode.warnings, ...ofAgents.warnings],
      problems: [...ofNode.problems, ...ofAgents.problems],
      skippedItems: [...(ofNode.skippedItems ?? []), ...(ofAgents.skippedItems ?? [])],
    };
  },
  isAddedForm,
  listens: ({ mode }, assignments) => mode === 'sidecar' && askedOfAgents(assignments).length > 0,
  readOptions: readHardwareOptions,
  validateForPod: validateHardware,
  claim: { takes: isHardware, validate: validateClaim, assign: assignClaimed },
  forbids,
  permission: nodePermission,
  labels: ({ onFailure }, prefix) => ({ [labelOf(prefix)]: onFailure }),
  status({ mode, onFailure, moveWindow }, assignments) {
    const containers = askedOfAgents(assignments).map(({ container }) => container);
    const conditions = conditionTexts(assignments);
    return {
      mode,
      onFailure,
      ...(moveWindow && { moveWindow: formatDuration(moveWindow.windowMs) }),
      containers,
      ...(conditions.length > 0 && { conditions }),
    };
  },
});

/** The label by which the controller finds a Pod whose hardware is checked. */
const labelOf = (prefix: string): string => `${prefix}hardware`;

/** Whether a word is the scheme of a check of hardware. */
export const isHardwareScheme = (scheme: string): boolean => isHardware({ scheme });

function unsupportedReason(checks: readonly Check[]): Refusal | undefined {
  const other = checks.find((check) => !isHardware(check));
  return other && { received: `received a ${other.scheme} check, which asks no hardware`, expected: 'another pattern' };
}

function forbids(check: Check, probe: ProbeName): Refusal | undefined {
  if (isOfNode(check)) {
    const received = `received a ${check.scheme} check, which no agent asks and the controller reads off the node`;
    return { received, expected: 'pattern hardware for it' };
  }
  if (probe === 'readiness' || !isHardware(check)) return undefined;
  return {
    received: `received a ${check.scheme} check for ${probe}, and a restart mends no hardware`,
    expected: 'pattern hardware for it, or the key readiness',
  };
}

/** A check of hardware is for no other pattern, which would fill a liveness probe with it, and nothing else is for this one. */
function validateClaim({ claimed, others, ofProbe, annotation }: ContainerClaim, prefix: string): readonly Problem[] {
  if (others) {
    const received = `received a ${others.list[0]?.scheme} check, which asks no hardware`;
    return [{ annotation: others.annotation, received, expected: 'another pattern beside hardware for it' }];
  }
  if (ofProbe) {
    const received = 'received a check for one probe, and pattern hardware has a probe of its own';
    const expected = `${prefix}check, or another pattern beside hardware`;
    return [{ annotation: ofProbe.annotation, received, expected }];
  }
  const received = 'received no check of hardware';
  return claimed ? [] : [{ annotation, received, expected: `${prefix}check with one beside it` }];
}

/**
 * The checks go to a readiness probe, since a restart mends no hardware: with mode cli to the container's own, which
 * another may have.
 */
function assignClaimed(
  { list, annotation }: Checks,
  { container: { name, readinessProbe }, options, taken }: ClaimTarget<HardwareOptions>,
): ClaimResult {
  const probe = { probe: 'readiness' as const, checks: list, annotation, isGuess: false };
  if (options.mode === 'sidecar') return { probe };
  const ofNode = list.filter(isOfNode);
  // The controller reads them, and they need no probe.
  const unprobed = ofNode.length > 0 ? { probe: { ...probe, checks: ofNode } } : {};
  if (ofNode.length === list.length) return unprobed;
  const what = `${name}/readinessProbe`;
  if (taken.has('readiness')) {
    const received = `received checks of hardware for container "${name}", whose readiness probe another pattern fills`;
    return { problem: { annotation, received, expected: 'mode: sidecar, or readiness: off' } };
  }
  return readinessProbe ? { skipped: { what, why: existsAlready }, ...unprobed } : { probe };
}

function isAddedForm(addition: Addition): boolean {
  switch (addition.kind) {
    case 'initContainer':
      return isAgentContainer(addition.value, 'serve', '--port');
    case 'volume':
      return (
        hostTypes.includes(addition.value.hostPath?.type) ||
        isPendingVolume(addition.value) ||
        cli.isAddedForm(addition)
      );
    case 'volumeMount':
      return isMoveMount(addition.value) || cli.isAddedForm(addition);
    case 'label':
      return addition.key.endsWith(labelOf('')) && hardwareActions.some((action) => action === addition.value);
    default:
      return cli.isAddedForm(addition);
  }
}

/** True where the status says that the container got its readiness probe from this pattern. */
export function carriesHardware({ patterns, added, fields }: RecordedStatus, container: string): boolean {
  const containers = (fields as { readonly hardware?: { readonly containers?: unknown } | null }).hardware?.containers;
  const isNamed = Array.isArray(containers) ? containers.includes(container) : (containers ?? undefined) === undefined;
  return patterns.includes('hardware') && added.includes(`${container}/readinessProbe`) && isNamed;
}

/** How long the status says that the application has before its Pod is moved; undefined where it says nothing of that. */
export const moveWindowOf = ({ fields }: RecordedStatus): number | undefined =>
  parseMoveWindow((fields as { readonly hardware?: { readonly moveWindow?: unknown } | null }).hardware?.moveWindow);
