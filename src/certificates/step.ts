import type { Clock } from '../kube/clock.ts';
import { isConflict } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';
import { createTokenBuckets } from '../kube/flow-control.ts';
import { withDeadline } from '../kube/clock.ts';
import { type SeenSince, stillSeen, wantedBundle } from './bundle.ts';
import { carryOut, isOurs } from './carry-out.ts';
import { makeKeyPair } from './issue.ts';
import { pemOf, readCertificates, validityOf } from './certificate.ts';
import { type Configuration, bundlesOf, readConfiguration, writeBundle } from './configuration-object.ts';
import { type Holding, type Servable, heldOf, readHolding } from './holding.ts';
import type { Issued } from './issue.ts';
import type { KeepTiming } from './keep-timing.ts';
import type { CertificateMetrics } from './metrics.ts';
import { plan } from './plan.ts';
import { type Secret, contentOf, isOfCertManager, readSecret, writeSecret } from './secret-object.ts';

/** What is kept, and who hears of it. */
export type Keeping = {
  readonly client: Client;
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly service: string;
  /** The name of the webhook configuration. */
  readonly configuration: string;
  /** Whether another writes the Secret, and it is only read; so it is too where its annotations say so. */
  readonly isOfOthers: boolean;
  readonly serve: (pair: Issued) => void;
  readonly metrics: CertificateMetrics;
  readonly done: (what: Readonly<Record<string, unknown>>, message: string) => void;
  /** One sentence when something goes wrong; no sentence holds a key. */
  readonly failed: (sentence: string) => void;
};

/** Somebody else who writes the caBundle over and over is let have it for a while: a fight would cost every apiserver. */
const writes = { burst: 20, refillMs: 5_000, keys: 1 };

/**
 * One look at everything, and what follows from it; resolves to how long may pass until the next. Rejects where
 * something could not be done, having done the rest, and with a conflict where another was faster.
 */
export function createStep(
  keeping: Keeping,
  signal: AbortSignal,
  clock: Clock,
  { pollMs, callMs, trustMs, graceMs }: KeepTiming,
): () => Promise<number> {
  const { client, service, metrics, done } = keeping;
  const { namespace, name } = keeping.secret;
  const secretPlace = { client, namespace, name };
  const configurationPlace = { client, name: keeping.configuration };
  const theSecret = `the Secret ${namespace}/${name}`;
  const theConfiguration = `the MutatingWebhookConfiguration ${keeping.configuration}`;
  const names = [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
  const mayWrite = createTokenBuckets(writes);
  let served: Servable | undefined;
  let trusted: SeenSince = new Map();
  let unneeded: SeenSince = new Map();

  const call = async <T>(what: string, work: (inner: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await withDeadline(callMs, signal, clock, work);
    } catch (error) {
      if (isConflict(error)) throw error;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  };

  /** What the Secret holds after what had to be done with it. */
  const renew = async (held: Secret | undefined, bundle: string): Promise<Holding> => {
    const holding = readHolding(held ? contentOf(held) : {});
    if (keeping.isOfOthers || (held && isOfCertManager(held))) return holding;
    const now = clock.date();
    const decided = plan(heldOf(holding, names), now.getTime());
    // A Secret that is gone, or that somebody else wrote, does not know what replicas still serve: the caBundle does.
    const old = [...readCertificates(bundle).filter(isOurs), ...(served?.authorities ?? []), ...holding.authorities];
    if (decided.action === 'keep') return holding;
    const [ofAuthority, ofServer] = await Promise.all([makeKeyPair(), makeKeyPair()]);
    const content = carryOut(decided, holding, { old, names, now, keys: { ofAuthority, ofServer } });
    await call(`${theSecret} could not be written`, (inner) => writeSecret(secretPlace, held, content, inner));
    metrics.renewed(decided.action);
    const reason = held ? decided.reason : 'the Secret was not there';
    done({ action: decided.action, reason, secret: `${namespace}/${name}` }, 'certificate renewed');
    return readHolding(content);
  };

  /** Puts into the caBundle what has to be trusted; whatever is written there was of the version that was read. */
  const trust = async (held: Configuration, authorities: Holding['authorities']): Promise<void> => {
    if (authorities.length === 0) throw new Error(`${theSecret} holds no CA that could be trusted`);
    const texts = bundlesOf(held);
    const present = readCertificates(texts.join('\n')).map(pemOf);
    const needed = [...authorities, ...(served?.authorities ?? [])].map(pemOf);
    const nowMs = clock.now();
    unneeded = stillSeen(
      present.filter((pem) => !needed.includes(pem)),
      unneeded,
      nowMs,
    );
    trusted = stillSeen(present, trusted, nowMs);
    const wanted = wantedBundle(needed, { unneeded, nowMs, graceMs });
    const bundle = wanted.join('');
    if (texts.every((text) => text === bundle)) return;
    if (!mayWrite('', nowMs)) throw new Error('the caBundle is written over and over by somebody else');
    await call(`${theConfiguration} could not be written`, (inner) =>
      writeBundle(configurationPlace, held, bundle, inner),
    );
    trusted = stillSeen([...wanted], trusted, nowMs);
    done({ authorities: wanted.length, configuration: keeping.configuration }, 'caBundle written');
  };

  /** Serves what the Secret holds, unless what is served now is trusted and that is not yet; how long until it is. */
  const serve = (next: Servable, isCalled: boolean): number => {
    const isSame = served?.pair.cert === next.pair.cert;
    const nowMs = clock.now();
    const leftMs = Math.max(...next.authorities.map((ca) => (trusted.get(pemOf(ca)) ?? nowMs) + trustMs - nowMs), 0);
    const isOver = served !== undefined && validityOf(served.leaf).notAfterMs <= clock.date().getTime();
    if (!isSame && served && isCalled && !isOver && leftMs > 0) return leftMs;
    if (!isSame) {
      keeping.serve(next.pair);
      metrics.served(next.leaf, next.authorities);
      done({ until: next.leaf.validToDate, serialNumber: next.leaf.serialNumber }, 'certificate served');
    }
    served = next;
    return pollMs;
  };

  return async () => {
    // In this order: whoever wrote another caBundle than the one that is read here has written the Secret before.
    const configuration = await call(`${theConfiguration} could not be read`, (inner) =>
      readConfiguration(configurationPlace, inner),
    );
    const held = await call(`${theSecret} could not be read`, (inner) => readSecret(secretPlace, inner));
    const bundle = configuration ? bundlesOf(configuration).join('\n') : '';
    let failure: unknown;
    const failedWith = (error: unknown): void => {
      if (isConflict(error)) throw error;
      failure ??= error;
    };
    const holding = await renew(held, bundle).catch((error: unknown) => {
      failedWith(error);
      return readHolding(held ? contentOf(held) : {});
    });
    if (configuration) await trust(configuration, holding.authorities).catch(failedWith);
    const restMs = holding.servable ? serve(holding.servable, configuration !== undefined) : pollMs;
    if (failure !== undefined) throw failure;
    if (!holding.servable) throw new Error(`${theSecret} holds no certificate with its key`);
    return restMs;
  };
}
