import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { WebhookSettings } from '../config/webhook.ts';
import type { Client } from '../kube/client.ts';
import { developmentCertificate, readKeyPair, watchKeyPair } from './files.ts';
import { createCertificateMetrics } from './metrics.ts';
import { type KeyPair } from './pki.ts';
import { readCertificate } from './x509.ts';
import { runCertificateReconciler } from './reconciler.ts';

export type CertificateSourceOptions = {
  readonly settings: Pick<
    WebhookSettings,
    | 'certificateSource'
    | 'certificateDirectory'
    | 'certificateSecret'
    | 'namespace'
    | 'service'
    | 'webhookConfiguration'
  >;
  readonly setServingCertificate: (pair: KeyPair) => void;
  readonly registry: Registry;
  readonly log: Logger;
  readonly developmentDirectory: string;
  /** Called only where the source is in the cluster. */
  readonly connect: () => Client;
};

/** Serves a certificate from the source of the settings, and every renewed one; one from the cluster comes later. */
export function startCertificateSource(
  { settings, setServingCertificate, registry, log, developmentDirectory, connect }: CertificateSourceOptions,
  signal: AbortSignal,
): void {
  const metrics = createCertificateMetrics(registry);
  const serve = (pair: KeyPair): void => {
    setServingCertificate(pair);
    const leaf = readCertificate(pair.cert);
    if (leaf) metrics.served(leaf, []);
  };
  switch (settings.certificateSource) {
    case 'development':
      return serve(developmentCertificate(developmentDirectory, new Date()));
    case 'files': {
      const onChange = (pair: KeyPair): void => {
        serve(pair);
        log.info('certificate renewed');
      };
      watchKeyPair(settings.certificateDirectory, onChange, (error) => {
        metrics.failed();
        log.error({ err: error }, 'certificate could not be taken, and is tried again');
      });
      // After the watch took its first look: a change in between is seen by its second.
      serve(readKeyPair(settings.certificateDirectory));
      return;
    }
    case 'secret':
    case 'cert-manager':
      void runCertificateReconciler(
        {
          client: connect(),
          secret: { namespace: settings.namespace, name: settings.certificateSecret },
          service: settings.service,
          configuration: settings.webhookConfiguration,
          isExternallyManaged: settings.certificateSource === 'cert-manager',
          serve: setServingCertificate,
          metrics,
          log: (fields, message) => log.info(fields, message),
          onError: (sentence) => log.warn({ sentence }, 'certificate could not be looked after'),
        },
        signal,
      );
      return;
    default:
      settings.certificateSource satisfies never;
  }
}
