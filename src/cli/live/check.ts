import { version } from '../../config/options.ts';
import { type Diagnosis, diagnose } from '../../diagnostics/diagnostic.ts';
import { diagnosticGroups } from '../../diagnostics/groups/index.ts';
import { createClient } from '../../kube/client.ts';
import { fromKubeconfig } from '../../kube/config.ts';
import { UserError, exitCode } from '../command.ts';
import type { Target } from './cluster.ts';
import { type EndToEndOutcome, runEndToEnd } from './end-to-end.ts';
import { gatherFacts } from './facts.ts';

/** A page of Pods with large annotations is larger than the usual limit of the client. */
const maxResponseBytes = 256 * 1024 * 1024;

type ClusterCheck = {
  /** Reads the cluster anew each time. */
  readonly look: () => Promise<readonly Diagnosis[]>;
  readonly endToEnd: (report: (line: string) => void) => Promise<EndToEndOutcome>;
};

/** Gets ready to look at a cluster; nothing is asked yet. */
export async function openCheck(
  { kubeconfig: file, context, namespace }: Target,
  isBefore: boolean,
): Promise<ClusterCheck> {
  const config = await fromKubeconfig({ userAgent: `health-injector/${version}`, file, context });
  if (config.problem !== undefined) throw new UserError(exitCode.unreadable, [config.problem]);
  const client = createClient(config.transport, { maxResponseBytes });
  const { signal } = new AbortController();
  const request = { client, forward: config.forward, namespace, signal, mode: isBefore ? 'pre' : 'installed' } as const;
  return {
    look: async () => diagnose(diagnosticGroups, await gatherFacts(request)),
    endToEnd: async (report) => {
      const { about, reads } = await gatherFacts(request);
      const groups = reads.apiGroups && 'value' in reads.apiGroups ? reads.apiGroups.value : [];
      const leavesUid = about.leavesUid || groups.includes('security.openshift.io/v1');
      return runEndToEnd({ client, installation: { ...about, leavesUid }, report });
    },
  };
}
