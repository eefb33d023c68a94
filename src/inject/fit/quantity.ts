// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

/** An amount of a resource in billionths, the finest that Kubernetes knows, so that sums and comparisons are exact. */
export type Amount = bigint;

/** One whole of what a resource is counted in: a core, a byte, a device. */
export const whole: Amount = 1_000_000_000n;

/** The amount in thousandths of a core, and in mebibytes. */
export const millis = (count: number): Amount => BigInt(count) * 1_000_000n;
export const mebibytes = (count: number): Amount => BigInt(count) * 1_048_576n * whole;

/** No quantity that the apiserver writes is longer. */
const longestQuantity = 64;

const form = /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/;

const decimals: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaries = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** A cluster writes the same few quantities again and again. One that fills the memory empties it. */
const known = new Map<string, Amount>();
const mostKnown = 1_024;

/** Reads a quantity as it stands in a manifest, rounded up as the apiserver rounds; undefined for what is none. */
export function parseQuantity(value: unknown): Amount | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = `${value}`;
  const found = known.get(text);
  if (found !== undefined) return found;
  const amount = readQuantity(text);
  if (known.size >= mostKnown) known.clear();
  if (amount !== undefined) known.set(text, amount);
  return amount;
}

function readQuantity(text: string): Amount | undefined {
  const [, sign, integer = '', fraction = '', suffix = ''] = (text.length <= longestQuantity && form.exec(text)) || [];
  if (sign === undefined || integer + fraction === '') return undefined;
  const binary = binaries.indexOf(suffix);
  const exponent = decimals[suffix] ?? (binary < 0 && suffix !== '' ? Number(suffix.slice(1)) : 0);
  const factor = binary < 0 ? 1n : 1_024n ** BigInt(binary + 1);
  const power = 9 + exponent - fraction.length;
  const digits = BigInt(integer + fraction) * factor;
  const amount = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
  return sign === '-' ? -amount : amount;
}

/** The quotient of two amounts that are not negative, rounded up. */
export const divideUp = (amount: bigint, by: bigint): bigint => (amount + by - 1n) / by;

/** The finest step in which an amount of a resource is written: a thousandth of a core, a whole byte. */
const stepOf = (resource: string): Amount => (resource === 'cpu' ? millis(1) : whole);

/** The next amount of a resource, not below or not above this one, that is written without a fraction. */
export const roundUp = (resource: string, amount: Amount): Amount =>
  divideUp(amount, stepOf(resource)) * stepOf(resource);
export const roundDown = (resource: string, amount: Amount): Amount => (amount / stepOf(resource)) * stepOf(resource);

/** The units that amounts are written in, the largest first. */
const written = (['Gi', 'Mi', 'Ki'] as const).map((unit) => ({
  unit,
  factor: 1_024n ** BigInt(binaries.indexOf(unit) + 1),
}));

/** Writes an amount in the largest unit that holds it without a fraction. */
export function formatQuantity(resource: string, amount: Amount): string {
  if (amount < 0n) return `-${formatQuantity(resource, -amount)}`;
  if (amount % whole !== 0n) return `${divideUp(amount, millis(1))}m`;
  const count = amount / whole;
  if (resource === 'cpu' || count === 0n) return `${count}`;
  const found = written.find(({ factor }) => count % factor === 0n);
  return found ? `${count / found.factor}${found.unit}` : `${count}`;
}
