import assert from 'node:assert/strict';
import { type Seen, ask, complaintOf } from './judge.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { sections } from './servers/index.ts';
import { writePage } from './page.ts';
import type { Row } from './row.ts';

/** Most of what takes time is servers that are silent. */
const atOnce = 8;

describe("the kubelet's own prober and the agent ask one server", () => {
  const rows = Object.values(sections).flat();
  const seen = new Map<string, Seen>();
  let kubelet: Kubelet;

  before(async function () {
    this.timeout(600_000);
    kubelet = await startKubelet();
    // Certificates are made at their first use, and nobody is to wait for them meanwhile.
    for (const row of rows.filter(({ scheme }) => scheme === 'https')) await (await row.start()).stop();
    const queue: Row[] = [...rows];
    const work = async (): Promise<void> => {
      for (let row = queue.shift(); row; row = queue.shift()) {
        // What cannot be started fails its own test.
        const both = await ask(row, kubelet).catch(() => undefined);
        if (both) seen.set(row.what, both);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  });

  after(async () => {
    await kubelet.stop();
    if (process.env['UPDATE']) writePage(sections, seen);
  });

  it('each of at least 200 servers is another one', () => {
    assert(rows.length >= 200, `${rows.length}`);
    assert.equal(new Set(rows.map(({ what }) => what)).size, rows.length);
  });

  for (const row of rows) {
    it(`that ${row.what}`, async () => {
      let both = seen.get(row.what);
      // A machine that does other work too may be late once: alone it is asked again.
      if (!both || complaintOf(row, both) !== undefined) {
        both = await ask(row, kubelet);
        seen.set(row.what, both);
      }
      assert.equal(complaintOf(row, both), undefined, JSON.stringify(both));
    });
  }
});
