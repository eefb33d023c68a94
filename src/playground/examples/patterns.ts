import { type Example, writeManifest } from './manifest.ts';

/** One or two for each pattern. */
export const patternExamples: readonly Example[] = [
  {
    id: 'sidecar',
    title: 'sidecar: dnsmasq, asked real DNS queries',
    manifest: writeManifest({
      name: 'dnsmasq',
      image: 'dnsmasq:2',
      annotations: { pattern: 'sidecar', check: 'dns://:53/healthy.example?type=A' },
      args: ['--keep-in-foreground', '--listen-address=127.0.0.1', '--bind-interfaces'],
    }),
  },
  {
    id: 'port',
    title: 'port: an application with a health port',
    manifest: writeManifest({
      name: 'web',
      image: 'example.com/web:1',
      annotations: { pattern: 'port', liveness: 'http://:8081/livez', readiness: 'http://:8081/readyz' },
      ports: [
        ['http', 8080],
        ['health', 8081],
      ],
    }),
  },
  {
    id: 'port-grpc',
    title: 'port: a gRPC service, in the short form',
    manifest: writeManifest({
      name: 'orders',
      image: 'example.com/orders:3',
      annotations: { pattern: 'port', scheme: 'grpc', port: 'grpc', period: '5s' },
      ports: [['grpc', 50051]],
    }),
  },
  {
    id: 'cli-tool',
    title: 'cli: a tool that the image has',
    manifest: writeManifest({
      name: 'queue',
      image: 'example.com/queue:7',
      annotations: { pattern: 'cli', check: 'exec:queue-admin status --local', period: '30s' },
    }),
  },
  {
    id: 'cli-agent',
    title: 'cli: the agent, brought into the container',
    manifest: writeManifest({
      name: 'worker',
      image: 'example.com/worker:2',
      annotations: { pattern: 'cli', check: 'file:///tmp/heartbeat?max-age=30s' },
    }),
  },
  {
    id: 'hardware',
    title: 'hardware: temperature and memory of the node',
    manifest: writeManifest({
      name: 'simulation',
      image: 'example.com/simulation:1',
      annotations: { pattern: 'hardware', check: 'temperature:?max=90C&for=5m\nmemory-errors:' },
    }),
  },
  {
    id: 'hardware-gpu',
    title: 'hardware: a training Job that asks its GPU',
    manifest: `apiVersion: batch/v1
kind: Job
metadata:
  name: training
spec:
  backoffLimit: 2
  template:
    metadata:
      annotations:
        health.example.com/pattern: hardware
        health.example.com/mode: cli
        health.example.com/check: "gpu:?for=6/10"
    spec:
      restartPolicy: Never
      containers:
        - name: training
          image: example.com/training:1
          resources:
            limits: { nvidia.com/gpu: "1" }
`,
  },
  {
    id: 'auto',
    title: 'auto: found by image and port',
    manifest: writeManifest({
      name: 'cache',
      image: 'redis:8',
      annotations: { pattern: 'auto' },
      ports: [['redis', 6379]],
    }),
  },
  {
    id: 'several',
    title: 'several patterns and containers',
    manifest: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  selector:
    matchLabels: { app: shop }
  template:
    metadata:
      labels: { app: shop }
      annotations:
        health.example.com/pattern: port
        health.example.com/check.web: http://:8080/healthz
        health.example.com/pattern.cache: sidecar
        health.example.com/check.cache: redis://:6379
    spec:
      containers:
        - name: web
          image: example.com/shop:4
          ports:
            - { name: http, containerPort: 8080 }
        - name: cache
          image: redis:8
          ports:
            - { name: redis, containerPort: 6379 }
`,
  },
];

const plainRedis = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: redis
  namespace: shop
spec:
  selector:
    matchLabels: { app: redis }
  template:
    metadata:
      labels: { app: redis }
    spec:
      containers:
        - name: redis
          image: redis:8
          ports:
            - { name: redis, containerPort: 6379 }
`;

/** What may stand beside a workload, and what may be wrong with one. */
export const situations: readonly Example[] = [
  {
    id: 'policy',
    title: 'a HealthPolicy for every redis',
    manifest: plainRedis,
    policies: `apiVersion: health.example.com/v1alpha1
kind: HealthPolicy
metadata:
  name: redis
spec:
  match:
    images: ["redis:*"]
  inject:
    pattern: sidecar
    check: redis://:6379
    period: 5s
`,
  },
  {
    id: 'policy-audit',
    title: 'a HealthPolicy that only says what it would do',
    manifest: plainRedis,
    policies: `apiVersion: health.example.com/v1alpha1
kind: HealthPolicy
metadata:
  name: audit
spec:
  mode: Audit
  inject:
    pattern: auto
`,
  },
  {
    id: 'policy-trial',
    title: 'a HealthPolicy in trial: the agent asks and counts, and no probe is added',
    manifest: plainRedis,
    policies: `apiVersion: health.example.com/v1alpha1
kind: HealthPolicy
metadata:
  name: caches
spec:
  mode: Trial
  inject:
    pattern: auto
`,
  },
  {
    id: 'namespace',
    title: 'a Namespace that is labelled, with a LimitRange',
    manifest: plainRedis,
    policies: `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    health.example.com/inject: enabled
---
apiVersion: v1
kind: LimitRange
metadata:
  name: small
  namespace: shop
spec:
  limits:
    - type: Container
      min: { cpu: 50m, memory: 32Mi }
      max: { cpu: "2", memory: 1Gi }
`,
  },
  {
    id: 'own-probe',
    title: 'a probe of its own, which stays',
    manifest: `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    health.example.com/pattern: port
    health.example.com/check: http://:8080/healthz
spec:
  containers:
    - name: web
      image: example.com/web:1
      livenessProbe:
        tcpSocket: { port: 8080 }
`,
  },
  {
    id: 'mistakes',
    title: 'four mistakes, each underlined',
    manifest: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: redis
spec:
  selector:
    matchLabels: { app: redis }
  template:
    metadata:
      labels: { app: redis }
      annotations:
        health.example.com/patern: sidecar
        health.example.com/pattern: sidecar
        health.example.com/check: redis://:horse-battery@:6379
        health.example.com/period: 500ms
        health.example.com/failure-threshold: "0"
    spec:
      containers:
        - name: redis
          image: redis:8
`,
  },
];
