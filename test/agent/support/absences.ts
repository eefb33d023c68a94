/** Why checks were not asked in a situation: the server does not know it, or it is in another row. */
export type Absence = {
  readonly schemes: readonly string[];
  readonly situations: readonly string[];
  readonly reason: string;
};

const logins = ['wrong login', 'no login'];
const versions = ['TLS 1.2', 'TLS 1.3'];
const wanted = versions.map((version) => `client certificate wanted, ${version}`);
const tls = [...versions, ...wanted, 'strict about the name', 'expired'];

/** For each cell of the table of situations that no test fills. */
export const absences: readonly Absence[] = [
  { schemes: ['dns'], situations: logins, reason: 'DNS has no login.' },
  { schemes: ['dns'], situations: tls, reason: 'The check speaks no DNS over TLS.' },
  { schemes: ['etcd', 'grpc'], situations: logins, reason: 'What tells of its health asks for no login.' },
  { schemes: ['expect'], situations: logins, reason: 'A login is one more text that is sent and answered.' },
  { schemes: ['http'], situations: tls, reason: 'It is asked over TLS in the row `https`.' },
  { schemes: ['ws'], situations: tls, reason: 'It is asked over TLS in the row `wss`.' },
  { schemes: ['tls'], situations: [...logins, 'full'], reason: 'The check ends with the handshake; `https` goes on.' },
  { schemes: ['kafka'], situations: ['wrong login'], reason: 'The check asks what a broker answers before any login.' },
  {
    schemes: ['memcached', 'smtp', 'zookeeper'],
    situations: ['wrong login'],
    reason: 'The check has no login to be wrong.',
  },
  { schemes: ['smtp', 'zookeeper'], situations: ['no login'], reason: 'What it is asked needs none.' },
  { schemes: ['opensearch'], situations: logins, reason: 'The check is that of the row `elasticsearch`.' },
  { schemes: ['mssql'], situations: ['draining'], reason: 'The stand-in has no life of its own to end.' },
  {
    schemes: ['mysql', 'nats', 'postgres'],
    situations: ['strict about the name'],
    reason: 'The server has one certificate, whatever name it is asked for.',
  },
  {
    schemes: ['nats'],
    situations: ['TLS 1.2', 'client certificate wanted, TLS 1.2'],
    reason: 'The server has no option for the newest version that it speaks.',
  },
  {
    schemes: ['wss'],
    situations: ['up', 'starting', ...logins, 'full', 'draining'],
    reason: 'It is asked in the clear in the row `ws`.',
  },
  {
    schemes: ['wss'],
    situations: [
      'hung',
      'garbage',
      'closed',
      'reset',
      'half-closed',
      'cut in the middle',
      'one byte a second',
      'many answers',
    ],
    reason: 'The network is that of the row `ws`, and its TLS that of `https`.',
  },
];
