import { certificateFor, writeCertificate } from '../agent/support/certificates.ts';
import { startKafka } from '../agent/support/kafka.ts';
import { startExim } from '../agent/support/mail-servers.ts';
import { startMongo } from '../agent/support/mongo.ts';
import { startMysql } from '../agent/support/mysql.ts';
import { startRabbit } from '../agent/support/rabbitmq.ts';
import { startSearch } from '../agent/support/search.ts';
import { eventually } from '../support/eventually.ts';
import { install } from '../support/packages.ts';
import { type Watched, counted, login, watch } from './watched.ts';

/** Starts the servers that take their time, or that have to be fetched or built first. */
export async function startSlowServers(directory: string): Promise<Watched[]> {
  await install(['rabbitmq-server', 'exim4-daemon-light']);
  const files = writeCertificate(directory, 'bench', certificateFor(['localhost']));
  const [rabbit, kafka, mysql, mongo, elasticsearch, opensearch, exim] = await Promise.all([
    startRabbit(directory, rabbitOptions(files), async () => {}),
    startKafka(directory),
    startMysql(directory),
    startMongo(directory),
    startSearch(directory, 'elasticsearch'),
    startSearch(directory, 'opensearch'),
    startExim(directory, files),
  ]);
  await mysql.sql(`CREATE USER ${login.user}@127.0.0.1 IDENTIFIED BY '${login.password}'`);
  await eventually('RabbitMQ', 20_000, async () => rabbit.log().includes('Server startup complete'));
  const ofMysql = async () => counted(await mysql.sql('SHOW GLOBAL STATUS'), /^(Aborted|Connection_err)/);
  return [
    watch('rabbitmq, a login', `amqp://probe:$PASSWORD@:${rabbit.port}`, rabbit.log, {
      ordinary: /accepting AMQP connection|closing AMQP connection|authenticated and granted access/,
    }),
    watch('rabbitmq, no login', `amqp://:${rabbit.port}`, rabbit.log, { ordinary: /accepting AMQP connection/ }),
    watch('kafka', `kafka://:${kafka.ports.plain}`, kafka.log),
    watch('mysql, a login', `mysql://probe:$PASSWORD@127.0.0.1:${mysql.port}?allow-cleartext`, mysql.log, {
      counters: ofMysql,
    }),
    watch('mysql, no login', `mysql://127.0.0.1:${mysql.port}`, mysql.log, { counters: ofMysql }),
    watch('FerretDB', `mongodb://:${mongo.port}`, mongo.log, { ordinary: /level=(INFO|DEBUG)/ }),
    watch('elasticsearch', `elasticsearch://:${elasticsearch.port}`, elasticsearch.log),
    watch('opensearch', `opensearch://:${opensearch.port}`, opensearch.log),
    watch('exim', `smtp://:${exim.port}`, exim.mainLog, { ordinary: / SMTP connection from .*(count|by QUIT)/ }),
  ];
}

/** A broker with TLS, and a user who may log in and no more. */
export function rabbitOptions({ ca, cert, key }: { readonly ca: string; readonly cert: string; readonly key: string }) {
  const tls = [`cacertfile = ${ca}`, `certfile = ${cert}`, `keyfile = ${key}`];
  const permissions = [{ user: login.user, vhost: '/', configure: '^$', write: '^$', read: '^$' }];
  const users = [{ name: login.user, password: login.password, tags: '' }];
  return { tls, definitions: { users, vhosts: [{ name: '/' }], permissions } };
}
