import { X509Certificate } from 'node:crypto';
import type { CoreV1Event, V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { ApiError, isNotFound } from '../../kube/api-error.ts';
import { defaultReflectorOptions, listPages } from '../../kube/reflector.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantine/quarantine.ts';
import type { CertificateFact, EventFact, ReportFacts } from '../../report/facts.ts';
import { readEvent } from '../explain/pod-events.ts';
import type { Cluster } from './cluster.ts';

/** What happened in a cluster, and which certificates hold. */
type History = Pick<ReportFacts, 'quarantines' | 'events' | 'certificates' | 'unseen'>;

/** The Events of the controller that a time line shows. What moved stands in the quarantines, too, for longer than an hour. */
export const shownReasons: readonly string[] = [
  'MoveHeld',
  'MoveRefused',
  'ReplacementRunning',
  'ReplacementCameBack',
  'ReplacementUnschedulable',
  'NodeReleased',
  'HealthCheckMissed',
  'HealthCheckRepairGivenUp',
  'HealthCheckRepairRefused',
];

const mostEvents = 1_000;

/** Reads the quarantines, Events and certificates of a cluster; with a namespace only what concerns that. */
export async function readHistory({ client }: Cluster, namespace: string | undefined): Promise<History> {
  const unseen: string[] = [];
  const signal = new AbortController().signal;
  const list = async <T>(path: string, fieldSelector?: string): Promise<T[]> => {
    const items: T[] = [];
    const source = { client, path, ...(fieldSelector === undefined ? {} : { fieldSelector }) };
    try {
      for await (const page of listPages<T>(source, defaultReflectorOptions, signal)) {
        items.push(...page.items);
        if (items.length >= mostEvents) break;
      }
    } catch (error) {
      const why = error instanceof ApiError ? error.summary : (error as Error).message;
      if (!isNotFound(error)) unseen.push(`The cluster does not show ${path}: ${why}.`);
    }
    return items;
  };
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const events: CoreV1Event[] = [];
  for (const reason of shownReasons) {
    events.push(...(await list<CoreV1Event>(`/api/v1${within}/events`, `reason=${reason}`)));
  }
  const quarantines = await list<NodeQuarantine>(quarantinesPath);
  const webhooks = await list<V1MutatingWebhookConfiguration>(
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  );
  return {
    quarantines: quarantines.flatMap((quarantine) => quarantineFacts(quarantine, namespace)),
    events: events.map(eventFact),
    certificates: webhooks.flatMap(certificatesOf),
    unseen: [...new Set(unseen)],
  };
}

function quarantineFacts(
  { spec }: NodeQuarantine,
  namespace: string | undefined,
): ReportFacts['quarantines'][number][] {
  return (spec.owners ?? [])
    .filter(({ owner }) => namespace === undefined || owner.namespace === namespace)
    .map(({ owner, check, message, since, until, moves }) => ({
      node: spec.nodeName,
      owner: `${owner.namespace}/${owner.kind}/${owner.name}`,
      check,
      message,
      since,
      until,
      moves: (moves ?? []).map(({ podName, at }) => ({ pod: podName, at })),
    }));
}

function eventFact(event: CoreV1Event): EventFact {
  const { reason, message, last } = readEvent(event);
  const { kind = '', name = '', namespace } = event.involvedObject;
  return { at: last, reason, object: `${namespace === undefined ? '' : `${namespace}/`}${kind}/${name}`, message };
}

/** The end of the names of our webhooks, whatever the configuration is called. */
const webhookName = /\.health-injector\.example\.com$/;

const mostCertificates = 8;

/** The authorities that the apiserver trusts for our webhooks, each once. */
function certificatesOf({ metadata, webhooks = [] }: V1MutatingWebhookConfiguration): CertificateFact[] {
  const own = webhooks.filter(({ name }) => webhookName.test(name));
  const bundles = new Set(own.map(({ clientConfig }) => clientConfig.caBundle ?? ''));
  const found = [...bundles].flatMap((bundle) => {
    const text = Buffer.from(bundle, 'base64').toString('latin1');
    return text.split(/(?=-----BEGIN CERTIFICATE-----)/, mostCertificates + 1).flatMap((pem) => {
      try {
        return pem.startsWith('-----BEGIN') ? [new X509Certificate(pem)] : [];
      } catch {
        return [];
      }
    });
  });
  const byFingerprint = new Map(found.map((each) => [each.fingerprint256, each]));
  return [...byFingerprint.values()].map(({ subject, validFromDate, validToDate }) => ({
    name: `CA of ${metadata?.name ?? ''}: ${subject}`,
    notBefore: validFromDate.toISOString(),
    notAfter: validToDate.toISOString(),
  }));
}
