import table from '../../agent/checks.json' with { type: 'json' };

/** What one scheme may hold, as `agent/checks.json` says it for both programs. */
export type Scheme = {
  readonly summary: string;
  /**
   * `path`: a path that is not read as a file, so that nothing has to be mounted for it; `name`: that of a device;
   * `condition`: the type of a condition of the node.
   */
  readonly target: 'address' | 'file' | 'path' | 'name' | 'condition' | 'command' | 'none';
  readonly port: number | null;
  readonly credentials: boolean;
  /** Whether something is asked that may answer late; those with an address are, unless this is false. */
  readonly asks?: boolean;
  /** Whether it is asked over connections, which may begin with a PROXY header; those with an address are, unless this is false. */
  readonly connects?: boolean;
  /** Whether it looks at hardware: what cannot be read is unknown, and what is bad may have to last. */
  readonly hardware?: boolean;
  /** Whether the controller reads it off the node, and no agent asks it: the agent does not have the scheme. */
  readonly byController?: boolean;
  /** `socket`: the path is that of a Unix socket, in place of host and port. */
  readonly path: 'none' | 'optional' | 'required' | 'socket';
  /** Option name to kind, one of those of `expectedOfKind`, `header` or `secret`; with a dot, of all that begin so. */
  readonly options: ReadonlyMap<string, string>;
  /** What the path has to be, and the host, where not any will do. */
  readonly pathKind?: 'database' | 'device' | 'dns-name' | 'resource' | 'service' | 'virtual-host';
  readonly hostKind?: 'ip';
  /** Whether the scheme is always over TLS, with the option `tls`, or also by an upgrade with the option `starttls`. */
  readonly tls?: 'always' | 'optional' | 'starttls';
  /** What means nothing without another: options, or one value of one as `name=VALUE`, the path as `path`, the user of the login as `user`. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Options that are a command: words, some of them quoted. */
  readonly commands?: readonly string[];
  /** Options that do not go with another, or with a value of it, written `other=VALUE` or `other=VALUE|VALUE`. */
  readonly excludes?: Readonly<Record<string, string>>;
  /** Options of which there has to be one. */
  readonly needs?: readonly string[];
};

/** The options of every check of hardware. */
const hardwareOptions = [
  ['for', 'window'],
  ['state', 'path'],
  ['strict', 'flag'],
] as const;

/** The options of every check of a server. */
const serverOptions = [['max-time', 'duration']] as const;

/** The option of every connection. */
const connectionOptions = [['proxy', 'choice:v1|v2']] as const;

/** The options of every TLS connection. */
const tlsOptions = [
  ['ca', 'file'],
  ['cert', 'file'],
  ['key', 'file'],
  ['min-days', 'integer'],
  ['server-name', 'name'],
] as const;

type Row = Omit<Scheme, 'options'> & { readonly options: Readonly<Record<string, string>> };

/** The options of a row, and those that come with credentials, with a server, with connections, with hardware and with TLS. */
function optionsOf({
  options,
  target,
  credentials,
  asks = true,
  connects = true,
  hardware,
  byController,
  tls,
}: Row): Scheme['options'] {
  return new Map([
    ...Object.entries(options),
    ...(credentials ? [['password-file', 'file'] as const] : []),
    ...(target === 'address' && asks ? serverOptions : []),
    ...(target === 'address' && connects ? connectionOptions : []),
    ...(hardware && !byController ? hardwareOptions : []),
    ...(tls === 'starttls' ? [['starttls', 'flag'] as const] : []),
    ...(tls !== undefined && tls !== 'always' ? [['tls', 'flag'] as const] : []),
    ...(tls === undefined ? [] : tlsOptions),
  ]);
}

/** The schemes that the agent does not have: the controller reads off the node what others say of it. */
const schemesOfController: Readonly<Record<string, Row>> = {
  node: {
    summary: 'The node does not have the condition with the status (True), or has had it for less than for',
    target: 'condition',
    port: null,
    credentials: false,
    hardware: true,
    byController: true,
    path: 'required',
    options: { for: 'duration', status: 'choice:True|False|Unknown' },
  },
};

/** Every scheme by name; a Map, because `__proto__` is a name that a hostile author tries. */
export const schemes: ReadonlyMap<string, Scheme> = new Map(
  Object.entries({ ...table.schemes, ...schemesOfController }).map(([name, row]) => [
    name,
    { ...row, options: optionsOf(row as Row) } as Scheme,
  ]),
);

/** How a check of this scheme is written, such as `amqp://:5672[/PATH]`. */
export function formOf(name: string, { target, port, path }: Scheme): string {
  const place = {
    address: `//:${port ?? 'PORT'}`,
    file: '///PATH',
    path: name === 'device' ? '///dev/NAME' : '///NAME',
    name: '//NAME',
    condition: '//CONDITION',
    command: 'PROGRAM ARGUMENTS',
    none: '',
  }[target];
  const rest =
    target === 'address' && path !== 'none' ? { required: '/NAME', optional: '[/PATH]', socket: '' }[path] : '';
  return `${name}:${place}${rest}`;
}

/** What a pattern is made of: an opening bracket; or an atom, and how often at least and at most; or an anchor. */
export const patternToken: RegExp = new RegExp(table.pattern, 'u');

/** The scheme names in the order in which a sentence lists them. */
export const schemeNames: readonly string[] = [...schemes.keys()].toSorted();
