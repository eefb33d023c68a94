// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
import type { V1MutatingWebhook, V1ValidatingWebhook } from '@kubernetes/client-node';
import { compileSelector } from '../../policy/match.ts';
import { type DiagnosticGroup, diagnostic, failed, listed, ok, unless, warning } from '../diagnostic.ts';
import type { ClusterReads } from '../facts.ts';
import { isOurWebhook } from './before-installing.ts';

type Entry = V1MutatingWebhook | V1ValidatingWebhook;
type Registered = { readonly configuration: string; readonly entry: Entry; readonly mutates: boolean };

/** Whether an entry is asked about a Pod that is created. */
export const asksAboutPods = ({ rules = [] }: Entry): boolean =>
  rules.some(
    ({ apiGroups = [], resources = [], operations = [] }) =>
      ['', '*'].some((group) => apiGroups.includes(group)) &&
      ['pods', '*', '*/*'].some((resource) => resources.includes(resource)) &&
      ['CREATE', '*'].some((operation) => operations.includes(operation)),
  );

/** The entries of others that are asked about Pods, in the order in which the apiserver asks them. */
function othersIn({
  mutatingWebhooks,
  validatingWebhooks,
}: Pick<ClusterReads, 'mutatingWebhooks' | 'validatingWebhooks'>) {
  const of = (mutates: boolean) => {
    const configurations = mutates ? mutatingWebhooks : validatingWebhooks;
    return configurations
      .toSorted((one, other) => ((one.metadata?.name ?? '') < (other.metadata?.name ?? '') ? -1 : 1))
      .flatMap(({ metadata, webhooks = [] }): Registered[] =>
        webhooks
          .filter((entry) => asksAboutPods(entry) && !isOurWebhook(entry.name))
          .map((entry) => ({ configuration: metadata?.name ?? '', entry, mutates })),
      );
  };
  return [...of(true), ...of(false)];
}

const nameOf = ({ configuration, entry }: Registered): string => `${configuration} (${entry.name})`;

/** The labels of the Pods of webhook and controller, which an objectSelector is held against. */
const ownLabels = ['webhook', 'controller'].map((component) => ({
  'app.kubernetes.io/name': 'health-injector',
  'app.kubernetes.io/part-of': 'health-injector',
  'app.kubernetes.io/component': component,
}));

/** What the webhooks of others can do to ours, and to every Pod. */
export const otherWebhooksGroup: DiagnosticGroup = {
  title: 'Other webhooks',
  modes: ['pre', 'installed'],
  rows: [
    diagnostic({
      id: 'others-reached',
      title: 'no webhook that is away refuses Pods',
      needs: ['mutatingWebhooks', 'validatingWebhooks', 'webhookServices'],
      run(facts) {
        const away = othersIn(facts).filter(({ entry: { failurePolicy, clientConfig } }) => {
          const { namespace, name, port = 443 } = clientConfig.service ?? {};
          if (failurePolicy !== 'Fail' || name === undefined) return false;
          const service = facts.webhookServices.find((each) => each.namespace === namespace && each.name === name);
          return !service || service.readyEndpoints === 0 || !service.ports.includes(port);
        });
        return unless(
          away.length > 0,
          failed,
          `Pods are refused by a webhook with failurePolicy Fail whose Service has no endpoint: ${listed(away.map(nameOf))}.`,
          'Repair that webhook, or delete its configuration; ours cannot start Pods past it.',
        );
      },
    }),
    diagnostic({
      id: 'others-own-pods',
      title: 'webhook and controller can start while other webhooks are away',
      needs: ['mutatingWebhooks', 'validatingWebhooks', 'namespaces'],
      run(facts) {
        const { namespace } = facts.about;
        const labels = facts.namespaces.find(({ name }) => name === namespace)?.labels ?? {
          'kubernetes.io/metadata.name': namespace,
        };
        const blocking = othersIn(facts).filter(
          ({ entry: { failurePolicy, namespaceSelector, objectSelector } }) =>
            failurePolicy === 'Fail' &&
            compileSelector(namespaceSelector)(labels) &&
            ownLabels.some((own) => compileSelector(objectSelector)(own)),
        );
        return unless(
          blocking.length > 0,
          warning,
          `While it is away, no Pod of ours can start: ${listed(blocking.map(nameOf))} has failurePolicy Fail and is asked about the namespace ${namespace}.`,
          `Exclude ${namespace} in its namespaceSelector.`,
        );
      },
    }),
    diagnostic({
      id: 'others-order',
      title: 'every webhook sees what is injected',
      needs: ['mutatingWebhooks', 'validatingWebhooks'],
      run(facts) {
        const others = othersIn(facts).filter(({ mutates }) => mutates);
        if (others.length === 0) return ok('no other webhook changes Pods');
        const { configuration: own } = facts.about;
        const isBlind = ({ configuration, entry }: Registered): boolean =>
          configuration < own && (entry as V1MutatingWebhook).reinvocationPolicy !== 'IfNeeded';
        const blind = others.filter(isBlind);
        const order = [
          ...others.filter(({ configuration }) => configuration < own),
          undefined,
          ...others.filter(({ configuration }) => configuration >= own),
        ];
        const text = order.map((each) => (each ? each.configuration : 'ours'));
        return blind.length > 0
          ? warning(
              `The apiserver asks ${listed(blind.map(nameOf))} before ours and not again (reinvocationPolicy Never): it does not see the containers and probes that are added.`,
              'Where it has to see them, as a mesh that rewrites probes, set its reinvocationPolicy: IfNeeded.',
            )
          : ok(`asked in this order: ${[...new Set(text)].join(', ')}`);
      },
    }),
    diagnostic({
      id: 'others-timeout',
      title: 'no webhook holds every Pod up for long',
      needs: ['mutatingWebhooks', 'validatingWebhooks'],
      run(facts) {
        const slow = othersIn(facts).filter(
          ({ entry: { timeoutSeconds = 10, failurePolicy } }) => timeoutSeconds > 15 && failurePolicy === 'Fail',
        );
        return unless(
          slow.length > 0,
          warning,
          `A Pod may wait more than 15 s for ${listed(slow.map(nameOf))}, and is refused then; the apiserver ends a request after 34 s, ours included.`,
          'Lower its timeoutSeconds.',
        );
      },
    }),
  ],
};
