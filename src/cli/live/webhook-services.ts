import type {
  V1EndpointSlice,
  V1MutatingWebhookConfiguration,
  V1Service,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import type { FactRead, Installation, ServiceFact } from '../../diagnostics/facts.ts';
import { asksAboutPods } from '../../diagnostics/groups/other-webhooks.ts';
import { ignoreNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { FactReader } from './reading.ts';

type ServicesRequest = {
  readonly installation: Installation;
  readonly configurations: readonly (V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration)[];
};

/** More webhooks than this are asked about Pods in no cluster. */
const mostServices = 100;

/** Reads the Services behind the webhooks that are asked about Pods, ours among them, and how many endpoints they have. */
export async function webhookServices(
  reader: FactReader,
  client: Client,
  { installation, configurations }: ServicesRequest,
): Promise<FactRead<readonly ServiceFact[]>> {
  const own = { namespace: installation.namespace, name: installation.service };
  const named = configurations.flatMap(({ webhooks = [] }) =>
    webhooks.flatMap((entry) =>
      asksAboutPods(entry) && entry.clientConfig.service ? [entry.clientConfig.service] : [],
    ),
  );
  const wanted = new Map(
    [own, ...named].map(({ namespace, name }) => [`${namespace}/${name}`, { namespace, name }] as const),
  );
  const facts = await Promise.all(
    [...wanted.values()].slice(0, mostServices).map(({ namespace, name }) =>
      reader.read(`get services and endpointslices in ${namespace}`, async (options): Promise<ServiceFact> => {
        const service = await ignoreNotFound(
          client.get<V1Service>(`/api/v1/namespaces/${namespace}/services/${name}`, options),
        );
        if (!service) return { namespace, name, ports: [], readyEndpoints: 0 };
        const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
        const query = new URLSearchParams({ labelSelector: `kubernetes.io/service-name=${name}` });
        const { items } = await client.get<{ items: V1EndpointSlice[] }>(`${slices}?${query}`, options);
        const ready = items.flatMap(({ endpoints }) =>
          (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false),
        );
        const ports = (service.spec?.ports ?? []).map(({ port }) => port);
        return { namespace, name, ports, readyEndpoints: ready.length };
      }),
    ),
  );
  const unread = facts.find((fact) => 'unread' in fact);
  if (unread) return unread;
  return { value: facts.flatMap((fact) => ('value' in fact ? [fact.value] : [])) };
}
