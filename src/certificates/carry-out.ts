import type { X509Certificate } from 'node:crypto';
import { pemOf } from './certificate.ts';
import type { Content, Holding } from './holding.ts';
import { type KeyPair, issueAuthority, issueServer } from './issue.ts';
import { type Plan, authorityDays, leafDays } from './plan.ts';

/** The name of every CA of ours. */
export const authorityName = 'health-injector';

/** Replicas whose clocks are days apart would each make a CA of their own, for ever: so many are trusted at most. */
const mostAuthorities = 8;

/** What a plan is carried out with: the CAs that a new one is put before, what the certificate is for, and fresh keys. */
export type Means = {
  readonly old: readonly X509Certificate[];
  readonly names: readonly string[];
  readonly now: Date;
  readonly keys: { readonly ofAuthority: KeyPair; readonly ofServer: KeyPair };
};

/** What the Secret holds once a plan is carried out that is not to keep it. */
export function carryOut(
  { action, kept }: Plan,
  { authorities, authority, servable }: Holding,
  { old, names, now, keys }: Means,
): Required<Content> {
  if (action === 'new-authority' || !authority) {
    const fresh = issueAuthority(authorityName, now, authorityDays, keys.ofAuthority);
    const others = [...new Set(old.map(pemOf))].slice(0, mostAuthorities - 1);
    return contentOf(fresh, [fresh.cert, ...others], issueServer(fresh, names, now, leafDays, keys.ofServer));
  }
  const isLeafKept = action === 'drop-authorities' && servable;
  const pair = isLeafKept ? servable.pair : issueServer(authority, names, now, leafDays, keys.ofServer);
  return contentOf(authority, authorities.slice(0, kept).map(pemOf), pair);
}

/** Whether a CA of the caBundle is one that we made: what somebody else wrote there is not trusted for another week. */
export const isOurs = ({ subject }: X509Certificate): boolean => subject === `CN=${authorityName}`;

const contentOf = (
  authority: { readonly key: string },
  trusted: readonly string[],
  leaf: { readonly cert: string; readonly key: string },
): Required<Content> => ({
  'ca.crt': trusted.map((pem) => `${pem.trim()}\n`).join(''),
  'ca.key': authority.key,
  'tls.crt': leaf.cert,
  'tls.key': leaf.key,
});
