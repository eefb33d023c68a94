/** What comes of a container: its check passes, has never passed, or there is none. */
export type Outcome = 'proven' | 'unproven' | 'left-alone';

/** How a server is run in a container of its image. */
export type Container = {
  /** The name of the container, and of the Pod of a row. */
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Values, and what a variable takes its value from. */
  readonly env?: Readonly<Record<string, string | object>>;
  readonly ports?: readonly number[];
  /** What the image's own start writes as the configuration, which no manifest shows. */
  readonly baked?: string;
  /** What happens thirty seconds after its start, when its check may have passed: words for bash. */
  readonly later?: string;
  /** The seconds that the image's own start takes before it runs the server. */
  readonly slow?: number;
  /** A file of a ConfigMap, and the folder where it is mounted. */
  readonly mounted?: { readonly at: string; readonly file: string; readonly text: string };
};

/** A healthy server that is set up as few are. Nothing in it is a check: `pattern: auto` guesses. */
export type Row = Container & {
  /** What is unusual, as a clause of the table. */
  readonly what: string;
  /** Other containers of its Pod, healthy too. */
  readonly beside?: readonly (Container & { readonly image: string })[];
  readonly expected: Outcome;
  /** A part of the clause that says why it was left alone. */
  readonly why?: string;
  /** Whether it may lose its readiness after `later`, as one that takes no more clients does. */
  readonly mayRefuse?: boolean;
  /** Whether continuous integration runs it, which has time for some. */
  readonly isInCi?: boolean;
};

/** A server as Debian packages it, how its image starts it, and the rows of it. */
export type Server = {
  /** The name of its image, as the presets have it. */
  readonly name: string;
  readonly packages: readonly string[];
  readonly files: readonly string[];
  /** Texts of its image, by their paths. */
  readonly written?: Readonly<Record<string, string>>;
  /** Fills the folder `/data` of its image. */
  readonly data?: (directory: string) => Promise<void>;
  /** Words for bash, in which `bake FILE DEFAULT` writes its configuration, and `"$@"` are the arguments of the row. */
  readonly start: string;
  readonly user?: string;
  readonly rows: readonly Row[];
};
