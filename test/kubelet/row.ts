/** A server that runs, until `stop`. */
export type Listening = { readonly port: number; readonly stop: () => Promise<void> };

export type Start = () => Promise<Listening>;

/** One server that behaves oddly, and how both are to ask it. */
export type Row = {
  /** What the server does, as a sentence without its subject. */
  readonly what: string;
  readonly start: Start;
  readonly scheme: 'http' | 'https' | 'grpc';
  /** The address of the Pod, by default 127.0.0.1, of which the agent is told nothing. */
  readonly host?: string;
  /** The path of the request, or the service; by default `/`, and the whole server. */
  readonly path?: string;
  /** Options of the agent's check, which give it the meaning that the kubelet's probe has. */
  readonly options?: string;
  /** The agent's check, where it is of another scheme: `PORT` stands for the port. */
  readonly check?: string;
  /** Why the agent may pass where the kubelet fails, or fail where the kubelet has no verdict. */
  readonly why?: string;
};

/** Servers that differ in what they do alone; the reasons are those of some of them. */
export function rowsOf(
  scheme: Row['scheme'],
  servers: readonly (readonly [what: string, start: Start])[],
  reasons: Readonly<Record<string, string>> = {},
): Row[] {
  return servers.map(([what, start]) => {
    const why = reasons[what];
    return why === undefined ? { what, scheme, start } : { what, scheme, start, why };
  });
}

/** How long either may take. */
export const timeoutMs = 2_000;

/** The agent's check of a row at a port. */
export function checkOf({ scheme, host = '', path = scheme === 'grpc' ? '' : '/', options, check }: Row, port: number) {
  const text = check ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:PORT${path.replace('?', '%3F')}`;
  return `${text}${options ? `?${options}` : ''}`.replaceAll('PORT', `${port}`);
}

/** The kubelet's probe of a row at a port, as in the manifest of a Pod. */
export function probeOf({ scheme, path }: Row, port: number): object {
  if (scheme === 'grpc') return { grpc: { port, service: path?.slice(1) ?? '' } };
  return { httpGet: { scheme: scheme.toUpperCase(), port, path: path ?? '/' } };
}
