// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command
import { quote } from '../../check/check.ts';
import { shellSyntax } from '../../check/words.ts';
import type { ContainerAssignment } from './pattern.ts';

/**
 * Warns of a command that waits for a shell, which the kubelet does not start: `|` and what follows it become arguments
 * of the first program, and the probe says what that one says.
 */
export function shellWarnings({ container, probes }: ContainerAssignment): string[] {
  const commands = probes.flatMap(({ checks }) =>
    checks
      .filter(({ scheme }) => scheme === 'exec')
      .map(({ text }) => text.slice(text.indexOf('exec:') + 'exec:'.length)),
  );
  return [...new Set(commands)].flatMap((command) => {
    const syntax = shellSyntax(command);
    if (syntax === undefined) return [];
    return `No shell runs the check of container "${container}", and ${quote(syntax)} goes to the program as it stands: write exec:sh -c '...' if the image has a shell, or quote it if it is meant so.`;
  });
}
