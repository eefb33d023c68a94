/** From when to when a certificate is valid, in milliseconds since 1970. */
export type Validity = { readonly notBeforeMs: number; readonly notAfterMs: number };

/** What a plan needs to know of the Secret. */
export type CertificateState = {
  /** The CAs that are trusted, newest first. */
  readonly authorities: readonly Validity[];
  /** Whether the Secret has the key of the newest. */
  readonly canSign: boolean;
  /** The serving certificate, if it is usable: signed by the newest CA, for our names, with its key. */
  readonly leaf: Validity | undefined;
};

/** What to do with the Secret, and why; the `kept` newest of its CAs stay trusted. */
export type RotationPlan = {
  readonly action: 'keep' | 'new-leaf' | 'new-authority' | 'drop-authorities';
  readonly kept: number;
  readonly reason: string;
};

/** A certificate is valid from a little before it is made, because clocks differ. */
export const skewMs = 3_600_000;

const dayMs = 86_400_000;

export const authorityDays = 365;

/** A serving certificate is short-lived, since nothing could revoke it. */
export const leafDays = 7;

/** Plans by the wall clock of this moment alone, since clocks jump. A new CA always comes with a new leaf. */
export function planRotation({ authorities, canSign, leaf }: CertificateState, nowMs: number): RotationPlan {
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

/** True after two thirds of the lifetime, and before it begins: then the clock was wrong when the certificate was made, or is now. */
export const isDue = ({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean =>
  nowMs < notBeforeMs || nowMs >= notBeforeMs + ((notAfterMs - notBeforeMs) * 2) / 3;

function due(what: string, validity: Validity, nowMs: number): string {
  if (!isDue(validity, nowMs)) return '';
  if (nowMs < validity.notBeforeMs) return `${what} is not valid yet by this clock`;
  return nowMs < validity.notAfterMs ? `two thirds of the life of ${what} are over` : `${what} has run out`;
}

/** A CA signs nothing once there is a newer one, so its last leaf has run out when the newer CA is as old as a leaf can get. */
function countKept(authorities: readonly Validity[], nowMs: number): number {
  const settled = authorities.findIndex(({ notBeforeMs }) => notBeforeMs + skewMs + leafDays * dayMs <= nowMs);
  return settled < 0 ? authorities.length : settled + 1;
}
