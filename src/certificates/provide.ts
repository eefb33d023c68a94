import type { Logger } from 'pino';
import type { WebhookSettings } from '../config/webhook.ts';
import type { Client } from '../kube/client.ts';
import type { WebhookServer } from '../webhook/server.ts';
import { readCertificate } from './certificate.ts';
import { developmentCertificate } from './development.ts';
import { readKeyPair, watchKeyPair } from './files.ts';
import type { Issued } from './issue.ts';
import { keepCertificate } from './keep.ts';
import { createCertificateMetrics } from './metrics.ts';

/** What provides a certificate, by `settings.certificateSource`. */
export type Provision = {
  readonly settings: WebhookSettings;
  readonly webhook: WebhookServer;
  readonly log: Logger;
  /** Where development certificates are kept. */
  readonly directory: string;
  /** Called only where the source is in the cluster. */
  readonly connect: () => Client;
};

/** Lets the webhook serve a certificate, and every renewed one; from the cluster it comes as soon as it can be had. */
export function provideCertificate(
  { settings, webhook, log, directory, connect }: Provision,
  signal: AbortSignal,
): void {
  const metrics = createCertificateMetrics(webhook.registry);
  const serve = (pair: Issued): void => {
    webhook.setServingCertificate(pair);
    const leaf = readCertificate(pair.cert);
    if (leaf) metrics.served(leaf, []);
  };
  switch (settings.certificateSource) {
    case 'development':
      return serve(developmentCertificate(directory, new Date()));
    case 'files': {
      const renewed = (pair: Issued): void => {
        serve(pair);
        log.info('certificate renewed');
      };
      watchKeyPair(settings.certificateDirectory, renewed, (error) => {
        metrics.failed();
        log.error({ err: error }, 'certificate could not be taken, and is tried again');
      });
      // After the first look of the watch, which is the only one to see what changes in between.
      serve(readKeyPair(settings.certificateDirectory));
      return;
    }
    case 'secret':
    case 'cert-manager':
      void keepCertificate(
        {
          client: connect(),
          secret: { namespace: settings.namespace, name: settings.certificateSecret },
          service: settings.service,
          configuration: settings.webhookConfiguration,
          isOfOthers: settings.certificateSource === 'cert-manager',
          serve: webhook.setServingCertificate,
          metrics,
          done: (what, message) => log.info(what, message),
          failed: (sentence) => log.warn({ sentence }, 'certificate could not be looked after'),
        },
        signal,
      );
      return;
    default:
      settings.certificateSource satisfies never;
  }
}
