import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readCertificates, signersOf } from '../../src/certificates/x509.ts';
import { type KeyPair, issueAuthority, issueServingCertificate } from '../../src/certificates/pki.ts';
import { eventually } from '../support/eventually.ts';
import { type Cluster, configurationPath, secretPath, startCluster } from './support/cluster.ts';
import { type Replica, quick, startReplica, wallClock } from './support/replica.ts';

const names = ['webhook.system.svc', 'webhook.system.svc.cluster.local'];

const serials = (text: string): string[] => readCertificates(text).map(({ serialNumber }) => serialNumber);

/** A Secret's content of this CA, without its key. */
function pairOf(ca: KeyPair): Record<string, string> {
  const { cert, key } = issueServingCertificate(ca, names, { now: new Date(), days: 7 });
  return { 'ca.crt': ca.cert, 'tls.crt': cert, 'tls.key': key };
}

describe('keeping the certificate', function () {
  let cluster: Cluster;
  let wall: ReturnType<typeof wallClock>;
  let replicas: Replica[];
  beforeEach(() => {
    cluster = startCluster();
    cluster.writeBundle('');
    wall = wallClock();
    replicas = [];
  });
  afterEach('no key was said, and nothing is left running', async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    const words = replicas.flatMap(({ said, failures }) => [...said, ...failures]).join('\n');
    assert.doesNotMatch(words, /PRIVATE|BEGIN/);
    for (const key of ['ca.key', 'tls.key']) {
      const line = (cluster.secret()[key] ?? '').split('\n')[1];
      assert(!line || !words.includes(line));
    }
  });

  const start = (count: number, options: Parameters<typeof startReplica>[2] = {}): Replica[] => {
    const started = Array.from({ length: count }, () => startReplica(cluster, wall.clock, options));
    replicas.push(...started);
    return started;
  };
  const authorities = (): X509Certificate[] => [...readCertificates(cluster.secret()['ca.crt'] ?? '')];

  const hasFailedBy = (words: string): boolean =>
    replicas.some(({ failures }) => failures.some((sentence) => sentence.includes(words)));

  /** Until all replicas serve what the Secret holds, and every webhook trusts what it names. */
  const settled = (what = 'all is as the Secret says'): Promise<X509Certificate> =>
    eventually(what, 8_000, async () => {
      const { 'tls.crt': cert, 'ca.crt': ca = '' } = cluster.secret();
      const leaf = new X509Certificate(cert ?? '');
      assert(
        replicas.every((replica) => replica.leaf()?.serialNumber === leaf.serialNumber),
        'served',
      );
      for (const bundle of cluster.bundles()) assert.deepEqual(serials(bundle), serials(ca));
      assert(signersOf(leaf, authorities()).length === 1);
      return leaf;
    });

  it('makes a CA and a leaf for the Service, and has every webhook trust it', async () => {
    const [replica] = start(1);
    const leaf = await settled();
    const [ca] = authorities();
    assert(names.every((name) => leaf.checkHost(name)));
    assert.equal(Math.round((Date.parse(leaf.validTo) - Date.now()) / 86_400_000), 7);
    assert.equal(Math.round((Date.parse(ca?.validTo ?? '') - Date.now()) / 86_400_000), 365);
    assert.equal(cluster.get(secretPath).type, 'kubernetes.io/tls');
    assert.match(replica?.said[0] ?? '', /^certificate renewed: .*"reason":"the Secret was not there"/);
    const metrics = (await replica?.metrics()) ?? '';
    const expiry = (kind: string): number =>
      Number(
        new RegExp(`^health_injector_certificate_expiry_timestamp_seconds\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(
          metrics,
        )?.[1],
      );
    assert.equal(expiry('leaf') * 1_000, Date.parse(leaf.validTo));
    assert.equal(expiry('ca') * 1_000, Date.parse(ca?.validTo ?? ''));
    assert.match(metrics, /^health_injector_certificate_renewals_total\{action="new-authority"\} 1$/m);
    assert.match(metrics, /^health_injector_certificate_failures_total 0$/m);
  });

  for (const count of [2, 5]) {
    it(`has one CA where ${count} replicas start at one instant`, async () => {
      start(count);
      await settled();
      assert.equal(authorities().length, 1);
      assert.equal(new Set(replicas.flatMap(({ served }) => served.map((leaf) => leaf.serialNumber))).size, 1);
      assert.deepEqual(
        replicas.flatMap(({ failures }) => failures),
        [],
      );
    });
  }

  it('has one CA however many calls and answers are lost', async () => {
    for (let round = 0; round < 3; round += 1) {
      cluster = startCluster();
      cluster.writeBundle('');
      let calls = 0;
      cluster.fail(() =>
        calls++ > 40 ? undefined : ([undefined, 'call', 'answer', 500] as const)[Math.floor(Math.random() * 4)],
      );
      const started = start(3, { timing: { pollMs: 40, callMs: 150, trustMs: 60, graceMs: 200, minMs: 4, maxMs: 30 } });
      await settled(`round ${round}`);
      assert.equal(authorities().length, 1);
      await Promise.all(started.map((replica) => replica.stop()));
      replicas = [];
    }
  });

  it('changes nothing where nothing is to be done', async () => {
    start(3);
    await settled();
    const before = cluster.written.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(cluster.written.length, before);
  });

  it('puts a wiped caBundle back', async () => {
    start(2);
    const leaf = await settled();
    cluster.writeBundle('');
    assert.equal((await settled()).serialNumber, leaf.serialNumber);
    cluster.writeBundle('no certificate');
    await settled();
  });

  it('takes out of the caBundle what is not ours, though not at once', async () => {
    start(1);
    await settled();
    const stranger = issueAuthority('a stranger', new Date()).cert;
    cluster.writeBundle(cluster.bundles()[0] + stranger);
    await settled();
    assert(!cluster.bundles()[0]?.includes(stranger));
  });

  it('writes the caBundle of a configuration that comes later', async () => {
    cluster.delete(configurationPath);
    const [replica] = start(1);
    await eventually('it serves', 5_000, async () => replica?.leaf());
    cluster.writeBundle('');
    await settled();
  });

  it('makes another pair where the Secret is deleted, trusts the old CA on, and serves the new one once it is trusted', async () => {
    start(2);
    const before = await settled();
    const trusted = watchTrust();
    cluster.delete(secretPath);
    const after = await eventually('another pair', 5_000, async () => {
      const leaf = await settled();
      return leaf.serialNumber !== before.serialNumber && leaf;
    });
    assert.equal(authorities().length, 2);
    assert.equal(signersOf(before, authorities()).length, 1);
    assert.equal(signersOf(after, authorities()).length, 1);
    assert.deepEqual(trusted(), []);
  });

  it('trusts the old CA on even where a replica has just started and never saw the Secret', async () => {
    start(1);
    const before = await settled();
    await replicas[0]?.stop();
    cluster.delete(secretPath);
    start(1);
    replicas.shift();
    await settled();
    assert.equal(signersOf(before, authorities()).length, 1);
  });

  const garbage: Record<string, Record<string, string>> = {
    nothing: {},
    'texts that are no certificates': {
      'ca.crt': 'x',
      'ca.key': 'y',
      'tls.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      'tls.key': '',
    },
    'the key of another': {
      ...pairOf(issueAuthority('health-injector', new Date())),
      'ca.key': issueAuthority('another', new Date()).key,
    },
  };
  for (const [what, content] of Object.entries(garbage)) {
    it(`replaces a Secret that holds ${what}, and says so`, async () => {
      cluster.writeSecret({ ...content, other: 'kept' }, { labels: { kept: 'yes' } });
      const [replica] = start(2);
      await settled();
      assert.match(
        replicas.flatMap(({ said }) => said).join('\n'),
        /certificate renewed: .*no CA with its key is there/,
      );
      assert.equal(cluster.secret()['other'], 'kept');
      assert.deepEqual(cluster.get(secretPath).metadata.labels, { kept: 'yes' });
      assert(replica);
    });
  }

  it('trusts on the CA of a Secret without its key, as an earlier version wrote it', async () => {
    const old = issueAuthority('health-injector', new Date());
    const leaf = new X509Certificate(
      cluster.writeSecret(pairOf(old)) && issueServingCertificate(old, names, { now: new Date(), days: 365 }).cert,
    );
    start(1);
    await settled();
    assert.equal(signersOf(leaf, authorities()).length, 1);
    assert.equal(authorities().length, 2);
  });

  it('makes another leaf where it is for another Service', async () => {
    const ca = issueAuthority('health-injector', new Date());
    const elsewhere = issueServingCertificate(ca, ['other.system.svc'], { now: new Date(), days: 7 });
    cluster.writeSecret({ 'ca.crt': ca.cert, 'ca.key': ca.key, 'tls.crt': elsewhere.cert, 'tls.key': elsewhere.key });
    start(1);
    const leaf = await settled();
    assert(names.every((name) => leaf.checkHost(name)));
    assert.equal(authorities().length, 1);
  });

  it('renews the leaf, then the CA, and drops the old one, as the wall clock goes', async () => {
    start(2);
    const first = await settled();
    const trusted = watchTrust();
    const renewed = async (what: string): Promise<X509Certificate> => {
      const before = cluster.secret()['tls.crt'];
      await eventually(what, 5_000, async () => cluster.secret()['tls.crt'] !== before);
      return settled();
    };
    wall.jump(4.8);
    const second = await renewed('a new leaf');
    assert.equal(signersOf(second, [...authorities()]).length, 1);
    assert.equal(authorities().length, 1);
    wall.jump(240);
    await renewed('a new CA');
    assert.equal(authorities().length, 2);
    assert.equal(signersOf(first, [...authorities()]).length, 1);
    wall.jump(4.8);
    await renewed('a new leaf of the new CA');
    assert.equal(authorities().length, 2);
    wall.jump(2.3);
    await eventually('the old CA is dropped', 5_000, async () => authorities().length === 1);
    await settled();
    assert.deepEqual(trusted(), []);
  });

  it('makes another CA where the clock is set back to before it was made', async () => {
    wall.jump(200);
    start(2);
    await settled();
    wall.jump(-200);
    await eventually('another CA', 5_000, async () => authorities().length === 2);
    const leaf = await settled();
    assert(Date.parse(leaf.validFrom) <= Date.now());
  });

  it('leaves a Secret of cert-manager alone, and trusts the CA before its last one for a while', async () => {
    const rest = { annotations: { 'cert-manager.io/certificate-name': 'webhook' } };
    const [one, other] = [issueAuthority('one', new Date()), issueAuthority('other', new Date())];
    cluster.writeSecret(pairOf(one), rest);
    start(2);
    await settled();
    const trusted = watchTrust();
    cluster.writeSecret(pairOf(other), rest);
    await eventually('both are trusted', 5_000, async () => serials(cluster.bundles()[0] ?? '').length === 2);
    await settled();
    assert.deepEqual(serials(cluster.bundles()[0] ?? ''), serials(other.cert));
    assert(cluster.written.every(({ method }) => method === 'APPLY'));
    assert.deepEqual(trusted(), []);
  });

  it('leaves a CA in the caBundle for a replica that is slower to serve another', async () => {
    cluster.writeSecret(pairOf(issueAuthority('one', new Date())));
    start(1, { isExternallyManaged: true, timing: { ...quick, graceMs: 2_000 } });
    start(1, { isExternallyManaged: true, timing: { ...quick, trustMs: 800 } });
    await settled();
    const trusted = watchTrust();
    const before = cluster.written.length;
    cluster.writeSecret(pairOf(issueAuthority('other', new Date())));
    await settled();
    assert.deepEqual(trusted(), []);
    assert(cluster.written.length - before <= 3, `${cluster.written.length - before} writes`);
  });

  it('waits for a Secret that another is to write', async () => {
    const [replica] = start(1, { isExternallyManaged: true });
    await eventually('it says so', 5_000, async () => replica?.failures[0]);
    assert.match(replica?.failures[0] ?? '', /holds no CA|holds no certificate/);
    assert.equal(replica?.leaf(), undefined);
    cluster.writeSecret(pairOf(issueAuthority('one', new Date())));
    await settled();
  });

  it('serves what there is where it may write nothing, and says so once', async () => {
    const ca = issueAuthority('health-injector', new Date());
    cluster.writeSecret({ ...pairOf(ca) });
    cluster.fail(({ method }) => (method === 'GET' ? undefined : 403));
    const [replica] = start(1);
    await eventually('it serves', 5_000, async () => replica?.leaf());
    await eventually('more failures', 5_000, async () =>
      /^health_injector_certificate_failures_total ([2-9]|\d\d)/m.test((await replica?.metrics()) ?? ''),
    );
    assert.deepEqual(replica?.failures, [
      'The certificate is not as it should be: the Secret system/pair could not be written: the answer was 403, "so it is".',
    ]);
  });

  it('does not fight for ever with somebody who writes the caBundle too', async () => {
    start(1);
    await settled();
    const [before, begin] = [cluster.written.length, Date.now()];
    const elapsedMs = (): number => Date.now() - begin;
    const reason = 'another client writes the caBundle over and over';
    // On a busy machine the writes that it may make take longer.
    while (elapsedMs() < 1_500 || (!hasFailedBy(reason) && elapsedMs() < 30_000)) {
      cluster.writeBundle('');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const most = 20 + Math.ceil(elapsedMs() / 5_000);
    assert(cluster.written.length - before <= most, `${cluster.written.length - before} writes`);
    assert(hasFailedBy(reason));
  });

  /** From now on, notes every moment at which a replica serves what the caBundle does not trust. */
  function watchTrust(): () => string[] {
    const wrong: string[] = [];
    const look = setInterval(() => {
      for (const replica of replicas) {
        const leaf = replica.leaf();
        for (const bundle of cluster.bundles()) {
          if (leaf && signersOf(leaf, readCertificates(bundle)).length === 0) wrong.push(leaf.serialNumber);
        }
      }
    }, 3).unref();
    return () => {
      clearInterval(look);
      return wrong;
    };
  }
});
