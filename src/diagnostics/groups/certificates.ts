import type { X509Certificate } from 'node:crypto';
import type { V1MutatingWebhook } from '@kubernetes/client-node';
import { readCertificate, readCertificates, signersOf, validityOf } from '../../certificates/x509.ts';
import { type DiagnosticGroup, diagnostic, failed, listed, ok, unless, warning } from '../diagnostic.ts';
import type { Installation, ServedFact } from '../facts.ts';
import { entriesIn } from './registration.ts';

const dayMs = 86_400_000;

/** The webhook renews a certificate long before; the alert HealthInjectorCertificateExpires has the same. */
const soonMs = 2 * dayMs;

const bundleOf = ({ clientConfig }: V1MutatingWebhook): readonly X509Certificate[] =>
  readCertificates(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString());

const seen = (served: readonly ServedFact[]) =>
  served.flatMap((each) => {
    const certificate = 'certificate' in each ? readCertificate(each.certificate) : undefined;
    return certificate ? [{ pod: each.pod, certificate }] : [];
  });

const namesOf = ({ service, namespace }: Installation): string => `${service}.${namespace}.svc`;

const renew = ({ namespace, certificateSecret }: Installation): string =>
  `Renew it with kubectl -n ${namespace} delete secret ${certificateSecret}, and look at the log of the webhook.`;

/** Whether the apiserver trusts what the webhook presents. */
export const certificatesGroup: DiagnosticGroup = {
  title: 'Certificates',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'ca-bundle',
      title: 'every entry has a caBundle',
      needs: ['mutatingWebhooks'],
      after: 'webhook-registered',
      run(facts) {
        const bare = entriesIn(facts).filter((entry) => bundleOf(entry).length === 0);
        return unless(
          bare.length > 0,
          failed,
          `${listed(bare.map(({ name }) => name))} has no caBundle that can be read, so that the apiserver trusts no replica.`,
          facts.about.certificateSource === 'files'
            ? 'Write your CA into certificate.ca of the chart.'
            : 'The webhook writes it within seconds: look at its log, and have your tools ignore /webhooks/*/clientConfig/caBundle.',
        );
      },
    }),
    diagnostic({
      id: 'ca-valid',
      title: 'every caBundle has a CA that is valid',
      needs: ['mutatingWebhooks'],
      after: 'ca-bundle',
      run(facts) {
        const { nowMs } = facts.about;
        const isValid = (ca: X509Certificate): boolean =>
          validityOf(ca).notBeforeMs <= nowMs && nowMs < validityOf(ca).notAfterMs;
        const over = entriesIn(facts).filter((entry) => !bundleOf(entry).some(isValid));
        return unless(
          over.length > 0,
          failed,
          `No CA in the caBundle of ${listed(over.map(({ name }) => name))} is valid today.`,
          renew(facts.about),
        );
      },
    }),
    diagnostic({
      id: 'ca-same',
      title: 'all entries trust the same CAs',
      needs: ['mutatingWebhooks'],
      after: 'ca-bundle',
      run(facts) {
        const bundles = new Set(entriesIn(facts).map((entry) => bundleOf(entry).join('')));
        return unless(
          bundles.size > 1,
          warning,
          'The caBundles of the entries differ: a change is half done, or a tool has written one of them.',
          'Run this again in a minute; if it stays, have your tools ignore /webhooks/*/clientConfig/caBundle.',
        );
      },
    }),
    diagnostic({
      id: 'certificate-secret',
      title: 'the Secret of the certificate is there',
      needs: ['certificateSecret'],
      run({ certificateSecret, about: { certificateSource, certificateSecret: name, namespace } }) {
        if (certificateSource === 'files') return ok('the certificate comes from files');
        return unless(
          !certificateSecret.isThere,
          failed,
          `There is no Secret ${namespace}/${name}.`,
          certificateSource === 'cert-manager'
            ? `Look at kubectl -n ${namespace} describe certificate: cert-manager issues it.`
            : 'The webhook makes it: look at its log, and at the right of its account to create Secrets.',
        );
      },
    }),
    diagnostic({
      id: 'certificate-presented',
      title: 'every replica presents a certificate',
      needs: ['served'],
      run({ served }) {
        const bare = served.flatMap((each) => ('unseen' in each ? [`${each.pod} (${each.unseen})`] : []));
        return unless(
          bare.length > 0,
          warning,
          `No certificate was seen of ${listed(bare)}.`,
          'Look at the log of the replica; where the connection was refused, the container does not listen yet.',
        );
      },
    }),
    diagnostic({
      id: 'certificate-signed',
      title: 'the certificates are signed by a CA of each caBundle',
      needs: ['served', 'mutatingWebhooks'],
      after: 'ca-bundle',
      run(facts) {
        const strange = seen(facts.served).flatMap(({ pod, certificate }) => {
          const trusting = entriesIn(facts).filter((entry) => signersOf(certificate, bundleOf(entry)).length > 0);
          return trusting.length < entriesIn(facts).length ? [`${pod} (signed by ${issuerOf(certificate)})`] : [];
        });
        return unless(
          strange.length > 0,
          failed,
          `The apiserver does not trust the certificate of ${listed(strange)}.`,
          'The webhook corrects the caBundle within seconds: look at its log, and at its right to patch its MutatingWebhookConfiguration.',
        );
      },
    }),
    diagnostic({
      id: 'certificate-names',
      title: 'the certificates are for the name of the Service',
      needs: ['served'],
      run({ served, about }) {
        const others = seen(served).filter(({ certificate }) => certificate.checkHost(namesOf(about)) === undefined);
        return unless(
          others.length > 0,
          failed,
          `The certificate of ${listed(others.map(({ pod }) => pod))} is not for ${namesOf(about)}, by which the apiserver calls.`,
          about.certificateSource === 'secret' ? renew(about) : `Issue a certificate for ${namesOf(about)}.`,
        );
      },
    }),
    diagnostic({
      id: 'certificate-validity',
      title: 'the certificates are valid for two more days',
      needs: ['served'],
      run({ served, about }) {
        const at = seen(served).map(({ pod, certificate }) => Object.assign({ pod }, validityOf(certificate)));
        const over = at.filter(({ notBeforeMs, notAfterMs }) => about.nowMs < notBeforeMs || about.nowMs >= notAfterMs);
        const soon = at.filter(({ notAfterMs }) => about.nowMs + soonMs >= notAfterMs);
        const [first] = at.toSorted((one, other) => one.notAfterMs - other.notAfterMs);
        const until = first && new Date(first.notAfterMs).toISOString();
        if (over.length > 0) {
          return failed(
            `The certificate of ${listed(over.map(({ pod }) => pod))} is not valid today; it ends at ${until}.`,
            renew(about),
          );
        }
        if (soon.length > 0) {
          return warning(`The certificate of ${listed(soon.map(({ pod }) => pod))} ends at ${until}.`, renew(about));
        }
        return ok(until === undefined ? '' : `until ${until}`);
      },
    }),
  ],
};

const issuerOf = ({ issuer }: X509Certificate): string => issuer.replaceAll('\n', ', ');
