import type { V1Deployment, V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { injectionOptions, injectionSettings } from '../../config/injection.ts';
import { readOptions, version } from '../../config/options.ts';
import type { Installation } from '../../diagnostics/facts.ts';
import { isOurWebhook } from '../../diagnostics/groups/before-installing.ts';
import { programOf, variableIn } from '../../diagnostics/groups/programs.ts';

/** What both manifests call it, and the chart where the release has that name. */
const usualName = 'health-injector';

/** Where an installation is, by what is registered in the cluster. */
export type InstallationPlace = Pick<Installation, 'namespace' | 'configuration' | 'service'>;

/** Finds the installation of a namespace, or the first, among the registered webhooks; with none, where one would be. */
export function findInstallation(
  configurations: readonly V1MutatingWebhookConfiguration[],
  namespace: string | undefined,
): InstallationPlace {
  const found = configurations.flatMap(({ metadata, webhooks = [] }) => {
    const entry = webhooks.find(({ name }) => isOurWebhook(name));
    if (!entry) return [];
    const service = entry.clientConfig.service;
    return [
      {
        configuration: metadata?.name ?? '',
        namespace: service?.namespace ?? namespace ?? usualName,
        service: service?.name ?? usualName,
      },
    ];
  });
  const wanted = namespace === undefined ? found[0] : found.find((each) => each.namespace === namespace);
  return wanted ?? { configuration: usualName, namespace: namespace ?? usualName, service: usualName };
}

/** What the programs of an installation are set to, by the environment of their Deployments, and by default. */
export function readInstallation(
  place: InstallationPlace,
  deployments: readonly V1Deployment[],
  mode: Installation['mode'],
) {
  const [webhook, controller] = [programOf(deployments, 'webhook'), programOf(deployments, 'controller')];
  const variables = Object.fromEntries(
    (webhook?.spec?.template.spec?.containers[0]?.env ?? []).flatMap(({ name, value }) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
  const read = readOptions(injectionOptions, {}, variables);
  // A value that the webhook itself would refuse to start with is shown by its replicas.
  const settings = injectionSettings(
    'values' in read ? read.values : (readOptions(injectionOptions, {}, {}) as { values: never }).values,
  );
  const installation: Installation = {
    ...place,
    mode,
    prefix: settings.prefix,
    agentImage: settings.agentImage,
    leavesUid: settings.leaveUid,
    certificateSource: variables['HEALTH_INJECTOR_CERTIFICATE_SOURCE'] || 'secret',
    certificateSecret: variables['HEALTH_INJECTOR_CERTIFICATE_SECRET'] || 'health-injector-certificate',
    excludedNamespaces: [...settings.excludedNamespaces],
    hardware: variableIn(controller, 'HEALTH_INJECTOR_HARDWARE') ?? 'dry-run',
    hardwareScope: variableIn(controller, 'HEALTH_INJECTOR_HARDWARE_SCOPE') ?? 'owner',
    repair: variableIn(controller, 'HEALTH_INJECTOR_REPAIR') ?? 'off',
    restartBudget: variableIn(controller, 'HEALTH_INJECTOR_RESTART_BUDGET') ?? '25%',
    version,
    nowMs: Date.now(),
  };
  const annotatedOnly = variableIn(controller, 'HEALTH_INJECTOR_ANNOTATED_ONLY') === 'true';
  return { installation, settings, annotatedOnly };
}
