import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { patterns } from '../../src/inject/patterns/index.ts';

/** A Pod that asks for each pattern, for `auto` and for none; the rest of them is the same. */
export type PatternName = keyof typeof patterns | 'auto' | 'none';

const ask: Readonly<Record<PatternName, Readonly<Record<string, string>>>> = {
  port: { check: 'http://:8080/healthz' },
  cli: { check: 'redis://:$REDIS_PASSWORD@:6379' },
  sidecar: { check: 'redis://:$REDIS_PASSWORD@:6379' },
  hardware: { check: 'pressure://memory?max=60' },
  // The image and its port say what to ask.
  auto: {},
  none: {},
};

/** The Pods by their pattern. */
export function patternPods(): ReadonlyMap<PatternName, { readonly metadata: object; readonly spec: object }> {
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
      return [pattern as PatternName, pod];
    }),
  );
}
