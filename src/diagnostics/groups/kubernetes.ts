// https://kubernetes.io/releases/version-skew-policy/
import { type DiagnosticGroup, diagnostic, failed, listed, minorOf, ok, unless, warning } from '../diagnostic.ts';

/** Native sidecars are a stable part of Kubernetes since then. */
const oldestMinor = 33;

/** The newest that the tests ran on. */
const newestMinor = 37;

/** More than a serving certificate is dated back. */
const mostSkewMs = 5 * 60_000;

/** What Kubernetes itself has to be. */
export const kubernetesGroup: DiagnosticGroup = {
  title: 'Kubernetes',
  modes: ['pre', 'installed'],
  rows: [
    diagnostic({
      id: 'apiserver-reached',
      title: 'the apiserver answers',
      needs: ['apiserver'],
      run: ({ apiserver: { gitVersion, away } }) =>
        away === undefined
          ? ok(gitVersion)
          : failed(
              `The apiserver does not answer: ${away}.`,
              'Look at the kubeconfig: its server, its login, and what is between here and there.',
            ),
    }),
    diagnostic({
      id: 'apiserver-version',
      title: `the apiserver is of version 1.${oldestMinor} or later`,
      needs: ['apiserver'],
      after: 'apiserver-reached',
      run({ apiserver: { gitVersion } }) {
        const minor = minorOf(gitVersion);
        if (minor < oldestMinor) {
          return failed(
            `The apiserver is of version ${gitVersion}.`,
            `Upgrade Kubernetes to 1.${oldestMinor} or later.`,
          );
        }
        return unless(
          minor > newestMinor,
          warning,
          `The apiserver is of version ${gitVersion}, and this health-injector was tested up to 1.${newestMinor}.`,
          'Look for a newer health-injector.',
        );
      },
    }),
    diagnostic({
      id: 'kubelet-versions',
      title: `every kubelet is of version 1.${oldestMinor} or later`,
      needs: ['nodes'],
      run({ nodes }) {
        const old = nodes.filter(({ kubelet }) => minorOf(kubelet) < oldestMinor);
        return unless(
          old.length > 0,
          failed,
          `The kubelet is too old on ${listed(old.map(({ name, kubelet }) => `${name} (${kubelet})`))}.`,
          `Upgrade these nodes to 1.${oldestMinor} or later, or keep injected Pods off them.`,
        );
      },
    }),
    diagnostic({
      id: 'admission-webhooks',
      title: 'the apiserver serves mutating admission webhooks',
      needs: ['apiGroups'],
      run: ({ apiGroups }) =>
        unless(
          !apiGroups.includes('admissionregistration.k8s.io/v1'),
          failed,
          'The apiserver does not serve admissionregistration.k8s.io/v1.',
          'Start the apiserver with that API and the admission plugin MutatingAdmissionWebhook.',
        ),
    }),
    diagnostic({
      id: 'native-sidecars',
      title: 'the apiserver keeps a sidecar among the init containers',
      needs: ['plainPod'],
      run: ({ plainPod }) =>
        unless(
          !(plainPod.spec?.initContainers ?? []).some(({ restartPolicy }) => restartPolicy === 'Always'),
          failed,
          'The apiserver dropped restartPolicy Always from an init container of a Pod that was created as a dry run.',
          'Turn the feature gate SidecarContainers on, and look for an admission webhook that rewrites init containers.',
        ),
    }),
    diagnostic({
      id: 'clocks',
      title: 'this machine and the apiserver agree on the time',
      needs: ['plainPod'],
      run({ plainPod, about: { nowMs } }) {
        const createdMs = Date.parse(String(plainPod.metadata?.creationTimestamp));
        const apartMs = Math.abs(createdMs - nowMs);
        return unless(
          apartMs > mostSkewMs,
          warning,
          `The clock of this machine and that of the apiserver are ${Math.round(apartMs / 60_000)} minutes apart.`,
          'Set the clock that is wrong: what this command says about certificates and the Lease is by this machine.',
        );
      },
    }),
  ],
};
