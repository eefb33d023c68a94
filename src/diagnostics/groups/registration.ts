// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
import type { V1MutatingWebhook, V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { type DiagnosticGroup, diagnostic, failed, listed, unless, warning } from '../diagnostic.ts';
import type { Installation } from '../facts.ts';
import { compileSelector } from '../../policy/match.ts';
import { isOurWebhook } from './before-installing.ts';

const pods = 'pods.health-injector.example.com';
const workloads = 'workloads.health-injector.example.com';
export const registered = 'webhook-registered';

type Registered = {
  readonly mutatingWebhooks: readonly V1MutatingWebhookConfiguration[];
  readonly about: Installation;
};

/** The entries of the installation that is looked at. */
export const entriesIn = ({ mutatingWebhooks, about }: Registered): readonly V1MutatingWebhook[] =>
  (mutatingWebhooks.find(({ metadata }) => metadata?.name === about.configuration)?.webhooks ?? []).filter(({ name }) =>
    isOurWebhook(name),
  );

export const entriesWhere = (facts: Registered, is: (entry: V1MutatingWebhook) => boolean): readonly string[] =>
  entriesIn(facts).flatMap((entry) => (is(entry) ? [entry.name] : []));

export const applyAgain = 'Apply the manifests of your version again, or run helm upgrade.';

/** Of the entries that change something; the others only warn, and some of them about few namespaces. */
const changingWhere = (facts: Registered, is: (entry: V1MutatingWebhook) => boolean): readonly string[] =>
  entriesWhere(facts, (entry) => (entry.name === pods || entry.name === workloads) && is(entry));

/** Whether the apiserver asks the webhook, and about what. */
export const registrationGroup: DiagnosticGroup = {
  title: 'Registration of the webhook',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: registered,
      title: 'the webhook is registered',
      needs: ['mutatingWebhooks'],
      run: (facts) =>
        unless(
          entriesIn(facts).length === 0,
          failed,
          'There is no MutatingWebhookConfiguration of a health-injector, so that no Pod is injected.',
          'Install health-injector, or apply its manifests again; with --pre this command says whether it may be installed.',
        ),
    }),
    diagnostic({
      id: 'webhook-once',
      title: 'one installation is registered',
      needs: ['mutatingWebhooks'],
      after: registered,
      run({ mutatingWebhooks, about }) {
        const others = mutatingWebhooks
          .filter(
            ({ metadata, webhooks = [] }) =>
              metadata?.name !== about.configuration && webhooks.some(({ name }) => isOurWebhook(name)),
          )
          .map(({ metadata }) => metadata?.name ?? '');
        return unless(
          others.length > 0,
          failed,
          `Besides ${about.configuration} the MutatingWebhookConfiguration ${listed(others)} is of a health-injector, and both change the same Pods.`,
          'Uninstall one of them, or give them namespace selectors that select no namespace together.',
        );
      },
    }),
    diagnostic({
      id: 'webhook-entries',
      title: 'the webhook is registered for Pods and for workloads',
      needs: ['mutatingWebhooks'],
      after: registered,
      run(facts) {
        const names = entriesIn(facts).map(({ name }) => name);
        const missing = [pods, workloads].filter((name) => !names.includes(name));
        return unless(
          missing.length > 0,
          failed,
          `The MutatingWebhookConfiguration ${facts.about.configuration} has no entry ${listed(missing)}.`,
          applyAgain,
        );
      },
    }),
    diagnostic({
      id: 'webhook-rules',
      title: 'the entries ask about what they are for',
      needs: ['mutatingWebhooks'],
      after: registered,
      run(facts) {
        const missing = entriesIn(facts).flatMap(({ name, rules = [] }) =>
          (expectedRules[name] ?? [])
            .filter(
              ([resource, operation]) =>
                !rules.some(
                  ({ resources = [], operations = [] }) =>
                    [resource, '*', '*/*'].some((each) => resources.includes(each)) &&
                    [operation, '*'].some((each) => operations.includes(each)),
                ),
            )
            .map(([resource, operation]) => `${operation} of ${resource}`),
        );
        return unless(
          missing.length > 0,
          failed,
          `The apiserver does not ask the webhook about ${listed(missing)}.`,
          applyAgain,
        );
      },
    }),
    diagnostic({
      id: 'webhook-prefix',
      title: 'the expressions of the entries have the prefix of the webhook',
      needs: ['mutatingWebhooks'],
      after: registered,
      run(facts) {
        const { prefix } = facts.about;
        const wrong = entriesWhere(facts, ({ matchConditions = [] }) =>
          matchConditions.some(
            ({ expression }) => expression.includes('key.startsWith(') && !expression.includes(`"${prefix}"`),
          ),
        );
        return unless(
          wrong.length > 0,
          failed,
          `The webhook reads annotations with the prefix ${prefix}, and the matchConditions of ${listed(wrong)} look for another one.`,
          `Write ${prefix} into the matchConditions and the namespaceSelector, or set HEALTH_INJECTOR_PREFIX to theirs.`,
        );
      },
    }),
    diagnostic({
      id: 'webhook-selectors',
      title: 'no selector excludes all namespaces, and none the Pods one by one',
      needs: ['mutatingWebhooks', 'namespaces'],
      after: registered,
      run(facts) {
        const nothing = changingWhere(facts, ({ namespaceSelector }) => {
          const selects = compileSelector(namespaceSelector);
          return !facts.namespaces.some(({ labels }) => selects(labels));
        });
        if (nothing.length > 0) {
          return failed(`The namespaceSelector of ${listed(nothing)} selects no namespace.`, applyAgain);
        }
        const some = entriesWhere(facts, ({ objectSelector = {} }) =>
          [objectSelector.matchLabels ?? {}, objectSelector.matchExpressions ?? []].some(
            (part) => Object.keys(part).length > 0,
          ),
        );
        return unless(
          some.length > 0,
          warning,
          `The entry ${listed(some)} has an objectSelector: the webhook is not asked about Pods without these labels, whatever their annotations say.`,
          'Remove the objectSelector, unless it is there on purpose.',
        );
      },
    }),
    diagnostic({
      id: 'webhook-own-namespace',
      title: 'the webhook does not wait for itself',
      needs: ['mutatingWebhooks', 'namespaces'],
      after: registered,
      run(facts) {
        const own = facts.namespaces.filter(({ name }) => name === facts.about.namespace || name === 'kube-system');
        const met = entriesWhere(facts, ({ name, namespaceSelector }) => {
          const selects = compileSelector(namespaceSelector);
          return name === pods && own.some(({ labels }) => selects(labels));
        });
        const isFail = entriesIn(facts).some(({ failurePolicy }) => failurePolicy === 'Fail');
        return unless(
          met.length > 0,
          isFail ? failed : warning,
          `The namespaceSelector of ${listed(met)} selects kube-system or ${facts.about.namespace}, the namespace of the webhook.`,
          `Exclude both${isFail ? ': with failurePolicy Fail no replica can start while none runs' : ''}.`,
        );
      },
    }),
    diagnostic({
      id: 'webhook-failure-policy',
      title: 'no Pod waits for a webhook that is away',
      needs: ['mutatingWebhooks'],
      after: registered,
      run(facts) {
        const strict = entriesWhere(facts, ({ failurePolicy }) => failurePolicy !== 'Ignore');
        return unless(
          strict.length > 0,
          warning,
          `The failurePolicy of ${listed(strict)} is Fail: no Pod is created while the webhook is away.`,
          'Set failurePolicy: Ignore (webhook.failurePolicy of the chart), unless that is what you want.',
        );
      },
    }),
    diagnostic({
      id: 'webhook-timeout',
      title: 'a Pod waits for the webhook for at most 5 s',
      needs: ['mutatingWebhooks'],
      after: registered,
      run(facts) {
        const slow = entriesIn(facts).filter(({ timeoutSeconds = 10 }) => timeoutSeconds > 5);
        return unless(
          slow.length > 0,
          warning,
          `The timeoutSeconds of ${listed(slow.map(({ name, timeoutSeconds }) => `${name} is ${timeoutSeconds}`))}: a webhook that hangs holds each Pod up for as long.`,
          'Set timeoutSeconds: 3 (webhook.timeoutSeconds of the chart).',
        );
      },
    }),
    diagnostic({
      id: 'webhook-reinvocation',
      title: 'the webhook is asked again when a later one changes the Pod',
      needs: ['mutatingWebhooks'],
      after: registered,
      run(facts) {
        const never = changingWhere(facts, ({ reinvocationPolicy }) => reinvocationPolicy !== 'IfNeeded');
        return unless(
          never.length > 0,
          warning,
          `The reinvocationPolicy of ${listed(never)} is Never: containers that a later webhook adds get no check.`,
          'Set reinvocationPolicy: IfNeeded.',
        );
      },
    }),
  ],
};

const expectedRules: Readonly<Record<string, readonly (readonly [resource: string, operation: string])[]>> = {
  [pods]: [['pods', 'CREATE']],
  [workloads]: [
    ...['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'cronjobs'].flatMap((resource) =>
      ['CREATE', 'UPDATE'].map((operation) => [resource, operation] as const),
    ),
    ['jobs', 'CREATE'],
  ],
};
