import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Serving, serve } from './support/agent.ts';

const host = '127.0.0.1';
/** On Linux every address of 127.0.0.0/8 is this host: each is another peer of the agent. */
const kubelet = '127.0.0.3';
const connectionsOfAFlood = 3_000;
const probesMeanwhile = 30;

type Peer = { readonly from: string; readonly port: number };

/** What a flood does with each connection. */
const kinds = {
  'that say nothing and stay': () => undefined,
  'that ask and read no answer': (socket: Socket) => socket.write('GET /livez HTTP/1.1\r\n\r\n'),
  'that are closed at once': (socket: Socket) => socket.destroy(),
  'that never end their head': (socket: Socket) => socket.write('GET /livez HTTP/1.1\r\nA: '),
  'that ask as the kubelet does': (socket: Socket) =>
    socket.write('GET /livez HTTP/1.1\r\nUser-Agent: kube-probe/1.34\r\n\r\n'),
};

/** Begins a connection, and gives back whether it was made; one that the kernel drops is never made. */
function begin({ from, port }: Peer, act: (socket: Socket) => unknown): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, localAddress: from });
    const dropped = setTimeout(() => resolve(false), 20);
    socket.on('connect', () => {
      clearTimeout(dropped);
      act(socket);
      resolve(true);
    });
    socket.on('error', () => resolve(false));
    setTimeout(() => socket.destroy(), 300);
  });
}

/** So many connections by each address, some at a time; gives back how many were made. */
async function flood(peers: readonly Peer[], act: (socket: Socket) => unknown): Promise<number> {
  let left = connectionsOfAFlood;
  let made = 0;
  const loop = async (lane: number): Promise<void> => {
    while (left-- > 0) made += Number(await begin(peers[(left + lane) % peers.length]!, act));
  };
  await Promise.all(Array.from({ length: 64 }, (_, lane) => loop(lane)));
  return made;
}

/** The status of a probe as the kubelet sends it. */
function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, localAddress: kubelet });
    let text = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0)));
    socket.write('GET /livez HTTP/1.1\r\nHost: a\r\nUser-Agent: kube-probe/1.34\r\n\r\n');
  });
}

async function probes(port: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let count = 0; count < probesMeanwhile; count++) {
    statuses.push(await probe(port));
    await sleep(50);
  }
  return statuses;
}

describe('a flood of connections', () => {
  let agent: Serving;
  let port: number;

  beforeEach(async () => {
    agent = await serve(['exec:true']);
    port = Number(/address=127\.0\.0\.1:(\d+)/.exec(agent.log())![1]);
    assert.equal(await probe(port), 200);
  });
  afterEach(() => agent.stop());

  const dropped = async (): Promise<number> => {
    const { body } = await agent.get('/metrics');
    return Number(/^health_probe_http_connections_dropped_total\{reason="rate"\} (\d+)$/m.exec(body)?.[1] ?? 0);
  };

  for (const [kind, act] of Object.entries(kinds)) {
    it(`${kind} costs the kubelet no probe, and is kept out by the kernel`, async () => {
      const [made, statuses] = await Promise.all([flood([{ from: '127.0.0.2', port }], act), probes(port)]);
      assert.deepEqual(new Set(statuses), new Set([200]));
      assert(made < connectionsOfAFlood / 2, `${made} connections were made`);
      assert(await dropped());
      assert.match(agent.log(), /level=warn msg="an address connects too often" peer=127\.0\.0\.2 dropped_for=30s/);
      assert.equal(agent.log().match(/connects too often/g)?.length, 1);
    });
  }

  it('from two hundred addresses costs the kubelet, which had asked before, no probe', async () => {
    const peers = Array.from({ length: 200 }, (_, one) => ({ from: `127.0.1.${one + 1}`, port }));
    const [made, statuses] = await Promise.all([flood(peers, kinds['that say nothing and stay']), probes(port)]);
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert(made < connectionsOfAFlood / 2, `${made} connections were made`);
    assert.match(agent.log(), /msg="too many connections from addresses that are not the kubelet's" dropped_for=30s/);
  });

  it('by the Pod itself is not bounded: its application may report as often as it likes', async () => {
    const statuses = new Set<number>();
    for (let count = 0; count < 500; count++) statuses.add((await agent.get('/livez')).status);
    assert.deepEqual(statuses, new Set([200]));
    assert.equal(await dropped(), 0);
  });
});
