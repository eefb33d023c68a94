import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { type DiagnosticGroup, diagnostic, failed, listed, ok, unless, warning } from '../diagnostic.ts';

/** The Deployment of one of the two programs, by the label of its Pods. */
export const programOf = (deployments: readonly V1Deployment[], component: string): V1Deployment | undefined =>
  deployments.find(({ spec }) => {
    const labels = spec?.template.metadata?.labels ?? {};
    return (
      labels['app.kubernetes.io/name'] === 'health-injector' && labels['app.kubernetes.io/component'] === component
    );
  });

const nameOf = ({ metadata }: { readonly metadata?: { readonly name?: string } }): string => metadata?.name ?? '';

/** Pods of a component that are not on their way out. */
export const podsOf = (pods: readonly V1Pod[], component: string): readonly V1Pod[] =>
  pods.filter(
    ({ metadata }) =>
      metadata?.labels?.['app.kubernetes.io/component'] === component && metadata.deletionTimestamp === undefined,
  );

/** Without the Deployments nothing can be said about them. */
export const installed = 'programs-installed';

const replicasRow = (component: 'webhook' | 'controller', consequence: string) =>
  diagnostic({
    id: `${component}-replicas`,
    title: `the ${component} has all of its replicas, and more than one`,
    needs: ['deployments'],
    after: installed,
    run({ deployments, about: { namespace } }) {
      const deployment = programOf(deployments, component);
      const wanted = deployment?.spec?.replicas ?? 1;
      const available = deployment?.status?.availableReplicas ?? 0;
      const look = `Look at kubectl -n ${namespace} describe deployment ${deployment?.metadata?.name}, and at its ReplicaSet: most often a quota, Pod Security or an image.`;
      if (available === 0)
        return failed(`The ${component} has no replica that is available, of ${wanted}: ${consequence}.`, look);
      if (available < wanted) return warning(`The ${component} has ${available} of ${wanted} replicas.`, look);
      return unless(
        wanted === 1,
        warning,
        `The ${component} has one replica: ${consequence} while it is replaced.`,
        'Set two replicas or more.',
      );
    },
  });

/** Each key of the environment that both programs must have alike, without its prefix. */
const shared = [
  'PREFIX',
  'AGENT_IMAGE',
  'RUN_AS_USER',
  'KUBERNETES_VERSION',
  'FEATURE_GATES',
  'ALLOW_IMAGE',
  'ALLOWED_HOST_PATHS',
  'ALLOWED_DEVICES',
  'ALLOWED_DEVICE_RESOURCES',
  'ALLOWED_RESOURCE_CLAIMS',
  'EXCLUDED_NAMESPACES',
].map((name) => `HEALTH_INJECTOR_${name}`);

/** A variable of the first container of a Deployment, as far as it is written out. */
export const variableIn = (deployment: V1Deployment | undefined, name: string): string | undefined =>
  deployment?.spec?.template.spec?.containers[0]?.env?.find((each) => each.name === name)?.value;

/** The version in an image's tag; undefined where there is none, as with a digest. */
function versionOf(image: string): string | undefined {
  const [named = ''] = image.split('@');
  const tag = named.slice(named.lastIndexOf('/') + 1).split(':')[1] ?? '';
  return /^v?(\d{1,6}\.\d{1,6}\.\d{1,6}[\w.-]{0,64})$/.exec(tag)?.[1];
}

