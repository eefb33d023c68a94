import { isConflict } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';
import { type Clock, systemClock, withDeadline } from '../kube/clock.ts';
import { createBackoff, createTokenBuckets } from '../kube/flow-control.ts';
import { runReflector } from '../kube/reflector.ts';
import {
  type Configuration,
  type SeenSince,
  bundlesOf,
  configurationsPath,
  readConfiguration,
  stillSeen,
  wantedBundle,
  writeBundle,
} from './ca-bundle.ts';
import type { CertificateMetrics } from './metrics.ts';
import { type KeyPair, makeKeys } from './pki.ts';
import { pemOf, readCertificates, validityOf } from './x509.ts';
import { planRotation } from './rotation.ts';
import {
  type Secret,
  type SecretState,
  type ServingPair,
  applyPlan,
  certificateStateOf,
  contentOf,
  isManagedByCertManager,
  isOwnAuthority,
  readSecret,
  readSecretState,
  secretsPath,
  writeSecret,
} from './secret.ts';

export type CertificateReconcilerOptions = {
  readonly client: Client;
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly service: string;
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string;
  /** Another program writes the Secret, and it is only read here; its annotations may say so too. */
  readonly isExternallyManaged: boolean;
  readonly serve: (pair: KeyPair) => void;
  readonly metrics: CertificateMetrics;
  readonly log: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  /** One sentence, which never holds a key. */
  readonly onError: (sentence: string) => void;
};

/** The times of the reconciler; a value, so that a test need not wait. */
export type ReconcilerTiming = {
  /** How often the wall clock is asked: no timer is set to when something is due, since clocks jump. */
  readonly pollMs: number;
  /** How long a call may take. */
  readonly callMs: number;
  /** How long a CA must have been in the caBundle before a certificate of it is served in place of another. */
  readonly trustMs: number;
  /** How long a CA that is no longer needed stays in the caBundle. */
  readonly graceMs: number;
  /** The backoff after a failure. */
  readonly minMs: number;
  readonly maxMs: number;
};

const defaultTiming: ReconcilerTiming = {
  pollMs: 60_000,
  callMs: 10_000,
  trustMs: 5_000,
  graceMs: 60_000,
  minMs: 500,
  maxMs: 10_000,
};

/**
 * Keeps a certificate in the Secret, its CA in the caBundle and the webhook serving it, until `signal` is aborted; never
 * rejects. Any number of replicas may do so at once.
 */
export async function runCertificateReconciler(
  options: CertificateReconcilerOptions,
  signal: AbortSignal,
  clock: Clock = systemClock,
  timing: ReconcilerTiming = defaultTiming,
): Promise<void> {
  const { client, secret, configuration, metrics, onError } = options;
  const reconcile = createReconcile(options, signal, clock, timing);
  const backoff = createBackoff(timing);
  let wake = new AbortController();
  const onChange = (): void => wake.abort();
  signal.addEventListener('abort', onChange);
  const watches = [
    watchObject({ client, path: secretsPath(secret.namespace), name: secret.name, onChange, onError }, signal),
    watchObject({ client, path: configurationsPath, name: configuration, onChange, onError }, signal),
  ];
  let lastMessage = '';
  while (!signal.aborted) {
    // Before the pass, so that a change during it starts another one.
    wake = new AbortController();
    try {
      const waitMs = await reconcile();
      backoff.reset();
      lastMessage = '';
      await clock.sleep(waitMs, wake.signal);
    } catch (error) {
      const { message } = error as Error;
      if (!signal.aborted && !isConflict(error)) {
        metrics.failed();
        if (message !== lastMessage) onError(`The certificate is not as it should be: ${message}.`);
        lastMessage = message;
      }
      await clock.sleep(backoff.nextMs(), signal);
    }
  }
  await Promise.all(watches);
}

type WatchedObject = Pick<CertificateReconcilerOptions, 'client' | 'onError'> & {
  readonly path: string;
  readonly name: string;
  readonly onChange: () => void;
};

/** Calls `onChange` whenever one object changes, comes or goes; a pass reads the object itself. */
const watchObject = ({ client, path, name, onChange, onError }: WatchedObject, signal: AbortSignal): Promise<void> =>
  runReflector(
    { client, path, metadataOnly: true, fieldSelector: `metadata.name=${name}`, transform: () => name },
    { onReplace: onChange, onUpsert: onChange, onDelete: onChange, onError },
    signal,
  );

/** If another program writes the caBundle over and over, it gets its way for a while: a fight would cost every apiserver. */
const writeLimit = { burst: 20, refillMs: 5_000, keys: 1 };

/**
 * One pass over everything; resolves to how long to wait for the next. Rejects if a step failed, after the others were
 * done, and with a conflict if another replica was faster.
 */
