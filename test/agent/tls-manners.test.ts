import { useDaemons } from './support/daemon.ts';
import { startMariadb } from './support/mariadb.ts';
import { startNats } from './support/nats.ts';
import { makeData, ownFile, startPostgres, textOf } from './support/postgres.ts';
import { livesThroughOwnTls } from './support/terminator.ts';

describe('the agent lives through each manner of TLS of a server that begins TLS in its own protocol:', () => {
  const directory = useDaemons(['nats-server', 'mariadb-server', 'postgresql-15']);

  it('nats', () =>
    livesThroughOwnTls(directory, 'nats://:PORT?tls', ({ files: { cert, key, ca }, version, wantsClient }) => {
      // It has no option for the highest version, which is 1.3.
      if (version === '1.2') return undefined;
      const verify = wantsClient ? ', verify: true' : '';
      return startNats(directory, [`tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca}"${verify} }`]);
    }));

  it('mysql', () =>
    livesThroughOwnTls(directory, 'mysql://health@:PORT?tls', async ({ files, version, wantsClient }) => {
      const { cert, key, ca } = files;
      const versions = version === undefined ? [] : [`--tls-version=TLSv${version}`];
      const tls = [`--ssl-cert=${cert}`, `--ssl-key=${key}`, `--ssl-ca=${ca}`, ...versions];
      const mariadb = await startMariadb(directory, tls);
      await mariadb.sql(`CREATE USER health@127.0.0.1 REQUIRE ${wantsClient ? 'X509' : 'SSL'}`);
      return mariadb;
    }));

  it('postgres', async () => {
    const data = await makeData(directory, 'manners', []);
    const owned = async (name: string, text: string): Promise<string> => ownFile(data, `manners.${name}`, text);
    await livesThroughOwnTls(directory, 'postgres://:PORT?tls', async ({ files, version, wantsClient }) => {
      const wanted = wantsClient ? ' clientcert=verify-ca' : '';
      const settings = {
        ssl: 'on',
        ssl_cert_file: await owned('crt', textOf(files.cert)),
        ssl_key_file: await owned('key', textOf(files.key)),
        ssl_ca_file: await owned('ca', textOf(files.ca)),
        hba_file: await owned('hba', `local all all trust\nhostssl all all 127.0.0.1/32 trust${wanted}\n`),
        ...(version && { ssl_min_protocol_version: `TLSv${version}`, ssl_max_protocol_version: `TLSv${version}` }),
      };
      return startPostgres(
        data,
        Object.entries(settings).map(([name, value]) => `${name}=${value}`),
      );
    });
  });
});
