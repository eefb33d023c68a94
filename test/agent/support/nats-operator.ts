import {
  type EncodingOptions,
  type KeyPair,
  createAccount,
  createOperator,
  createUser,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
} from '@nats-io/jwt';

/** A key as its owner keeps it, and as others see it. */
export const seedOf = (key: KeyPair): string => Buffer.from(key.getSeed()).toString();

/** An account, with the JWT by which its operator signs it. */
type Account = { readonly key: KeyPair; readonly jwt: string };

/** An operator with an account, which a server of NATS knows by these lines of its configuration. */
export type Operator = {
  readonly lines: (...accounts: readonly Account[]) => readonly string[];
  readonly createAccount: (options?: Partial<EncodingOptions>, connections?: number) => Promise<Account>;
};

/** Creates an operator, who signs accounts. */
export async function createNatsOperator(): Promise<Operator> {
  const operator = createOperator();
  const jwt = await encodeOperator('operator', operator);
  return {
    lines: (...accounts) => {
      const preload = accounts.map((account) => `${account.key.getPublicKey()}: "${account.jwt}"`);
      return [`operator: "${jwt}"`, 'resolver: MEMORY', `resolver_preload: { ${preload.join(', ')} }`];
    },
    createAccount: async (options = {}, connections = 10) => {
      const key = createAccount();
      const limits = { conn: connections, subs: 10, data: -1, payload: -1 };
      return { key, jwt: await encodeAccount('account', key, { limits }, { ...options, signer: operator }) };
    },
  };
}

/** The text of a file of credentials for a new user of an account; its seed may be that of another holder. */
export async function credentialsOf(
  account: Account,
  options: Partial<EncodingOptions> = {},
  holder?: KeyPair,
): Promise<string> {
  const user = createUser();
  const jwt = await encodeUser('probe', user, account.key, {}, options);
  return Buffer.from(fmtCreds(jwt, holder ?? user)).toString();
}
