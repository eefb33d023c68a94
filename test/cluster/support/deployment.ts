/** What is special about a Deployment of one container in a test. */
export type Wish = {
  readonly annotations: Readonly<Record<string, string>>;
  readonly container: Readonly<Record<string, unknown>>;
  readonly pod?: Readonly<Record<string, unknown>>;
  readonly replicas?: number;
};

/** A Deployment whose Pods ask for a check; the keys of `annotations` are without the prefix. */
export const deployment = (name: string, { annotations, container, pod = {}, replicas = 1 }: Wish): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: {
        labels: { app: name },
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([key, value]) => [`health.example.com/${key}`, value]),
        ),
      },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name, imagePullPolicy: 'IfNotPresent', ...container }],
        ...pod,
      },
    },
  },
});

/** A Service in front of the Pods of an app. */
export const service = (name: string, port: number): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port, targetPort: port }] },
});
