import { type MisshapenField, type Shape, lookFor } from '../inject/pod/shape.ts';

const texts: Shape = { map: 'text' };
const quantities: Shape = { map: 'word' };

const selector: Shape = {
  fields: {
    matchLabels: texts,
    matchExpressions: {
      list: { fields: { key: 'text', operator: 'text', values: { list: 'text' } }, required: ['key', 'operator'] },
    },
  },
};

const named: Shape = {
  fields: { name: 'text', namespace: 'text', labels: texts, annotations: texts },
  required: ['name'],
};

/** The fields that are read of the kinds that say what Pods get; a spec may be left out, but hold no null. */
const shapes: Readonly<Record<string, Shape>> = {
  HealthPolicy: {
    fields: {
      metadata: named,
      spec: {
        fields: {
          mode: 'text',
          priority: 'number',
          namespaceSelector: selector,
          podSelector: selector,
          match: { fields: { images: { list: 'text' }, ports: { list: 'number' }, protocol: 'text' } },
          inject: { map: 'word' },
        },
      },
    },
    required: ['metadata'],
    filled: ['spec'],
  },
  Namespace: { fields: { metadata: named }, required: ['metadata'] },
  LimitRange: {
    fields: {
      metadata: named,
      spec: {
        fields: {
          limits: {
            list: {
              fields: {
                type: 'text',
                min: quantities,
                max: quantities,
                default: quantities,
                defaultRequest: quantities,
                maxLimitRequestRatio: quantities,
              },
              required: ['type'],
            },
          },
        },
      },
    },
    required: ['metadata'],
  },
  ResourceQuota: {
    fields: {
      metadata: named,
      spec: {
        fields: {
          hard: quantities,
          scopes: { list: 'text' },
          scopeSelector: {
            fields: {
              matchExpressions: {
                list: {
                  fields: { scopeName: 'text', operator: 'text', values: { list: 'text' } },
                  required: ['scopeName', 'operator'],
                },
              },
            },
          },
        },
      },
      status: { fields: { hard: quantities, used: quantities } },
    },
    required: ['metadata'],
  },
  NodeQuarantine: {
    fields: {
      metadata: named,
      spec: {
        fields: {
          nodeName: 'text',
          scope: 'text',
          owners: {
            list: {
              fields: {
                owner: {
                  fields: { namespace: 'text', kind: 'text', name: 'text' },
                  required: ['namespace', 'kind', 'name'],
                },
                until: 'text',
                affinity: 'text',
              },
              required: ['owner', 'until'],
            },
          },
        },
        required: ['nodeName', 'owners'],
      },
    },
    required: ['metadata', 'spec'],
  },
};

const looks = new Map(Object.entries(shapes).map(([kind, shape]) => [kind, lookFor(shape)]));

/** The first field of such an object that has another shape than the apiserver takes; undefined for an object of another kind. */
export const misshapenPolicyField = (object: unknown): MisshapenField | undefined =>
  looks.get(String((object as { readonly kind?: unknown } | null)?.kind))?.(object);

/** The same as a sentence. */
export function misshapenPolicySentence(object: unknown): string | undefined {
  const found = misshapenPolicyField(object);
  return found && `${found.path.join('.')}: ${found.received}, expected ${found.expected}.`;
}
