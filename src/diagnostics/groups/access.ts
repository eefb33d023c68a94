// https://kubernetes.io/docs/concepts/services-networking/network-policies/
import type { V1NetworkPolicy, V1NetworkPolicyPort, V1Pod } from '@kubernetes/client-node';
import { compileSelector } from '../../policy/match.ts';
import { type DiagnosticGroup, diagnostic, failed, listed, ok, unless, warning } from '../diagnostic.ts';
import { installed, podsOf, programOf } from './programs.ts';

const nameOf = ({ metadata }: { readonly metadata?: { readonly name?: string } }): string => metadata?.name ?? '';

/** Whether a rule lets this port through; a name is that of a port of the Pod. */
function lets(ports: readonly V1NetworkPolicyPort[] | undefined, port: number, portName: string | undefined): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ port: from, endPort, protocol = 'TCP' }) => {
    if (protocol !== 'TCP') return false;
    if (from === undefined) return true;
    if (typeof from === 'string') return from === portName;
    return from <= port && port <= (endPort ?? from);
  });
}

/** The policies that select a Pod and say something about this direction. */
const about = (policies: readonly V1NetworkPolicy[], pod: V1Pod, direction: 'Ingress' | 'Egress') =>
  policies.filter(({ spec }) => {
    const types = spec?.policyTypes ?? (spec?.egress ? ['Ingress', 'Egress'] : ['Ingress']);
    return types.includes(direction) && compileSelector(spec?.podSelector)(pod.metadata?.labels ?? {});
  });

/** The library calls the field `_from`, and the apiserver does not. */
const sourcesOf = (rule: object): readonly unknown[] => (rule as { readonly from?: readonly unknown[] }).from ?? [];

const portOf = (pod: V1Pod): { readonly port: number; readonly name: string | undefined } => {
  const [first] = pod.spec?.containers[0]?.ports ?? [];
  return { port: first?.containerPort ?? 8443, name: first?.name };
};

/** What the programs may do, and who reaches them. */
export const accessGroup: DiagnosticGroup = {
  title: 'Rights and network',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'service-accounts',
      title: 'the accounts of webhook and controller are there',
      needs: ['deployments', 'serviceAccounts'],
      after: installed,
      run({ deployments, serviceAccounts, about: { namespace } }) {
        const wanted = ['webhook', 'controller'].flatMap(
          (component) => programOf(deployments, component)?.spec?.template.spec?.serviceAccountName ?? [],
        );
        const missing = wanted.filter((name) => !serviceAccounts.includes(name));
        return unless(
          missing.length > 0,
          failed,
          `There is no ServiceAccount ${listed(missing.map((name) => `${namespace}/${name}`))}: no new Pod of it can start.`,
          'Apply deploy/rbac.yaml again, or run helm upgrade.',
        );
      },
    }),
    diagnostic({
      id: 'account-rights',
      title: 'the accounts have the rights that their programs need',
      needs: ['accountRights'],
      after: installed,
      run({ accountRights }) {
        const missing = accountRights.filter(({ isAllowed }) => !isAllowed).map(({ right }) => right);
        return unless(
          missing.length > 0,
          failed,
          `A right is missing: ${listed(missing)}.`,
          'Apply deploy/rbac.yaml again, with the component that you use (hardware-move, hardware-node-scope), or run helm upgrade.',
        );
      },
    }),
    diagnostic({
      id: 'disruption-budgets',
      title: 'a drain takes one Pod at a time, and is never held up',
      needs: ['disruptionBudgets', 'ownPods'],
      run({ disruptionBudgets, ownPods, about: { namespace } }) {
        const bare: string[] = [];
        const stuck: string[] = [];
        for (const component of ['webhook', 'controller']) {
          const pods = podsOf(ownPods, component);
          const [pod] = pods;
          if (!pod || pods.length < 2) continue;
          const own = disruptionBudgets.filter(({ spec }) =>
            compileSelector(spec?.selector)(pod.metadata?.labels ?? {}),
          );
          if (own.length === 0) bare.push(component);
          const isReady = pods.every(({ status }) => status?.containerStatuses?.every(({ ready }) => ready));
          stuck.push(...own.filter(({ status }) => isReady && status?.disruptionsAllowed === 0).map(nameOf));
        }
        if (stuck.length > 0) {
          return warning(
            `The PodDisruptionBudget ${listed(stuck)} allows no disruption, although all Pods are ready: a drain of their node never ends.`,
            'Set maxUnavailable: 1, or more replicas.',
          );
        }
        return unless(
          bare.length > 0,
          warning,
          `No PodDisruptionBudget in ${namespace} selects the ${listed(bare)}: a drain may take all replicas at once.`,
          'Apply deploy/disruption-budgets.yaml again, or set the budget of the chart.',
        );
      },
    }),
    diagnostic({
      id: 'network-to-webhook',
      title: 'NetworkPolicies let the apiserver reach the webhook',
      needs: ['networkPolicies', 'ownPods'],
      run({ networkPolicies, ownPods, about: { namespace } }) {
        const [pod] = podsOf(ownPods, 'webhook');
        if (!pod || pod.spec?.hostNetwork) return ok();
        const { port, name } = portOf(pod);
        const policies = about(networkPolicies, pod, 'Ingress');
        const isOpen = policies.some(({ spec }) =>
          spec?.ingress?.some((rule) => sourcesOf(rule).length === 0 && lets(rule.ports, port, name)),
        );
        return unless(
          policies.length > 0 && !isOpen,
          failed,
          `The NetworkPolicy ${listed(policies.map(nameOf))} selects the webhook, and none lets every address reach its port ${port}; the apiserver has no Pod that a rule could name.`,
          `Apply deploy/network-policies.yaml again, or remove what selects all Pods of ${namespace}.`,
        );
      },
    }),
    diagnostic({
      id: 'network-to-apiserver',
      title: 'NetworkPolicies let webhook and controller reach the apiserver',
      needs: ['networkPolicies', 'ownPods', 'apiserverPorts'],
      run({ networkPolicies, ownPods, apiserverPorts }) {
        const shut = ['webhook', 'controller'].filter((component) => {
          const [pod] = podsOf(ownPods, component);
          const policies = pod ? about(networkPolicies, pod, 'Egress') : [];
          const isOpen = apiserverPorts.every((port) =>
            policies.some(({ spec }) =>
              spec?.egress?.some(({ to = [], ports }) => to.length === 0 && lets(ports, port, undefined)),
            ),
          );
          return policies.length > 0 && !isOpen;
        });
        return unless(
          shut.length > 0,
          failed,
          `No NetworkPolicy lets the ${listed(shut)} reach the apiserver at port ${apiserverPorts.join(', ')}.`,
          'Add the port to networkPolicy.apiserverPorts of the chart, or to deploy/network-policies.yaml.',
        );
      },
    }),
  ],
};
