import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { connect } from 'node:tls';
import { readCertificates } from '../../src/certificates/x509.ts';
import { type KeyPair, issueAuthority, issueServingCertificate } from '../../src/certificates/pki.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningWebhook, reviewOf, startWebhook } from '../support/webhook.ts';
import { type Cluster, secretPath, startCluster } from './support/cluster.ts';
import { type Replica, quick, startReplica, wallClock } from './support/replica.ts';

const review = JSON.stringify(reviewOf({ metadata: {}, spec: { containers: [{ name: 'app', image: 'app:1' }] } }));

/** How much later than everybody else the apiserver sees a caBundle; less than replicas wait. */
const lagMs = 30;

describe('a webhook whose certificate is renewed', function () {
  let cluster: Cluster;
  let wall: ReturnType<typeof wallClock>;
  let webhooks: RunningWebhook[];
  let replicas: Replica[];
  let load: ReturnType<typeof startLoad>;

  before(async () => {
    cluster = startCluster();
    wall = wallClock();
    // What is issued in the tests has to be valid by the clock of this machine as well, by which Node's TLS verifies.
    wall.jump(-5.6);
    const ca = issueAuthority('health-injector', daysFromNow(-5.6 - 238));
    cluster.writeSecret(secretOf(ca, ca.cert, -5.6));
    cluster.writeBundle(ca.cert);
    webhooks = [
      await startWebhook({}, undefined, { hasCertificate: false }),
      await startWebhook({}, undefined, { hasCertificate: false }),
    ];
    const timing = { ...quick, trustMs: 250 };
    replicas = webhooks.map(({ setServingCertificate: serve }) => startReplica(cluster, wall.clock, { serve, timing }));
    await eventually('all serve', 60_000, async () => replicas.every((replica) => replica.leaf()));
    load = startLoad();
  });
  after(async () => {
    const { failures, fresh, kept } = await load.stop();
    await Promise.all([...replicas, ...webhooks].map((each) => each.stop()));
    assert.deepEqual(failures, []);
    assert(fresh > 100 && kept > 100, `${fresh} calls on new connections, ${kept} on kept ones`);
  });
  afterEach('the load goes on', () => load.more());

  it('is not ready, and answers nothing, before it has one', async () => {
    const bare = await startWebhook({}, undefined, { hasCertificate: false });
    await assert.rejects(bare.send('GET', '/readyz'), /handshake failure/);
    await bare.stop();
  });

  it('loses no call to a new leaf', async () => {
    const before = await served();
    wall.jump(4.8);
    await changed(before);
    assert.equal(authorities(), 1);
  });

  it('loses no call to a new CA', async () => {
    const before = await served();
    wall.jump(0.6);
    await changed(before);
    assert.equal(authorities(), 2);
  });

  it('loses no call to the deletion of the Secret', async () => {
    const before = await served();
    cluster.delete(secretPath);
    await changed(before);
    assert.equal(authorities(), 3);
  });

  it('loses no call to a Secret that is restored from a backup, nor to the end of its old CA', async () => {
    const before = await served();
    const [old, newer] = [-250, -7.15].map((days) => issueAuthority('health-injector', daysFromNow(days)));
    assert(old && newer);
    cluster.writeSecret(secretOf(newer, newer.cert + old.cert, -3));
    await changed(before);
    assert.equal(readCertificates(cluster.secret()['ca.crt'] ?? '').length, 2);
    wall.jump(0.1);
    await eventually('one CA', 60_000, async () => authorities() === 1);
  });

  it('loses no call to a caBundle that is wiped, but for those that the apiserver cannot make', async () => {
    cluster.writeBundle('');
    await eventually('it is back', 60_000, async () => cluster.bundles().every(Boolean));
  });

  it('serves what it says it serves', async () => {
    const serial = readCertificates(cluster.secret()['tls.crt'] ?? '')[0]?.serialNumber;
    assert.deepEqual(await Promise.all(webhooks.map(serialOf)), [serial, serial]);
  });

  const authorities = (): number => readCertificates(cluster.bundles()[0] ?? '').length;
  const served = async (): Promise<string> => (await Promise.all(webhooks.map(serialOf))).join();
  const changed = (before: string): Promise<unknown> =>
    eventually('all serve another', 8_000, async () => {
      const [one, other] = await Promise.all(webhooks.map(serialOf));
      return one === other && !before.includes(one ?? '');
    });

  /** Calls every replica over and over as an apiserver would: on a kept connection, and on new ones that trust the caBundle. */
  function startLoad() {
    const stop = new AbortController();
    let bundle = cluster.bundles()[0] ?? '';
    const counts = { fresh: 0, kept: 0 };
    const failures: string[] = [];
    const lag = setInterval(() => {
      const now = cluster.bundles()[0] ?? '';
      // Without a caBundle no new call could be made; the tests of the keeping hold how long that lasts.
      if (now) setTimeout(() => (bundle = now), lagMs);
    }, 5);
    const repeat = async (webhook: RunningWebhook, kind: 'fresh' | 'kept'): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      // The client would make another connection for another caBundle; this one is verified once.
      const ca = bundle;
      let first = true;
      while (!stop.signal.aborted) {
        try {
          const isReused = await (kind === 'kept' ? call(webhook, agent, ca) : call(webhook, undefined, bundle));
          if (kind === 'kept' && !first && !isReused) failures.push('a kept connection was dropped');
          first = false;
          counts[kind] += 1;
        } catch (error) {
          failures.push(`${kind}: ${(error as Error).message}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      agent.destroy();
    };
    const ended = Promise.all(webhooks.flatMap((webhook) => [repeat(webhook, 'fresh'), repeat(webhook, 'kept')]));
    return {
      more: async (): Promise<void> => {
        const { fresh, kept } = counts;
        await eventually('more calls', 60_000, async () => counts.fresh > fresh + 20 && counts.kept > kept + 20);
        assert.deepEqual(failures, []);
      },
      stop: async () => {
        stop.abort();
        clearInterval(lag);
        await ended;
        return { failures, ...counts };
      },
    };
  }
});

/** One review; resolves to whether a connection was used again. Without an agent it is a new one. */
const call = ({ connection }: RunningWebhook, agent: Agent | undefined, ca: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const { host, port } = connection;
    const options = { host, port, ca, agent: agent ?? false, servername: 'webhook.system.svc', method: 'POST' };
    const sent = request(
      { ...options, path: '/mutate', headers: { host: 'webhook.system.svc', 'content-type': 'application/json' } },
      (reply) => {
        reply
          .resume()
          .on('end', () =>
            reply.statusCode === 200 ? resolve(sent.reusedSocket) : reject(new Error(`status ${reply.statusCode}`)),
          );
      },
    );
    sent.on('error', reject).end(review);
  });

/** The serial number of the certificate that a new connection is shown. */
const serialOf = ({ connection: { host, port } }: RunningWebhook): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });

const daysFromNow = (days: number): Date => new Date(Date.now() + days * 86_400_000);

/** A Secret of this CA, which trusts these, with a leaf of so many days from now. */
function secretOf(ca: KeyPair, trusted: string, days: number): Record<string, string> {
  const names = ['webhook.system.svc', 'webhook.system.svc.cluster.local'];
  const { cert, key } = issueServingCertificate(ca, names, { now: daysFromNow(days), days: 7 });
  return { 'ca.crt': trusted, 'ca.key': ca.key, 'tls.crt': cert, 'tls.key': key };
}