function createReconcile(
  {
    client,
    service,
    secret: { namespace, name },
    configuration: configurationName,
    ...options
  }: CertificateReconcilerOptions,
  signal: AbortSignal,
  clock: Clock,
  { pollMs, callMs, trustMs, graceMs }: ReconcilerTiming,
): () => Promise<number> {
  const { metrics, log } = options;
  const secretPlace = { client, namespace, name };
  const configurationPlace = { client, name: configurationName };
  const theSecret = `the Secret ${namespace}/${name}`;
  const theConfiguration = `the MutatingWebhookConfiguration ${configurationName}`;
  const names = [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
  const mayWrite = createTokenBuckets(writeLimit);
  let served: ServingPair | undefined;
  let trustedSince: SeenSince = new Map();
  let unneededSince: SeenSince = new Map();

  const call = async <T>(what: string, work: (inner: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await withDeadline(callMs, signal, clock, work);
    } catch (error) {
      if (isConflict(error)) throw error;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  };

  /** Writes the Secret if it is due; gives what it holds then. */
  const rotate = async (secret: Secret | undefined, bundle: string): Promise<SecretState> => {
    const state = readSecretState(secret ? contentOf(secret) : {});
    if (options.isExternallyManaged || (secret && isManagedByCertManager(secret))) return state;
    const now = clock.date();
    const plan = planRotation(certificateStateOf(state, names), now.getTime());
    if (plan.action === 'keep') return state;
    // A Secret that was deleted or replaced does not say what other replicas still serve: the caBundle does.
    const old = [
      ...readCertificates(bundle).filter(isOwnAuthority),
      ...(served?.authorities ?? []),
      ...state.authorities,
    ];
    const [ofAuthority, ofServer] = await Promise.all([makeKeys(), makeKeys()]);
    const content = applyPlan(plan, state, { old, names, now, keys: { ofAuthority, ofServer } });
    await call(`${theSecret} could not be written`, (inner) => writeSecret(secretPlace, secret, content, inner));
    metrics.renewed(plan.action);
    const reason = secret ? plan.reason : 'the Secret was not there';
    log({ action: plan.action, reason, secret: `${namespace}/${name}` }, 'certificate renewed');
    return readSecretState(content);
  };

  /** Puts the CAs to trust into the caBundle. */
  const publish = async (configuration: Configuration, authorities: SecretState['authorities']): Promise<void> => {
    if (authorities.length === 0) throw new Error(`${theSecret} holds no CA that could be trusted`);
    const texts = bundlesOf(configuration);
    const present = readCertificates(texts.join('\n')).map(pemOf);
    const needed = [...authorities, ...(served?.authorities ?? [])].map(pemOf);
    const unneeded = present.filter((pem) => !needed.includes(pem));
    const nowMs = clock.now();
    unneededSince = stillSeen(unneeded, unneededSince, nowMs);
    trustedSince = stillSeen(present, trustedSince, nowMs);
    const wanted = wantedBundle(needed, { unneeded: unneededSince, nowMs, graceMs });
    const bundle = wanted.join('');
    if (texts.every((text) => text === bundle)) return;
    if (!mayWrite('', nowMs)) throw new Error('another client writes the caBundle over and over');
    await call(`${theConfiguration} could not be written`, (inner) =>
      writeBundle(configurationPlace, configuration, bundle, inner),
    );
    trustedSince = stillSeen([...wanted], trustedSince, nowMs);
    log({ authorities: wanted.length, configuration: configurationName }, 'caBundle written');
  };

  /** Serves what the Secret holds, or waits until its CA has been trusted for `trustMs`; gives the time to the next pass. */
  const serve = (next: ServingPair, isCalled: boolean): number => {
    const isSame = served?.pair.cert === next.pair.cert;
    const nowMs = clock.now();
    const trustedAtMs = next.authorities.map((ca) => (trustedSince.get(pemOf(ca)) ?? nowMs) + trustMs);
    const leftMs = Math.max(...trustedAtMs.map((ms) => ms - nowMs), 0);
    const isExpired = served !== undefined && validityOf(served.leaf).notAfterMs <= clock.date().getTime();
    if (!isSame && served && isCalled && !isExpired && leftMs > 0) return leftMs;
    if (!isSame) {
      options.serve(next.pair);
      metrics.served(next.leaf, next.authorities);
      log({ until: next.leaf.validToDate, serialNumber: next.leaf.serialNumber }, 'certificate served');
    }
    served = next;
    return pollMs;
  };

  return async () => {
    // In this order: a replica that wrote a newer caBundle than the one read here has written the Secret before.
    const configuration = await call(`${theConfiguration} could not be read`, (inner) =>
      readConfiguration(configurationPlace, inner),
    );
    const secret = await call(`${theSecret} could not be read`, (inner) => readSecret(secretPlace, inner));
    const bundle = configuration ? bundlesOf(configuration).join('\n') : '';
    let failure: unknown;
    const keepFirst = (error: unknown): void => {
      if (isConflict(error)) throw error;
      failure ??= error;
    };
    const state = await rotate(secret, bundle).catch((error: unknown) => {
      keepFirst(error);
      return readSecretState(secret ? contentOf(secret) : {});
    });
    if (configuration) await publish(configuration, state.authorities).catch(keepFirst);
    const waitMs = state.serving ? serve(state.serving, configuration !== undefined) : pollMs;
    if (failure !== undefined) throw failure;
    if (!state.serving) throw new Error(`${theSecret} holds no certificate with its key`);
    return waitMs;
  };
}
