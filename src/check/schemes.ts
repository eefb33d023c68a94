import table from '../../agent/checks.json' with { type: 'json' };

/** What one scheme may hold, as `agent/checks.json` says it for both programs. */
export type Scheme = {
  readonly summary: string;
  readonly target: 'address' | 'file' | 'command' | 'none';
  readonly port: number | null;
  readonly credentials: boolean;
  readonly path: 'none' | 'optional' | 'required';
  /** Option name to kind: `flag`, `integer`, `duration`, `text`, `file`, `name`, `status` or `choice:A|B`. */
  readonly options: ReadonlyMap<string, string>;
  /** What the path has to be, and the host, where not any will do. */
  readonly pathKind?: 'dns-name' | 'service';
  readonly hostKind?: 'ip';
  /** Options that mean nothing without the option tls. */
  readonly tlsOptions?: readonly string[];
  /** Options that only come together. */
  readonly pairs?: readonly (readonly [string, string])[];
  /** Options that do not go with the value of another, written `other=VALUE`. */
  readonly excludes?: Readonly<Record<string, string>>;
};

/** Every scheme by name; a Map, because `__proto__` is a name that somebody will try. */
export const schemes: ReadonlyMap<string, Scheme> = new Map(
  Object.entries(table.schemes).map(([name, row]) => [
    name,
    { ...row, options: new Map(Object.entries(row.options)) } as Scheme,
  ]),
);

/** The scheme names in the order in which a sentence lists them. */
export const schemeNames: readonly string[] = [...schemes.keys()].toSorted();
