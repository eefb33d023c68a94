import { type DiagnosticGroup, diagnostic, listed, ok, unless, warning } from '../diagnostic.ts';
import { hasFault, versionFaults } from '../version-faults.ts';
import { countOfPods, podName } from '../pod-fact.ts';

/** Faults of some versions of Kubernetes that something in this cluster meets. */
export const versionFaultsGroup: DiagnosticGroup = {
  title: 'Known faults of this Kubernetes',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'fault-image-volume-events',
      title: 'no kubelet writes an Event a second for an image volume of the agent',
      needs: ['nodes', 'pods'],
      run({ nodes, pods }) {
        const old = new Set(
          nodes
            .filter(({ kubelet }) => hasFault(versionFaults['fault-image-volume-events'], kubelet))
            .map(({ name }) => name),
        );
        const met = pods.filter(({ hasImageVolume, node }) => hasImageVolume && old.has(node));
        return unless(
          met.length > 0,
          warning,
          `Kubelets before 1.37 write an Event a second for each image volume (kubernetes#138655), and there is one in ${countOfPods(met)}: ${listed(met.map(podName))}.`,
          'Use delivery: init-container for them, or upgrade their nodes to 1.37.',
        );
      },
    }),
    diagnostic({
      id: 'fault-exec-readiness',
      title: 'no kubelet freezes the exec readiness of a Pod that terminates',
      needs: ['nodes', 'pods'],
      run({ nodes, pods }) {
        const affected = nodes.filter(({ kubelet }) => hasFault(versionFaults['fault-exec-readiness'], kubelet));
        const names = new Set(affected.map(({ name }) => name));
        const met = pods.filter(({ hasExecReadiness, node }) => hasExecReadiness && names.has(node));
        return unless(
          met.length > 0,
          warning,
          `Kubelets of 1.35 and 1.36 stop an exec readiness probe when its Pod begins to terminate, so that the Pod stays Ready (kubernetes#140882), and there is one in ${countOfPods(met)}: ${listed(met.map(podName))}.`,
          'Use the pattern sidecar for Pods that drain, or upgrade their nodes to 1.37.',
        );
      },
    }),
    diagnostic({
      id: 'fault-device-health',
      title: 'no kubelet reports the health of a device to the wrong Pod',
      needs: ['nodes'],
      run({ nodes, about: { hardware } }) {
        if (hardware !== 'move') return ok();
        const met = nodes.filter(
          ({ kubelet, devices }) => devices.length > 1 && hasFault(versionFaults['fault-device-health'], kubelet),
        );
        return unless(
          met.length > 0,
          warning,
          `Kubelets before 1.37 may report a sick device to another Pod where two device plugins use the same ids (kubernetes#140323), and the controller moves no Pod there by such a report alone; such nodes are ${listed(met.map(({ name, devices }) => `${name} (${devices.join(', ')})`))}.`,
          'Ask by a check of the agent there, such as gpu:, or upgrade these nodes to 1.37.',
        );
      },
    }),
    diagnostic({
      id: 'fault-policy-panic',
      title: 'no MutatingAdmissionPolicy can end the apiserver',
      needs: ['apiserver', 'mutatingPolicies'],
      run({ apiserver, mutatingPolicies }) {
        const isAffected = hasFault(versionFaults['fault-policy-panic'], apiserver.gitVersion);
        const met = isAffected ? mutatingPolicies.filter(({ patchesWithObjects }) => patchesWithObjects) : [];
        return unless(
          met.length > 0,
          warning,
          `Before 1.37 the apiserver panics at a MutatingAdmissionPolicy whose JSONPatch adds a list of objects (kubernetes#142181), and these policies have an Object in one: ${listed(met.map(({ name }) => name))}.`,
          'Make them add list elements one by one, or upgrade the apiserver to 1.37.',
        );
      },
    }),
    diagnostic({
      id: 'fault-device-taint-rule',
      title: 'no DeviceTaintRule taints every device',
      needs: ['apiserver', 'deviceTaintRules'],
      run({ apiserver, deviceTaintRules }) {
        const isAffected = hasFault(versionFaults['fault-device-taint-rule'], apiserver.gitVersion);
        const met = isAffected ? deviceTaintRules.filter(({ selectsDevices }) => !selectsDevices) : [];
        return unless(
          met.length > 0,
          warning,
          `In 1.37.0 a DeviceTaintRule without deviceSelector matches every device: ${listed(met.map(({ name }) => name))}.`,
          'Upgrade Kubernetes to 1.37.1, or give these rules a deviceSelector.',
        );
      },
    }),
  ],
};
