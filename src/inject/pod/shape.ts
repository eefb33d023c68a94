// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/

/** A field whose value is of another kind than Kubernetes takes: where it stands, and two clauses. */
export type MisshapenField = {
  readonly path: readonly (string | number)[];
  readonly received: string;
  readonly expected: string;
};

/** What a value has to be: the name of a type, a list or a map of one shape, or an object with some fields. */
type Shape =
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

const terms: Shape = {
  list: { fields: { matchExpressions: { list: anyObject }, matchFields: { list: anyObject } } },
};

const container: Shape = {
  fields: {
    name: 'text',
    image: 'text',
    command: { list: 'word' },
    args: { list: 'word' },
    restartPolicy: 'text',
    env: { list: { fields: { name: 'text', valueFrom: anyObject }, required: ['name'] } },
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

/** The fields of a Pod that some step of injection reads. */
const podShape: Shape = {
  fields: {
    metadata: {
      fields: {
        labels: { map: 'text' },
        annotations: anyObject,
        ownerReferences: { list: { fields: { kind: 'text', name: 'text' }, required: ['kind', 'name'] } },
      },
    },
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
                requiredDuringSchedulingIgnoredDuringExecution: { fields: { nodeSelectorTerms: terms } },
                preferredDuringSchedulingIgnoredDuringExecution: { list: { fields: { preference: anyObject } } },
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

/**
 * The first field of a Pod or Pod template that has another shape than Kubernetes gives it. An apiserver refuses such a
 * Pod before it asks a webhook; a manifest, or a template in an object of another kind, may hold anything.
 */
export const misshapenField = (pod: unknown): MisshapenField | undefined => misfit(pod, podShape);

function misfit(value: unknown, shape: Shape): MisshapenField | undefined {
  const mismatch = (expected: string): MisshapenField => ({ path: [], received: `it is ${kindOf(value)}`, expected });
  if (typeof shape === 'string') {
    return types[shape]?.includes(typeof value) ? undefined : mismatch(article[shape]);
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return mismatch('a list');
    return firstMisfit(value.map((item, index) => [index, item, shape.list] as const));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch('a map');
  if ('map' in shape) return firstMisfit(Object.entries(value).map(([key, item]) => [key, item, shape.map] as const));
  const { fields, required = [], filled = [] } = shape;
  const given = value as Readonly<Record<string, unknown>>;
  const missing = required.find((name) => given[name] === undefined);
  if (missing !== undefined)
    return { path: [missing], received: 'it is missing', expected: expectation(fields[missing]) };
  const isRead = (name: string): boolean =>
    given[name] !== undefined && (given[name] !== null || required.includes(name) || filled.includes(name));
  return firstMisfit(
    Object.entries(fields).flatMap(([name, inner]) => (isRead(name) ? [[name, given[name], inner] as const] : [])),
  );
}

function firstMisfit(parts: readonly (readonly [string | number, unknown, Shape])[]): MisshapenField | undefined {
  for (const [key, value, shape] of parts) {
    const found = misfit(value, shape);
    if (found) return { ...found, path: [key, ...found.path] };
  }
  return undefined;
}

const types: Readonly<Record<string, readonly string[]>> = {
  text: ['string'],
  number: ['number'],
  boolean: ['boolean'],
  word: ['string', 'number', 'boolean'],
};

const article = { text: 'a text', number: 'a number', boolean: 'true or false', word: 'a text' } as const;

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
