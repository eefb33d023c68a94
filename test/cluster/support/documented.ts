import { parse } from 'yaml';
import { blocksOf, textOf } from '../../docs/support/markdown.ts';
import { asking, sleeping } from './hardware.ts';

/** The manifest of this kind that a page of the documentation shows. */
export function documented(page: string, kind: string): any {
  const found = blocksOf(textOf(page))
    .filter(({ language }) => language === 'yaml')
    .map(({ code }) => parse(code))
    .filter((object) => object?.kind === kind);
  if (found.length !== 1) throw new Error(`${page} shows ${found.length} manifests of kind ${kind}`);
  return found[0];
}

/**
 * The Pod template of a page, changed as little as the cluster of the tests asks for: a program that exists, the sensor
 * of the test, checks each second, and a Pod for each node before the next gets two.
 */
export function runnable(template: any, app: string): any {
  const annotations = Object.fromEntries(Object.entries(asking).map(([key, value]) => [`${prefix}${key}`, value]));
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { app } },
  };
  const [container] = template.spec.containers;
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: { ...template.metadata?.labels, app },
      annotations: { ...annotations, ...template.metadata?.annotations },
    },
    spec: {
      ...template.spec,
      // So long that a look at the Pods sees the condition that the eviction leaves.
      terminationGracePeriodSeconds: 3,
      topologySpreadConstraints: [spread],
      containers: [{ ...container, imagePullPolicy: 'IfNotPresent', ...sleeping(100_000) }],
    },
  };
}

const prefix = 'health.example.com/';
