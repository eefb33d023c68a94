import { type DiagnosticGroup, diagnostic, failed, listed, unless, warning } from '../diagnostic.ts';

const help = 'Correct its label: kubectl label namespace NAME KEY=enabled --overwrite, or KEY- to remove it.';

/** Whether what administrators say is understood. */
export const policiesGroup: DiagnosticGroup = {
  title: 'Policies and namespaces',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'policies-accepted',
      title: 'no policy has a mistake',
      needs: ['policies'],
      run({ policies }) {
        const wrong = policies.filter(({ isAccepted }) => isAccepted === false);
        return unless(
          wrong.length > 0,
          failed,
          `The HealthPolicy ${listed(wrong.map(({ name, message }) => `${name} (${message})`))} is not accepted: the webhook injects nothing into the Pods that it selects.`,
          'Correct it: the message says what was received and what was expected.',
        );
      },
    }),
    diagnostic({
      id: 'namespaces-value',
      title: 'every namespace says enabled or disabled, or nothing',
      needs: ['namespaces'],
      run({ namespaces, about: { prefix } }) {
        const key = `${prefix}inject`;
        const wrong = namespaces.flatMap(({ name, labels, annotations }) =>
          [labels[key], annotations[key]].flatMap((value) =>
            value === undefined || value === 'enabled' || value === 'disabled' ? [] : [`${name} ("${value}")`],
          ),
        );
        return unless(
          wrong.length > 0,
          failed,
          `The value of ${key} is neither enabled nor disabled, and counts as nothing, on the namespace ${listed(wrong)}.`,
          help.replaceAll('KEY', key),
        );
      },
    }),
    diagnostic({
      id: 'namespaces-both-ways',
      title: 'no namespace says one thing in its label and another in its annotation',
      needs: ['namespaces'],
      run({ namespaces, about: { prefix } }) {
        const key = `${prefix}inject`;
        const both = namespaces.filter(
          ({ labels, annotations }) =>
            labels[key] !== undefined && annotations[key] !== undefined && labels[key] !== annotations[key],
        );
        return unless(
          both.length > 0,
          warning,
          `Label and annotation ${key} differ on the namespace ${listed(both.map(({ name, labels, annotations }) => `${name} (label ${labels[key]}, annotation ${annotations[key]})`))}; the label counts.`,
          'Remove the annotation.',
        );
      },
    }),
    diagnostic({
      id: 'namespaces-key',
      title: 'no namespace has an unknown key of ours',
      needs: ['namespaces'],
      run({ namespaces, about: { prefix } }) {
        const unknown = namespaces.flatMap(({ name, labels, annotations }) =>
          [...Object.keys(labels), ...Object.keys(annotations)]
            .filter((key) => key.startsWith(prefix) && key !== `${prefix}inject`)
            .map((key) => `${name} (${key})`),
        );
        return unless(
          unknown.length > 0,
          warning,
          `A namespace knows the key ${prefix}inject only, and others stand on ${listed(unknown)}.`,
          'Put annotations on workloads, or write a HealthPolicy for the namespace.',
        );
      },
    }),
    diagnostic({
      id: 'namespaces-excluded',
      title: 'no namespace that is left alone asks to be injected',
      needs: ['namespaces'],
      run({ namespaces, about: { prefix, excludedNamespaces } }) {
        const inVain = namespaces.filter(
          ({ name, labels }) => labels[`${prefix}inject`] === 'enabled' && excludedNamespaces.includes(name),
        );
        return unless(
          inVain.length > 0,
          warning,
          `The namespace ${listed(inVain.map(({ name }) => name))} has ${prefix}inject=enabled, and is among the excluded ones.`,
          'Remove the label, or take it out of excludedNamespaces of the chart.',
        );
      },
    }),
  ],
};
