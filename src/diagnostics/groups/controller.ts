import { type DiagnosticGroup, diagnostic, failed, listed, ok, unless, warning } from '../diagnostic.ts';

/** The clocks of the leader and of this machine may differ by so much. */
const skewMs = 30_000;

const look = (namespace: string): string =>
  `Look at kubectl -n ${namespace} logs -l app.kubernetes.io/component=controller: most often it cannot reach the apiserver, or its Role is missing.`;

/** Whether the controller leads and does its work. */
export const controllerGroup: DiagnosticGroup = {
  title: 'Controller',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'leader-elected',
      title: 'a controller leads',
      needs: ['lease'],
      run: ({ lease, about: { namespace } }) =>
        lease?.spec?.holderIdentity
          ? ok(podOf(lease.spec.holderIdentity))
          : failed(
              lease
                ? `The Lease ${namespace}/health-injector-controller has no holder.`
                : `There is no Lease ${namespace}/health-injector-controller: no controller has ever led.`,
              look(namespace),
            ),
    }),
    diagnostic({
      id: 'leader-renews',
      title: 'the leader renews its Lease',
      needs: ['lease'],
      after: 'leader-elected',
      run({ lease, about: { nowMs, namespace } }) {
        const { renewTime, leaseDurationSeconds = 15 } = lease?.spec ?? {};
        const ageMs = nowMs - Date.parse(String(renewTime));
        return unless(
          !(ageMs < leaseDurationSeconds * 1_000 + skewMs),
          failed,
          `The Lease of the controller was renewed ${Math.round(ageMs / 1_000)} s ago, and lasts ${leaseDurationSeconds} s.`,
          look(namespace),
        );
      },
    }),
    diagnostic({
      id: 'leader-runs',
      title: 'the leader is a Pod that runs',
      needs: ['lease', 'ownPods'],
      after: 'leader-elected',
      run({ lease, ownPods, about: { namespace } }) {
        const name = podOf(lease?.spec?.holderIdentity ?? '');
        const pod = ownPods.find(({ metadata }) => metadata?.name === name);
        return unless(
          pod?.status?.phase !== 'Running',
          warning,
          `The Lease is held by ${name}, which is ${pod ? pod.status?.phase : 'no Pod of the controller'}.`,
          `Another replica takes it within 15 s; if none does, ${look(namespace)}`,
        );
      },
    }),
    diagnostic({
      id: 'policies-observed',
      title: 'the controller has seen every policy',
      needs: ['policies'],
      run({ policies, about: { namespace } }) {
        const behind = policies.filter(({ generation, observedGeneration }) => observedGeneration !== generation);
        return unless(
          behind.length > 0,
          warning,
          `The status of the HealthPolicy ${listed(behind.map(({ name }) => name))} is of an earlier version of it.`,
          `The controller writes it within seconds. ${look(namespace)}`,
        );
      },
    }),
    diagnostic({
      id: 'quarantines-observed',
      title: 'every replica of the webhook has seen every quarantine',
      needs: ['quarantines', 'ownPods'],
      run({ quarantines, ownPods, about: { namespace } }) {
        const replicas = ownPods.flatMap(({ metadata, status }) =>
          metadata?.labels?.['app.kubernetes.io/component'] === 'webhook' && status?.phase === 'Running'
            ? [metadata.name ?? '']
            : [],
        );
        const behind = quarantines.filter(({ metadata, status }) =>
          replicas.some((replica) => status?.observedGenerations?.[replica] !== metadata.generation),
        );
        return unless(
          behind.length > 0,
          warning,
          `A replica of the webhook has not seen the NodeQuarantine ${listed(behind.map(({ metadata }) => metadata.name ?? ''))}, so that the controller moves no Pod off that node.`,
          `The replica reports it within seconds: look at kubectl -n ${namespace} logs -l app.kubernetes.io/component=webhook.`,
        );
      },
    }),
  ],
};

/** The name of the Pod in an identity such as `health-injector-controller-5c9-x_8d3…`. */
const podOf = (identity: string): string => identity.split('_')[0] ?? '';
