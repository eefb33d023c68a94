// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/

/** A field whose value is of another kind than Kubernetes takes: where it stands, and two clauses. */
export type MisshapenField = {
  readonly path: readonly (string | number)[];
  readonly received: string;
  readonly expected: string;
};

/** What a value has to be: the name of a type, a list or a map of one shape, or an object with some fields. */
export type Shape =
  | 'text'
  | 'number'
  | 'boolean'
  /** A text, or what becomes one: `yes` and `80` without quotes are often meant as texts. */
  | 'word'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | {
      readonly fields: Readonly<Record<string, Shape>>;
      readonly required?: readonly string[];
      /** May be left out, but hold no null, which the apiserver takes for a field that is left out. */
      readonly filled?: readonly string[];
    };

const anyObject: Shape = { fields: {} };

const requirements: Shape = {
  list: { fields: { key: 'text', operator: 'text', values: { list: 'text' } } },
};

const term: Shape = { fields: { matchExpressions: requirements, matchFields: requirements } };

const container: Shape = {
  fields: {
    name: 'text',
    image: 'text',
    command: { list: 'word' },
    args: { list: 'word' },
    restartPolicy: 'text',
    env: { list: { fields: { name: 'text', value: 'word', valueFrom: anyObject }, required: ['name'] } },
    envFrom: { list: anyObject },
    ports: {
      list: { fields: { name: 'text', containerPort: 'number', protocol: 'text' }, required: ['containerPort'] },
    },
    volumeMounts: {
      list: { fields: { name: 'text', mountPath: 'text', subPath: 'text' }, required: ['name', 'mountPath'] },
    },
    resources: { fields: { limits: anyObject, requests: anyObject, claims: { list: anyObject } } },
    securityContext: anyObject,
    livenessProbe: anyObject,
    readinessProbe: anyObject,
    startupProbe: anyObject,
  },
  required: ['name'],
  // Ports that are commented out leave a null, and a check would be guessed for a server that may listen elsewhere.
  filled: ['ports'],
};

/** The metadata of an object. The values of its annotations are for the reader: a manifest may hold null, for an empty text. */
const metadata: Shape = {
  fields: {
    labels: { map: 'text' },
    annotations: anyObject,
    managedFields: { list: { fields: { manager: 'text', operation: 'text', subresource: 'text' } } },
    ownerReferences: { list: { fields: { kind: 'text', name: 'text' }, required: ['kind', 'name'] } },
  },
};

/** The fields of a Pod that some step of injection reads. */
const podShape: Shape = {
  fields: {
    metadata,
    spec: {
      fields: {
        containers: { list: container },
        initContainers: { list: container },
        volumes: { list: { fields: { name: 'text' }, required: ['name'] } },
        restartPolicy: 'text',
        nodeName: 'text',
        hostNetwork: 'boolean',
        hostPID: 'boolean',
        shareProcessNamespace: 'boolean',
        os: anyObject,
        nodeSelector: { map: 'text' },
        securityContext: anyObject,
        resources: { fields: { limits: anyObject, requests: anyObject } },
        resourceClaims: { list: { fields: { name: 'text' }, required: ['name'] } },
        affinity: {
          fields: {
            nodeAffinity: {
              fields: {
                requiredDuringSchedulingIgnoredDuringExecution: { fields: { nodeSelectorTerms: { list: term } } },
                preferredDuringSchedulingIgnoredDuringExecution: {
                  list: { fields: { preference: term }, required: ['preference'] },
                },
              },
            },
          },
        },
      },
      required: ['containers'],
    },
  },
  required: ['spec'],
};

const types: Readonly<Record<string, readonly string[]>> = {
  text: ['string'],
  number: ['number'],
  boolean: ['boolean'],
  word: ['string', 'number', 'boolean'],
};

const article = { text: 'a text', number: 'a number', boolean: 'true or false', word: 'a text' } as const;

/** Looks at one value. Each Pod is looked at, so a value that is in order costs no allocation. */
export type Look = (value: unknown) => MisshapenField | undefined;

/** Makes the search for the first value that does not fit a shape. */
export function lookFor(shape: Shape): Look {
  if (typeof shape === 'string') return lookForType(shape);
  if ('list' in shape) return lookForList(lookFor(shape.list));
  return 'map' in shape ? lookForMap(lookFor(shape.map)) : lookForFields(shape);
}

const mismatch = (value: unknown, expected: string): MisshapenField => ({
  path: [],
  received: `it is ${kindOf(value)}`,
  expected,
});

const within = (key: string | number, { path, ...found }: MisshapenField): MisshapenField => ({
  ...found,
  path: [key, ...path],
});

function lookForType(shape: keyof typeof article): Look {
  const allowed = types[shape] ?? [];
  return (value) => (allowed.includes(typeof value) ? undefined : mismatch(value, article[shape]));
}

function lookForList(look: Look): Look {
  return (value) => {
    if (!Array.isArray(value)) return mismatch(value, 'a list');
    for (let index = 0; index < value.length; index += 1) {
      const found = look(value[index]);
      if (found) return within(index, found);
    }
    return undefined;
  };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function lookForMap(look: Look): Look {
  return (value) => {
    if (!isMap(value)) return mismatch(value, 'a map');
    for (const key of Object.keys(value)) {
      const found = look(value[key]);
      if (found) return within(key, found);
    }
    return undefined;
  };
}

function lookForFields({
  fields,
  required = [],
  filled = [],
}: Extract<Shape, { readonly fields: Readonly<Record<string, Shape>> }>): Look {
  const rows = Object.entries(fields).map(([name, shape]) => ({
    name,
    look: lookFor(shape),
    isRequired: required.includes(name),
    mayBeNull: !required.includes(name) && !filled.includes(name),
    expected: expectation(shape),
  }));
  const needed = rows.filter(({ isRequired }) => isRequired);
  return (value) => {
    if (!isMap(value)) return mismatch(value, 'a map');
    for (const { name, expected } of needed) {
      if (value[name] === undefined) return { path: [name], received: 'it is missing', expected };
    }
    for (const { name, look, mayBeNull } of rows) {
      const given = value[name];
      if (given === undefined || (given === null && mayBeNull)) continue;
      const found = look(given);
      if (found) return within(name, found);
    }
    return undefined;
  };
}

function expectation(shape: Shape | undefined): string {
  if (typeof shape === 'string') return article[shape];
  return shape && 'list' in shape ? 'a list' : 'a map';
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

/**
 * The first field of a Pod or Pod template that has another shape than Kubernetes gives it. An apiserver refuses such a
 * Pod before it asks a webhook; a manifest, or a template in an object of another kind, may hold anything.
 */
export const misshapenField: Look = lookFor(podShape);

/** The same of the metadata of any object. */
export const misshapenMetadata: Look = lookFor({ fields: { metadata } });
