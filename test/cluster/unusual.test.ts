import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { runToEnd } from '../support/process.ts';
import { eventually, kubectl, useNamespace } from './support/kubectl.ts';
import { loadServers } from './unusual/images.ts';
import { objectsOf } from './unusual/pod.ts';
import type { Row, Server } from './unusual/server.ts';
import { servers } from './unusual/servers/index.ts';
import { type Seen, seesHang } from './unusual/seen.ts';
import { writeTable } from './unusual/table.ts';
import { podsIn, restartsOf, seenOf, stop, watchHarm } from './unusual/watch.ts';

const namespace = 'test-unusual';

/**
 * Continuous integration runs some rows, and watches them for a minute and a half. `UNUSUAL=all` runs all of them, in
 * twenty minutes, and any other value those whose names it matches as a regular expression: these are watched for five
 * minutes, and with `UPDATE=1` they are written into docs/checks/unusual-servers.md.
 */
const wanted = process.env['UNUSUAL'];
const isAll = wanted === 'all';
const isChosen = ({ name, isInCi }: Row): boolean =>
  wanted === undefined ? isInCi === true : isAll || new RegExp(wanted).test(name);
const choose = (server: Server): Server => ({ ...server, rows: server.rows.filter(isChosen) });
const chosen = servers.map(choose).filter((server) => server.rows.length > 0);
const seconds = wanted === undefined ? 90 : 300;

/** So many Pods start at once as two cores bear, and so many run as two nodes have addresses for. */
const [startAtOnce, runAtOnce] = [12, 100];

/** The rows by so many, each with the objects that it takes. */
function wavesOf(size: number): { readonly row: Row; readonly objects: readonly object[] }[][] {
  const made = chosen.flatMap((server) => server.rows.map((row) => ({ row, objects: objectsOf(server.name, row) })));
  return Array.from({ length: Math.ceil(made.length / size) }, (_, wave) => made.slice(wave * size, (wave + 1) * size));
}

/** Creates Pods and waits until their containers run; gives the warnings of the webhook. */
async function create(items: readonly object[]): Promise<string> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { code, errors } = await runToEnd('kubectl', ['create', '-n', namespace, '-f', '-'], { input });
  assert.equal(code, 0, errors);
  const run = eventually('all run', 120, async () =>
    [...(await podsIn(namespace)).values()].every(({ status }) =>
      (status.containerStatuses ?? [{}]).every(({ state }: any) => state?.running),
    ),
  );
  // One that does not run is shown by its row.
  await run.catch(() => {});
  return errors;
}

/** Runs rows at the same time: lets them be, looks what came of each, stops them all, and sees which are restarted. */
async function runWave(wave: ReturnType<typeof wavesOf>[number]): Promise<ReadonlyMap<string, Seen>> {
  const ours = wave.map(({ row }) => row);
  let warnings = '';
  for (let at = 0; at < wave.length; at += startAtOnce) {
    warnings += await create(wave.slice(at, at + startAtOnce).flatMap(({ objects }) => objects));
  }
  const harm = await watchHarm(namespace, ours, seconds);
  const pods = await podsIn(namespace);
  const seen = new Map<string, Seen>();
  for (const row of ours) {
    seen.set(row.name, await seenOf(row, pods.get(row.name), { warnings, harm: harm.get(row.name) ?? new Set() }));
  }
  const restarted = await restartedOf(ours, seen, pods);
  return new Map([...seen].map(([name, each]) => [name, { ...each, isRestarted: restarted.has(name) }]));
}

/** The rows that are restarted once all are stopped; waits for those that should be, and as long for the others. */
async function restartedOf(
  ours: readonly Row[],
  seen: ReadonlyMap<string, Seen>,
  pods: ReadonlyMap<string, any>,
): Promise<ReadonlySet<string>> {
  for (const row of ours) stop(row, pods.get(row.name));
  const stopped = Date.now();
  const look = async (): Promise<ReadonlySet<string>> => {
    const now = await podsIn(namespace);
    const isMore = (row: Row): boolean => restartsOf(row, now.get(row.name)) > restartsOf(row, pods.get(row.name));
    return new Set(ours.filter(isMore).map(({ name }) => name));
  };
  const wantedOnes = [...seen].filter(([, each]) => seesHang(each)).map(([name]) => name);
  for (let found = await look(); Date.now() < stopped + 120_000; found = await look()) {
    if (wantedOnes.every((name) => found.has(name))) break;
    await sleep(2_000);
  }
  await sleep(Math.max(0, stopped + 45_000 - Date.now()));
  return look();
}

describe('servers that are set up as few are, with pattern: auto and no check', () => {
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'baseline' });

  const seen = new Map<string, Seen>();
  const seenAs = (name: string): Seen => seen.get(name) ?? assert.fail(`${name} was not seen`);

  before(async function () {
    this.timeout(2_400_000);
    await loadServers(chosen);
    for (const wave of wavesOf(runAtOnce)) {
      for (const [name, each] of await runWave(wave)) seen.set(name, each);
      await kubectl(['delete', 'pods', '--all', '--now', '-n', namespace]);
    }
    if (wanted !== undefined && process.env['UPDATE'] !== undefined) writeTable(servers, seen);
  });

  for (const row of chosen.flatMap((server) => server.rows)) {
    it(`${row.name} (${row.what}) suffers nothing, and is ${row.expected}`, () => {
      const { outcome, why, harm } = seenAs(row.name);
      assert.deepEqual(harm, []);
      assert.equal(outcome, row.expected, why);
      if (row.why !== undefined) assert(why?.includes(row.why), why);
    });

    it(`${row.name} is restarted when it hangs, where it was asked in its protocol and had answered`, () => {
      assert.equal(seenAs(row.name).isRestarted, seesHang(seenAs(row.name)));
    });
  }
});
