import { isIPv4, isIPv6 } from 'node:net';
import { type Refusal, quote, refuse } from './check.ts';
import { isDnsName, variableOf } from './kinds.ts';

/** `port` is null where none is written. */
type Address = { readonly host: string; readonly port: number | null };
type Login = { readonly user: string; readonly password: string; readonly env: readonly string[] };

/** The refusal of a password in clear text, which repeats nothing of it. */
export const passwordWrittenOut = refuse(
  'password is written out',
  '$NAME of an environment variable or ?password-file=PATH',
);

/** Reads `[host][:port]`. */
export function parseAddress(text: string): Address | Refusal {
  const colon = text.endsWith(']') ? -1 : text.lastIndexOf(':');
  const hostText = colon < 0 ? text : text.slice(0, colon);
  const portText = colon < 0 ? undefined : text.slice(colon + 1);
  const host = parseHost(hostText);
  if (host === undefined) {
    const cut = hostText.startsWith('[') && !hostText.endsWith(']') ? text : hostText;
    return refuse(
      `host is ${quote(cut)}`,
      "a DNS name, an IPv4 address, an IPv6 address in brackets, or pod for the Pod's own",
    );
  }
  if (portText === undefined) return { host, port: null };
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) return refuse(`port is ${quote(portText)}`, 'a number from 1 to 65535');
  return { host, port };
}

function parseHost(text: string): string | undefined {
  if (text.startsWith('[')) {
    const inner = text.slice(1, -1);
    return text.endsWith(']') && isIPv6(inner) && !inner.includes('%') ? inner : undefined;
  }
  // With a last dot, no search domain is put behind the name.
  const isName = isDnsName(text.endsWith('.') ? text.slice(0, -1) : text);
  return text === '' || isIPv4(text) || isName ? text : undefined;
}

/** Reads `user[:$PASSWORD]`; a password that is written out is refused and never repeated. */
export function parseLogin(text: string): Login | Refusal {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const password = colon < 0 ? '' : text.slice(colon + 1);
  const userVariable = variableOf(user);
  const passwordVariable = variableOf(password);
  if (password !== '' && !passwordVariable) {
    return passwordWrittenOut;
  }
  if (!userVariable && !/^[A-Za-z0-9._~-]*$/.test(user)) {
    return refuse('user holds a character that needs percent-encoding', '$NAME or a plain name');
  }
  const env = [userVariable, passwordVariable].filter((name) => name !== undefined);
  return { user, password, env: [...new Set(env)] };
}
