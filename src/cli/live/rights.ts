// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
import type { V1Deployment } from '@kubernetes/client-node';
import type { FactRead, Installation, RightFact } from '../../diagnostics/facts.ts';
import { programOf } from '../../diagnostics/groups/programs.ts';
import { type Right, controllerRights, installerRights, rightText, webhookRights } from '../../diagnostics/rights.ts';
import type { Client } from '../../kube/client.ts';
import type { FactReader } from './reading.ts';

const reviews = '/apis/authorization.k8s.io/v1';

/** What the accounts of webhook and controller are allowed, as the apiserver's authorizers say it. */
export async function accountRights(
  reader: FactReader,
  client: Client,
  about: Installation,
  deployments: readonly V1Deployment[],
): Promise<{ readonly accountRights: FactRead<readonly RightFact[]> }> {
  const asked = [
    ['webhook', webhookRights(about)],
    ['controller', controllerRights(about)],
  ] as const;
  const facts = await Promise.all(
    asked.flatMap(([component, rights]) => {
      const account = programOf(deployments, component)?.spec?.template.spec?.serviceAccountName;
      if (account === undefined) return [];
      const user = `system:serviceaccount:${about.namespace}:${account}`;
      const groups = ['system:serviceaccounts', `system:serviceaccounts:${about.namespace}`, 'system:authenticated'];
      return rights.map((right) =>
        review(reader, client, about, {
          right,
          kind: 'SubjectAccessReview',
          subject: { user, groups },
          who: `${component} may `,
        }),
      );
    }),
  );
  return { accountRights: together(facts) };
}

/** What the caller is allowed of what it takes to install. */
export async function callerRights(
  reader: FactReader,
  client: Client,
  about: Installation,
): Promise<{ readonly installerRights: FactRead<readonly RightFact[]> }> {
  const facts = await Promise.all(
    installerRights.map((right) =>
      review(reader, client, about, { right, kind: 'SelfSubjectAccessReview', subject: {}, who: '' }),
    ),
  );
  return { installerRights: together(facts) };
}

type Question = { readonly right: Right; readonly kind: string; readonly subject: object; readonly who: string };

/** Asks for each verb of a right. */
async function review(
  reader: FactReader,
  client: Client,
  { namespace }: Installation,
  { right, kind, subject, who }: Question,
): Promise<FactRead<readonly RightFact[]>> {
  const { group, resource: full, name, isNamespaced } = right;
  const [resource, subresource] = full.split('/');
  const place = { ...(name === undefined ? {} : { name }), ...(isNamespaced ? { namespace } : {}) };
  const answers = await Promise.all(
    right.verbs.map((verb) =>
      reader.read(`create ${kind.toLowerCase()}s`, async (options) => {
        const resourceAttributes = { group, resource, subresource, verb, ...place };
        const object = { apiVersion: 'authorization.k8s.io/v1', kind, spec: { ...subject, resourceAttributes } };
        const { status } = await client.create<{ status: { allowed: boolean } }>(
          `${reviews}/${kind.toLowerCase()}s`,
          object,
          options,
        );
        return [{ right: `${who}${rightText(right, verb, namespace)}`, isAllowed: status.allowed }];
      }),
    ),
  );
  return together(answers);
}

/** One read of many: what could not be read of one is not known of all. */
function together<T>(reads: readonly FactRead<readonly T[]>[]): FactRead<readonly T[]> {
  const unread = reads.find((read) => 'unread' in read);
  if (unread) return unread;
  return { value: reads.flatMap((read) => ('value' in read ? read.value : [])) };
}
