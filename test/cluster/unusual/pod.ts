import type { Container, Row } from './server.ts';

const podAddress = { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } };

const timing = { period: '5s', 'termination-grace-period': '2s' };

const variable = ([name, value]: [string, string | object | undefined]): object =>
  typeof value === 'object' ? { name, valueFrom: value } : { name, value };

/** The Pod of a row, and the ConfigMap that it mounts. */
export function objectsOf(image: string, row: Row): object[] {
  const { name, mounted, beside = [] } = row;
  const volumes = mounted ? [{ name: 'mounted', configMap: { name } }] : [];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      annotations: Object.fromEntries(
        Object.entries({ pattern: 'auto', ...timing }).map(([key, value]) => [`health.example.com/${key}`, value]),
      ),
    },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [containerOf(image, row), ...beside.map((other) => containerOf(other.image, other))],
      volumes,
    },
  };
  if (!mounted) return [pod];
  return [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { [mounted.file]: mounted.text } }, pod];
}

function containerOf(image: string, { name, command, args, ports = [], mounted, ...row }: Container): object {
  const own = { BAKED: row.baked, LATER: row.later, SLOW: row.slow === undefined ? undefined : `${row.slow}` };
  const variables = Object.entries({ ...own, ...row.env }).filter(([, value]) => value !== undefined);
  return {
    name,
    image: `docker.io/library/${image}:unusual`,
    imagePullPolicy: 'Never',
    ...(command ? { command } : {}),
    ...(args ? { args } : {}),
    env: [podAddress, ...variables.map(variable)],
    ports: ports.map((containerPort) => ({ containerPort })),
    volumeMounts: mounted ? [{ name: 'mounted', mountPath: mounted.at }] : [],
    resources: { requests: { cpu: '5m', memory: '8Mi' } },
  };
}
