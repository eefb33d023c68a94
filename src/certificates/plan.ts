/** From when to when a certificate is valid, in milliseconds since 1970. */
export type Validity = { readonly notBeforeMs: number; readonly notAfterMs: number };

/** What the Secret holds, as far as a decision needs it. */
export type Held = {
  /** The CAs that are trusted, newest first. */
  readonly authorities: readonly Validity[];
  /** Whether the key of the first of them is there. */
  readonly canSign: boolean;
  /** The certificate, where it can be served: signed by the first CA, for our names, with its key. */
  readonly leaf: Validity | undefined;
};

/** What is to be done with the Secret, and why; `kept` of its CAs, the newest, stay trusted. */
export type Plan = {
  readonly action: 'keep' | 'new-leaf' | 'new-authority' | 'drop-authorities';
  readonly kept: number;
  readonly reason: string;
};

/** Clocks differ: a certificate is valid from a little before its birth. */
export const skewMs = 3_600_000;

const dayMs = 86_400_000;

/** How long a CA is valid: its leaves are renewed dozens of times within. */
export const authorityDays = 365;

/** How long a leaf is valid: short, since nothing could revoke it. */
export const leafDays = 7;

/** What has to be done at this moment of the wall clock, whatever it was before; a new CA always comes with a new leaf. */
export function plan({ authorities, canSign, leaf }: Held, nowMs: number): Plan {
  const [newest] = authorities;
  const why = !newest || !canSign ? 'no CA with its key is there' : due('the CA', newest, nowMs);
  if (why) return { action: 'new-authority', kept: authorities.length, reason: why };
  const kept = countKept(authorities, nowMs);
  const whyLeaf = leaf ? due('the certificate', leaf, nowMs) : 'no certificate of the CA is there for our names';
  if (whyLeaf) return { action: 'new-leaf', kept, reason: whyLeaf };
  if (kept < authorities.length) {
    return { action: 'drop-authorities', kept, reason: 'every certificate of an old CA has run out' };
  }
  return { action: 'keep', kept, reason: '' };
}

/** True from two thirds of a life on, and before it begins: then the clock was wrong when it was made, or is now. */
export const isDue = ({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean =>
  nowMs < notBeforeMs || nowMs >= notBeforeMs + ((notAfterMs - notBeforeMs) * 2) / 3;

function due(what: string, validity: Validity, nowMs: number): string {
  if (!isDue(validity, nowMs)) return '';
  if (nowMs < validity.notBeforeMs) return `${what} is not valid yet by this clock`;
  return nowMs < validity.notAfterMs ? `two thirds of the life of ${what} are over` : `${what} has run out`;
}

/** A CA signs nothing once there is a newer one: its last leaf has run out when the newer one is as old as a leaf gets. */
function countKept(authorities: readonly Validity[], nowMs: number): number {
  const settled = authorities.findIndex(({ notBeforeMs }) => notBeforeMs + skewMs + leafDays * dayMs <= nowMs);
  return settled < 0 ? authorities.length : settled + 1;
}
