/** What the page can be filled with. */
export type Example = {
  /** For a link, such as `#example=dnsmasq`. */
  readonly id: string;
  readonly title: string;
  readonly manifest: string;
  readonly policies?: string;
};

/** What an example says of a workload; the text is written as people write it. */
export type ExampleWorkload = {
  readonly kind?: 'Deployment' | 'StatefulSet';
  readonly name: string;
  readonly image: string;
  /** Without the prefix. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly ports?: readonly (readonly [name: string, port: number])[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Variables that come from a Secret of the workload's name, and its keys. */
  readonly secrets?: Readonly<Record<string, string>>;
};

/** Writes the manifest of a workload with one container. */
export function writeManifest({
  kind = 'Deployment',
  name,
  image,
  annotations,
  ports = [],
  args = [],
  env = {},
  secrets = {},
}: ExampleWorkload): string {
  const variables = [
    ...Object.entries(env).map(([key, value]) => `            - { name: ${key}, value: ${JSON.stringify(value)} }`),
    ...Object.entries(secrets).flatMap(([key, entry]) => [
      `            - name: ${key}`,
      '              valueFrom:',
      `                secretKeyRef: { name: ${name}, key: ${entry} }`,
    ]),
  ];
  const lines = [
    'apiVersion: apps/v1',
    `kind: ${kind}`,
    'metadata:',
    `  name: ${name}`,
    'spec:',
    ...(kind === 'StatefulSet' ? [`  serviceName: ${name}`] : []),
    '  selector:',
    `    matchLabels: { app: ${name} }`,
    '  template:',
    '    metadata:',
    `      labels: { app: ${name} }`,
    '      annotations:',
    ...Object.entries(annotations).map(([key, value]) => `        health.example.com/${key}: ${textOf(value)}`),
    '    spec:',
    '      containers:',
    `        - name: ${name}`,
    `          image: ${image}`,
    ...(args.length > 0 ? [`          args: [${args.map(itemOf).join(', ')}]`] : []),
    ...(variables.length > 0 ? ['          env:', ...variables] : []),
    ...(ports.length > 0 ? ['          ports:'] : []),
    ...ports.map(([port, number]) => `            - { name: ${port}, containerPort: ${number} }`),
  ];
  return `${lines.join('\n')}\n`;
}

/** A value of several lines is a block; one that YAML would take for something else is in quotes. */
function textOf(value: string): string {
  if (value.includes('\n')) return `|\n${value.replaceAll(/^/gm, '          ')}`;
  return /^\d+$|^(?:off|on|yes|no)$|: |:$|\s#/.test(value) ? JSON.stringify(value) : value;
}

const itemOf = (text: string): string => (/^[\w./-][\w./:=-]*$/.test(text) ? text : JSON.stringify(text));
