import type { UnknownName } from '../wording/expected-name.ts';
import { schemes } from './schemes.ts';

/** One health check taken apart, as `agent/checks.json` shows it: the text is what the agent is given. */
export type Check = {
  readonly text: string;
  readonly name: string;
  readonly scheme: string;
  /** Empty for loopback. */
  readonly host: string;
  readonly port: number | null;
  /** The path of a Unix socket, or empty. */
  readonly socket: string;
  readonly user: string;
  /** Empty or `$NAME`: a password is never written out. */
  readonly password: string;
  /** As written, percent-encoding kept. */
  readonly path: string;
  readonly options: ReadonlyMap<string, string>;
  readonly command: readonly string[];
  /** The environment variables that the check reads. */
  readonly env: readonly string[];
  /** The files that the check reads. */
  readonly files: readonly string[];
};

/** Why a text is refused: `received` is a clause such as `port is "0"`, `expected` ends the sentence; no secret in either. */
export type Refusal = {
  readonly received: string;
  readonly expected: string;
  /** Where a name of a list was expected, for a sentence that says more than the agent's does. */
  readonly unknown?: UnknownName;
};

/** Makes a refusal. */
export const refuse = (received: string, expected: string): Refusal => ({ received, expected });

/** Makes the refusal of a name that is in no list; `expected` is the agent's sentence. */
export const refuseName = (received: string, expected: string, unknown: UnknownName): Refusal => ({
  received,
  expected,
  unknown,
});

/** Tells a refusal from a value. */
export const isRefusal = (value: object): value is Refusal => 'received' in value && 'expected' in value;

/** Quotes a received value, cut at 60 characters, its control characters spelled out: safe for a log or an event. */
export function quote(value: string): string {
  const characters = Array.from(value.slice(0, 122));
  const shown = characters.slice(0, 60).map((character) => (/\p{Cc}/u.test(character) ? escape(character) : character));
  return `"${shown.join('')}${characters.length > 60 ? '…' : ''}"`;
}

const escape = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/** True where the check asks the node's hardware, which a restart of a container mends as little as another Pod does. */
export const isHardware = ({ scheme }: Pick<Check, 'scheme'>): boolean => schemes.get(scheme)?.hardware === true;

/** True for a check whose verdict may depend on its earlier runs. */
export const needsState = isHardware;

/** True where the agent may not be able to look at what the check is about: the run is unknown then, and passes. */
export const mayBeUnknown = isHardware;

/** True for the word that stands for the Pod's own address. */
export const isPod = (host: string): boolean => host.toLowerCase() === 'pod';

/** True where the check asks the Pod itself: no host, loopback, or the Pod's own address. */
export const isLocal = (check: Check): boolean =>
  check.host === '' ||
  isPod(check.host) ||
  check.host === 'localhost' ||
  check.host === '::1' ||
  check.host.startsWith('127.');
