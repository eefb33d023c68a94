import { type DiagnosticGroup, diagnostic, failed, listed, ok, unless } from '../diagnostic.ts';
import { applyAgain, entriesWhere, registered } from './registration.ts';

/** Whether the apiserver reaches the webhook, and has its answers. */
export const webhookGroup: DiagnosticGroup = {
  title: 'Webhook',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'webhook-service',
      title: 'the Service that the entries name is there',
      needs: ['mutatingWebhooks', 'service'],
      after: registered,
      run(facts) {
        const ports = (facts.service?.spec?.ports ?? []).map(({ port }) => port);
        const { namespace, service } = facts.about;
        const lost = entriesWhere(facts, ({ clientConfig }) => {
          const named = clientConfig.service;
          return named === undefined
            ? clientConfig.url === undefined
            : named.name !== service || named.namespace !== namespace || !ports.includes(named.port ?? 443);
        });
        return unless(
          lost.length > 0,
          failed,
          `${listed(lost)} names a Service or a port that is not there; the Service ${namespace}/${service} has ${ports.length === 0 ? 'no port' : `the port ${ports.join(', ')}`}.`,
          applyAgain,
        );
      },
    }),
    diagnostic({
      id: 'webhook-endpoints',
      title: 'the Service of the webhook has endpoints that take traffic',
      needs: ['webhookServices'],
      after: registered,
      run({ webhookServices, about: { namespace, service } }) {
        const own = webhookServices.find((each) => each.namespace === namespace && each.name === service);
        const count = own?.readyEndpoints ?? 0;
        if (count > 0) return ok(`${count} endpoints`);
        return failed(
          `No endpoint of the Service ${namespace}/${service} is ready, so that the apiserver reaches no replica.`,
          `Look at kubectl -n ${namespace} get pods, and hold the selector of the Service against their labels.`,
        );
      },
    }),
    diagnostic({
      id: 'webhook-ready',
      title: 'every replica of the webhook says that it is ready',
      needs: ['replicas'],
      run({ replicas, about: { namespace } }) {
        const away = replicas.flatMap(({ pod, notReady }) => (notReady === undefined ? [] : [`${pod} (${notReady})`]));
        return unless(
          away.length > 0,
          failed,
          `The replica ${listed(away)} is not ready.`,
          `Look at kubectl -n ${namespace} logs of these Pods.`,
        );
      },
    }),
    diagnostic({
      id: 'webhook-injects-pod',
      title: 'the apiserver has a Pod injected',
      needs: ['annotatedPod'],
      after: registered,
      run({ annotatedPod, about: { prefix } }) {
        const { annotations = {}, namespace = '' } = annotatedPod.metadata ?? {};
        if (annotations[`${prefix}status`] !== undefined) return ok(`as a dry run in ${namespace}`);
        const said = annotations[`${prefix}problems`];
        return failed(
          `A Pod with annotations, created as a dry run in ${namespace}, came back without a health check${said === undefined ? '' : `: ${said}`}.`,
          'Mend what else failed here; where nothing did, the apiserver cannot reach the Pods of the webhook, or another webhook takes the annotations away.',
        );
      },
    }),
    diagnostic({
      id: 'webhook-copies-annotations',
      title: 'annotations of a Deployment go down to its Pod template',
      needs: ['annotatedDeployment'],
      after: registered,
      run: ({ annotatedDeployment, about: { prefix } }) =>
        unless(
          annotatedDeployment.spec?.template.metadata?.annotations?.[`${prefix}check`] === undefined,
          failed,
          'The annotations of a Deployment that was created as a dry run are not on its Pod template.',
          'Mend what else failed here, and hold the entry for workloads against the manifests.',
        ),
    }),
  ],
};
