import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What a Pod asks for each pattern, for `auto` and for none; the rest of the Pods is the same. */
const ask: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  port: { check: 'http://:8080/healthz' },
  cli: { check: 'redis://:$REDIS_PASSWORD@:6379' },
  sidecar: { check: 'redis://:$REDIS_PASSWORD@:6379' },
  hardware: { check: 'pressure://memory?max=60' },
  // The image and its port say what to ask.
  auto: {},
  none: {},
};

/** The Pods by their pattern. */
export function patternPods(): ReadonlyMap<string, { readonly metadata: object; readonly spec: object }> {
  const text = readFileSync(new URL('pod.yaml', import.meta.url), 'utf8');
  return new Map(
    Object.entries(ask).map(([pattern, words]) => {
      const pod = parse(
        pattern === 'auto'
          ? text
              .replace(/image: .*\/checkout:v42/, 'image: redis:8')
              .replace('containerPort: 8080', 'containerPort: 6379')
          : text,
      );
      const annotations = Object.entries({ pattern, ...words }).map(([key, value]) => [
        `health.example.com/${key}`,
        value,
      ]);
      pod.metadata.annotations = { 'prometheus.io/scrape': 'true', ...Object.fromEntries(annotations) };
      return [pattern, pod];
    }),
  );
}
