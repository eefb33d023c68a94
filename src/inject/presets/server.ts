/**
 * What an option or a variable means for who asks the server:
 * - `port`, `host`, `address`: where it listens. An address may be a list, and has a port or the usual one.
 * - `listeners`, `advertised`: addresses as Kafka writes them, and those that it listens on where it has no others.
 * - `prefix`, `external-url`: what stands before the paths. The URL counts where no prefix does.
 * - `secured`: TLS or a login where its value does not say no. `mode` is the same with its value in the next word.
 * - `hidden`: a guess cannot follow. `weakening`: readiness asks for no more than liveness.
 * - `queueing`: one that is full lets others wait without a word. Liveness asks only whether it listens.
 * - `protocols`, `roles`: those of Kafka, which hide TLS and a broker that is none; `net`: a network other than TCP.
 * - `file`: a configuration that is not known.
 * - `password`: that of the login, known where it comes from a variable.
 * - `pair`, `pairs`, `words`: a value that is `NAME=VALUE`, several of them, or arguments, of the same meanings.
 * - `harmless`: nothing, though its name may look as if.
 */
export type Meaning =
  | 'port'
  | 'host'
  | 'address'
  | 'listeners'
  | 'advertised'
  | 'prefix'
  | 'external-url'
  | 'secured'
  | 'mode'
  | 'hidden'
  | 'weakening'
  | 'queueing'
  | 'file'
  | 'password'
  | 'protocols'
  | 'roles'
  | 'net'
  | 'pair'
  | 'pairs'
  | 'words'
  | 'harmless'
  /** The usual port from here on, where the value does not say no. */
  | number;

/** Names and what they mean. Those of options are in small letters, with `-` for `_`, and a short one has its dash where it is a letter of a cluster. */
export type Vocabulary = Readonly<Record<string, Meaning>>;

/** A well-known server: its images, how it is asked, and how it is told where it listens. Sources: the documentation of the images. */
export type Server = {
  /** The last segment of the path, as the official images and those of other publishers have it. */
  readonly images: readonly string[];
  /** What a tag of another server in the same image holds. */
  readonly exceptTags?: RegExp;
  /** The base names of the programs that are this server. */
  readonly programs: readonly string[];
  /** The first words that make the program this server, and the usual port with each where it is another. */
  readonly subcommands?: Readonly<Record<string, number | undefined>>;
  /** Whether the program is no server without one of them. */
  readonly needsSubcommand?: boolean;
  /** Where the server listens unless it is told otherwise; several where publishers differ. */
  readonly ports: readonly number[];
  /** Which of several a container has that declares none, by the image's last segment, or its last two for those of a publisher. */
  readonly undeclared?: Readonly<Record<string, number>>;
  /** Whether a container has to declare the port, because only a configuration opens it. */
  readonly mustDeclare?: boolean;
  /** Whether a port that is not usual is the server's where it is the only one that is declared, as with what only serves a configuration. */
  readonly anyPort?: boolean;
  /** Whether it listens on loopback only where its command says nothing of an address. */
  readonly loopback?: boolean;
  /** The check, in which `PORT` stands for the port and `/PREFIX` for what stands before each path. */
  readonly check: string;
  /** Another one for readiness, where there is more to be ready than a restart could mend. */
  readonly readiness?: string;
  /** What may stand before the `@`: the first of which the container has every variable. */
  readonly logins?: readonly string[];
  /** Variables of which one has to be there, without which it is unknown how the server has to be asked. */
  readonly onlyWith?: Readonly<Record<string, string>>;
  /** The options by name; the others are harmless, except those whose name speaks of an address or a file. */
  readonly options?: Vocabulary;
  /** Letters of options that take a value, where options may be clustered as getopt has it: `-vp80`. */
  readonly letters?: string;
  /** Options and variables that mean nothing here although their names speak of a port or the like. */
  readonly harmless?: RegExp;
  /** The variables by name. */
  readonly variables?: Vocabulary;
  /** The same for names that have a part of the user's own. */
  readonly patterns?: readonly (readonly [RegExp, Meaning])[];
  /** What the first word that is no option is: a configuration, or nothing that matters. */
  readonly operand?: 'file';
  /** Where its configuration is. What is mounted there is not known. */
  readonly files?: readonly string[];
  /** What a configuration may change besides port and address: how to ask (no guess), what readiness asks, or nothing that matters to the check. */
  readonly filesHide?: 'check' | 'readiness';
};
