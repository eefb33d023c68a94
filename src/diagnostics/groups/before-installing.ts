import type { V1CustomResourceDefinition } from '@kubernetes/client-node';
import { type DiagnosticGroup, diagnostic, failed, listed, unless, warning } from '../diagnostic.ts';
import { apiGroup } from '../../policy/policy.ts';

/** What is asked with `--pre` alone. */
export const beforeInstallingGroup: DiagnosticGroup = {
  title: 'Before the installation',
  modes: ['pre'],
  rows: [
    diagnostic({
      id: 'installer-rights',
      title: 'you may create the objects of an installation',
      needs: ['installerRights'],
      run({ installerRights }) {
        const missing = installerRights.filter(({ isAllowed }) => !isAllowed).map(({ right }) => right);
        return unless(
          missing.length > 0,
          failed,
          `You have no right to ${listed(missing)}.`,
          'Install as a cluster administrator, or have these rights granted.',
        );
      },
    }),
    diagnostic({
      id: 'not-installed',
      title: 'no health-injector is installed',
      needs: ['mutatingWebhooks'],
      run({ mutatingWebhooks }) {
        const ours = mutatingWebhooks.filter(({ webhooks = [] }) => webhooks.some(({ name }) => isOurWebhook(name)));
        return unless(
          ours.length > 0,
          warning,
          `health-injector is registered already, by the MutatingWebhookConfiguration ${listed(ours.map(({ metadata }) => metadata?.name ?? ''))}.`,
          'Upgrade it rather than install another, and leave --pre away to look at it.',
        );
      },
    }),
    diagnostic({
      id: 'names-free',
      title: 'the names of the installation are free',
      needs: ['mutatingWebhooks', 'deployments'],
      run({ mutatingWebhooks, deployments, about: { configuration, namespace } }) {
        const others = mutatingWebhooks.filter(
          ({ metadata, webhooks = [] }) =>
            metadata?.name === configuration && !webhooks.some(({ name }) => isOurWebhook(name)),
        );
        const taken = [
          ...others.map(() => `MutatingWebhookConfiguration ${configuration}`),
          ...deployments
            .filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/part-of'] !== 'health-injector')
            .map(({ metadata }) => metadata?.name ?? '')
            .filter((name) => name === configuration || name === `${configuration}-controller`)
            .map((name) => `Deployment ${namespace}/${name}`),
        ];
        return unless(
          taken.length > 0,
          failed,
          `Another program has ${listed(taken)}.`,
          'Choose another name (fullnameOverride of the chart) or another namespace.',
        );
      },
    }),
    diagnostic({
      id: 'kinds-free',
      title: 'no other kind has the names of ours',
      needs: ['kinds'],
      run({ kinds }) {
        const wanted = new Set(['HealthPolicy', 'NodeQuarantine', 'healthpolicies', 'nodequarantines', 'hp', 'nq']);
        const clashing = kinds.filter(
          (kind) => kind.spec.group !== apiGroup && namesOf(kind).some((name) => wanted.has(name)),
        );
        return unless(
          clashing.length > 0,
          warning,
          `Other kinds have names of ours: ${listed(clashing.map(({ metadata }) => metadata?.name ?? ''))}.`,
          `Name ours in full where you use kubectl: healthpolicies.${apiGroup} and nodequarantines.${apiGroup}.`,
        );
      },
    }),
  ],
};

/** Whether an entry of a MutatingWebhookConfiguration is of a health-injector, whatever the configuration is called. */
export const isOurWebhook = (name: string): boolean => name.endsWith('.health-injector.example.com');

const namesOf = ({ spec: { names } }: V1CustomResourceDefinition): string[] => [
  names.kind,
  names.plural,
  ...(names.shortNames ?? []),
];
