// Brings what tests download and build once on a machine, while the agent is built and no test waits for it: see `test/run`.
import { globSync, readFileSync } from 'node:fs';
import { installArtemis } from '../agent/support/artemis.ts';
import { installCassandra } from '../agent/support/cassandra.ts';
import { installKafka } from '../agent/support/kafka.ts';
import { installMongo } from '../agent/support/mongo.ts';
import { installMysql } from '../agent/support/mysql.ts';
import { installSearch } from '../agent/support/search.ts';
import { goTool } from '../deploy/support/go-tool.ts';
import { manifestsFolder } from '../projects/support/manifests.ts';
import { install } from './packages.ts';

/** One after the other; what cannot be had is left to the test that needs it, which says so. */
async function inTurn(...works: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const work of works) await work().catch(() => {});
}

/** The Debian packages that the tests of the agent name. */
const packages = globSync('test/agent/*.test.ts').flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/useDaemons\(\[(.*?)\]\)/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/'(.*?)'/g)].map(([, name = '']) => name),
  ),
);

await Promise.all([
  inTurn(
    () => install([...new Set(packages), 'chromium']),
    manifestsFolder,
    installKafka,
    installCassandra,
    installArtemis,
    () => installSearch('elasticsearch'),
    () => installSearch('opensearch'),
    installMysql,
  ),
  inTurn(
    () => goTool('helm'),
    () => goTool('kustomize'),
    () => goTool('krew'),
    () => goTool('validate-krew-manifest'),
    installMongo,
  ),
]);
