import type { X509Certificate } from 'node:crypto';
import { Counter, Gauge, type Registry } from 'prom-client';
import { initCounterSeries } from '../config/counter-series.ts';
import { validityOf } from './x509.ts';
import type { RotationPlan } from './rotation.ts';

/** The metrics of the certificate that is served. */
export type CertificateMetrics = {
  readonly served: (leaf: X509Certificate, authorities: readonly X509Certificate[]) => void;
  readonly renewed: (action: RotationPlan['action']) => void;
  readonly failed: () => void;
};

/** Adds the metrics of the certificate to those of the webhook. */
export function createCertificateMetrics(registry: Registry): CertificateMetrics {
  const expiry = new Gauge({
    name: 'health_injector_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that is served runs out, and when its CA does.',
    labelNames: ['kind'],
    registers: [registry],
  });
  const renewals = new Counter({
    name: 'health_injector_certificate_renewals_total',
    help: 'What this replica did with the Secret of the certificate.',
    labelNames: ['action'],
    registers: [registry],
  });
  initCounterSeries(renewals, 'action', ['new-leaf', 'new-authority', 'drop-authorities']);
  const failures = new Counter({
    name: 'health_injector_certificate_failures_total',
    help: 'Times that the certificate could not be read, renewed, served or brought into the caBundle.',
    registers: [registry],
  });
  return {
    served(leaf, authorities) {
      expiry.set({ kind: 'leaf' }, validityOf(leaf).notAfterMs / 1_000);
      if (authorities.length === 0) return expiry.remove({ kind: 'ca' });
      expiry.set({ kind: 'ca' }, Math.max(...authorities.map((ca) => validityOf(ca).notAfterMs)) / 1_000);
    },
    renewed: (action) => renewals.inc({ action }),
    failed: () => failures.inc(),
  };
}
