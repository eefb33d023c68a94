import type { V1Container } from '@kubernetes/client-node';

/** What an injected container is made of. */
export type AgentSettings = { readonly image: string };

/** The uid in the agent's image. */
const nonRootUid = 65_532;

/** By this variable of its own container the agent learns the addresses of its Pod. */
export const podAddressesVariable = 'HEALTH_PROBE_POD_IPS';

/**
 * The part that every injected container shares: it passes Pod Security `restricted` by itself, since the Pod's own
 * security context may not. What it asks for depends on the Pod and its namespace, and comes last (`inject/fit`).
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function agentContainer(name: string, { image }: AgentSettings): V1Container {
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    resources: {},
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: nonRootUid,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/**
 * True for a container in the form in which agents are added, with these arguments first. Image, resources and security
 * context may be anything: other webhooks write them anew.
 */
export function isAgentContainer({ name, args, command }: V1Container, ...first: string[]): boolean {
  const hasArguments = Array.isArray(args) && first.every((text, index) => args[index] === text);
  return hasArguments && command === undefined && String(name).startsWith('health-probe');
}

/** The names that a value of the environment refers to by `$(NAME)`. */
export const referencesIn = (value: string): string[] =>
  Array.from(value.matchAll(/\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g), ([, name]) => name as string);

/** Writes a text so that the kubelet, which expands `$(NAME)` in commands and arguments, passes it on as it is. */
export const literal = (text: string): string => (text.includes('$') ? text.replace(/\$(?=[$(])/g, '$$$$') : text);