/** Whether the two programs run, and as one. */
export const programsGroup: DiagnosticGroup = {
  title: 'Programs',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: installed,
      title: 'the Deployments of webhook and controller are there',
      needs: ['deployments'],
      run({ deployments, about: { namespace } }) {
        const missing = ['webhook', 'controller'].filter((component) => !programOf(deployments, component));
        return unless(
          missing.length > 0,
          failed,
          `There is no Deployment of the ${listed(missing)} in the namespace ${namespace}.`,
          'Apply the manifests again, or run helm upgrade; where it is installed elsewhere, name the namespace with -n.',
        );
      },
    }),
    replicasRow('webhook', 'Pods are created without their checks'),
    replicasRow('controller', 'no policy has a status and no Pod is moved'),
    diagnostic({
      id: 'rollouts',
      title: 'no rollout is stuck',
      needs: ['deployments'],
      after: installed,
      run({ deployments, about: { namespace } }) {
        const stuck = deployments.filter(({ status }) =>
          status?.conditions?.some(
            ({ type, status: is, reason }) =>
              (type === 'Progressing' && is === 'False') ||
              (type === 'ReplicaFailure' && is === 'True' && reason !== undefined),
          ),
        );
        const why = stuck.map(
          (each) =>
            `${nameOf(each)} (${each.status?.conditions?.find(({ type, status }) => (type === 'Progressing' && status === 'False') || (type === 'ReplicaFailure' && status === 'True'))?.message ?? ''})`,
        );
        return unless(
          stuck.length > 0,
          failed,
          `The rollout of ${listed(why)} is stuck.`,
          `Mend what the message names, or go back with kubectl -n ${namespace} rollout undo.`,
        );
      },
    }),
    diagnostic({
      id: 'own-images',
      title: 'the images of webhook and controller are pulled',
      needs: ['ownPods'],
      run({ ownPods, about: { namespace } }) {
        const waiting = ownPods.flatMap((pod) =>
          (pod.status?.containerStatuses ?? []).flatMap(({ state, image }) =>
            isPullFailure(state?.waiting?.reason ?? '') ? [`${nameOf(pod)} (${image}: ${state?.waiting?.reason})`] : [],
          ),
        );
        return unless(
          waiting.length > 0,
          failed,
          `The image cannot be pulled for ${listed(waiting)}.`,
          `Look at kubectl -n ${namespace} describe pod: the name of the image, or imagePullSecrets of the chart.`,
        );
      },
    }),
    diagnostic({
      id: 'own-restarts',
      title: 'webhook and controller do not crash',
      needs: ['ownPods'],
      run({ ownPods, about: { namespace, nowMs } }) {
        const crashing = ownPods.flatMap((pod) =>
          (pod.status?.containerStatuses ?? []).flatMap(({ state, lastState, restartCount }) => {
            const ended = lastState?.terminated;
            const isRecent =
              ended?.finishedAt !== undefined && nowMs - Date.parse(String(ended.finishedAt)) < 3_600_000;
            const isCrashing = state?.waiting?.reason === 'CrashLoopBackOff' || (isRecent && ended.exitCode !== 0);
            return isCrashing
              ? [`${nameOf(pod)} (${restartCount} restarts, the last for ${ended?.reason ?? 'Error'})`]
              : [];
          }),
        );
        return unless(
          crashing.length > 0,
          warning,
          `A container ended within the last hour in ${listed(crashing)}.`,
          `Look at kubectl -n ${namespace} logs --previous; for OOMKilled, raise its memory limit.`,
        );
      },
    }),
    diagnostic({
      id: 'webhook-spread',
      title: 'the replicas of the webhook are on more than one node',
      needs: ['ownPods', 'nodes'],
      run({ ownPods, nodes }) {
        const pods = podsOf(ownPods, 'webhook').filter(({ spec }) => spec?.nodeName !== undefined);
        const used = new Set(pods.map(({ spec }) => spec?.nodeName));
        return unless(
          nodes.length > 1 && pods.length > 1 && used.size === 1,
          warning,
          `All ${pods.length} replicas of the webhook are on the node ${[...used].join()}: with it, injection ends.`,
          'Delete one of the Pods where another node has room, or set topologySpread of the chart.',
        );
      },
    }),
    diagnostic({
      id: 'version-skew',
      title: 'the programs are of the version of this command',
      needs: ['ownPods', 'replicas'],
      run({ ownPods, replicas, about: { version } }) {
        const told = new Map(replicas.map((each) => [each.pod, each.version]));
        const others = ownPods.flatMap((pod) => {
          const image = pod.spec?.containers[0]?.image ?? '';
          const running = told.get(nameOf(pod)) ?? versionOf(image);
          return running === undefined || running === version ? [] : [`${nameOf(pod)} (${running})`];
        });
        return unless(
          others.length > 0,
          warning,
          `This command is of version ${version}, and of another version are ${listed(others)}.`,
          'Use the command of the installed version, or upgrade the installation.',
        );
      },
    }),
    diagnostic({
      id: 'one-image',
      title: 'all replicas run one image',
      needs: ['ownPods'],
      run({ ownPods }) {
        const images = [...new Set(ownPods.map(({ spec }) => spec?.containers[0]?.image ?? ''))];
        return images.length < 2
          ? ok(images.join())
          : warning(
              `Webhook and controller run ${images.length} images: ${listed(images)}.`,
              'Wait for the rollout, or give both Deployments the same image.',
            );
      },
    }),
    diagnostic({
      id: 'agent-version',
      title: 'the agent is of the version of the webhook',
      needs: ['deployments'],
      after: installed,
      run({ deployments, about: { agentImage } }) {
        const own = versionOf(programOf(deployments, 'webhook')?.spec?.template.spec?.containers[0]?.image ?? '');
        const agent = versionOf(agentImage);
        const isApart = own !== undefined && agent !== undefined && minorText(own) !== minorText(agent);
        return unless(
          isApart,
          warning,
          `The webhook is of version ${own}, and injects the agent ${agentImage}.`,
          'Set agentImage of the chart (HEALTH_INJECTOR_AGENT_IMAGE) to the same version: an older agent may not know a new check.',
        );
      },
    }),
    diagnostic({
      id: 'same-settings',
      title: 'webhook and controller have the same settings',
      needs: ['deployments'],
      after: installed,
      run({ deployments }) {
        const [webhook, controller] = [programOf(deployments, 'webhook'), programOf(deployments, 'controller')];
        if (!webhook || !controller) return ok();
        const apart = shared.filter((name) => variableIn(webhook, name) !== variableIn(controller, name));
        return unless(
          apart.length > 0,
          warning,
          `Webhook and controller differ in ${listed(apart)}: the controller then counts Pods as missed that the webhook leaves alone, or the other way round.`,
          'Give both Deployments the same values.',
        );
      },
    }),
  ],
};

const minorText = (version: string): string => version.split('.').slice(0, 2).join('.');

/** Whether a container waits because its image does not come. */
export const isPullFailure = (reason: string): boolean =>
  [
    'ErrImagePull',
    'ImagePullBackOff',
    'InvalidImageName',
    'ErrImageNeverPull',
    'RegistryUnavailable',
    'SignatureValidationFailed',
  ].includes(reason);
