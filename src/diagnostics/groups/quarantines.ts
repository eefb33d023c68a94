import { type DiagnosticGroup, diagnostic, listed, unless, warning } from '../diagnostic.ts';

/** The controller releases within a minute. */
const releaseMs = 5 * 60_000;

/** Whether nodes are kept from Pods, and for a reason that still stands. */
export const quarantinesGroup: DiagnosticGroup = {
  title: 'Quarantines',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'quarantines-hold',
      title: 'no node is kept from Pods',
      needs: ['quarantines'],
      run({ quarantines }) {
        const holding = quarantines.filter(({ spec }) => spec.owners.length > 0);
        const texts = holding.map(({ spec: { nodeName, owners } }) => {
          const [first] = owners;
          return `${nodeName} (from ${owners.length} owners, such as ${first?.owner.namespace}/${first?.owner.name}: ${first?.message}, until ${first?.until})`;
        });
        return unless(
          holding.length > 0,
          warning,
          `A NodeQuarantine keeps Pods off ${listed(texts)}.`,
          'Repair the node, then release it with kubectl delete nodequarantine NODE.',
        );
      },
    }),
    diagnostic({
      id: 'quarantines-node',
      title: 'every quarantine is of a node that there is',
      needs: ['quarantines', 'nodes'],
      run({ quarantines, nodes }) {
        const names = new Set(nodes.map(({ name }) => name));
        const gone = quarantines.filter(({ spec }) => !names.has(spec.nodeName));
        return unless(
          gone.length > 0,
          warning,
          `There is a NodeQuarantine for a node that is gone: ${listed(gone.map(({ spec }) => spec.nodeName))}.`,
          'Delete it with kubectl delete nodequarantine NODE.',
        );
      },
    }),
    diagnostic({
      id: 'quarantines-over',
      title: 'no quarantine lasts longer than it says',
      needs: ['quarantines'],
      run({ quarantines, about: { nowMs, namespace } }) {
        const over = quarantines.filter(({ spec }) =>
          spec.owners.some(({ until }) => Date.parse(until) + releaseMs < nowMs),
        );
        return unless(
          over.length > 0,
          warning,
          `The time of a NodeQuarantine is over, and it still stands: ${listed(over.map(({ spec }) => spec.nodeName))}.`,
          `The controller ends it: look at kubectl -n ${namespace} logs -l app.kubernetes.io/component=controller, and at HEALTH_INJECTOR_HARDWARE, which must not be off.`,
        );
      },
    }),
    diagnostic({
      id: 'quarantines-taint',
      title: 'no node has our taint without a quarantine',
      needs: ['quarantines', 'nodes'],
      run({ quarantines, nodes, about: { prefix } }) {
        const names = new Set(quarantines.map(({ spec }) => spec.nodeName));
        const left = nodes.filter(({ name, taints }) => taints.includes(`${prefix}hardware`) && !names.has(name));
        return unless(
          left.length > 0,
          warning,
          `The taint ${prefix}hardware keeps all Pods off ${listed(left.map(({ name }) => name))}, and no NodeQuarantine says why.`,
          `Remove it with kubectl taint nodes NODE ${prefix}hardware-.`,
        );
      },
    }),
  ],
};
