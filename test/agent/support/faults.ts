import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { runToEnd } from '../../support/process.ts';
import { program } from './agent.ts';
import { noise } from './hostile-peer.ts';
import { recordFaults } from './situations.ts';

/** How a check talks to its server. */
export type Conversation = {
  /** The check, with PORT for the port. */
  readonly url: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** After so many pieces of what it sends the server has proven to be alive; left out, only its last one proves it. */
  readonly provenAfter?: number;
};

/** What becomes of what the server sends, from a piece on. */
type Fault = (client: Socket, piece: Buffer) => void;

/** One byte a second, the first at once. */
function trickle(client: Socket, piece: Buffer): void {
  let sent = 0;
  const send = (): void => void client.write(piece.subarray(sent, ++sent));
  const timer = setInterval(send, 1_000);
  client.on('close', () => clearInterval(timer));
  send();
}

const faults: Readonly<Record<string, Fault>> = {
  hung: () => {},
  garbage: (client) => void client.write(noise.subarray(0, 256)),
  closed: (client) => void client.destroy(),
  reset: (client) => void client.resetAndDestroy(),
  'half-closed': (client) => void client.end(),
  'cut in the middle': (client, piece) => void client.end(piece.subarray(0, piece.length >> 1)),
  'one byte a second': trickle,
  'many answers': (client, piece) => void client.write(Buffer.concat(Array<Buffer>(1_000).fill(piece))),
};

/** The exit codes of a check whose server has not proven anything when its first piece meets the fault. */
const codesAtFirst: Readonly<Record<string, readonly number[]>> = {
  hung: [3],
  garbage: [3, 4],
  closed: [4],
  reset: [4],
  'half-closed': [4],
  'one byte a second': [3],
};

/**
 * Stands between clients and the server on a port of loopback. So many of the server's pieces go through, and the next one
 * meets the fault; without a fault all go through.
 */
async function startNetwork(port: number, fault: Fault | undefined, passing: number) {
  const sockets = new Set<Socket>();
  let pieces = 0;
  const network = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect(port, '127.0.0.1');
    let isFaulty = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk: Buffer) => void server.write(chunk)).on('close', () => server.destroy());
    server.on('data', (piece: Buffer) => {
      pieces += 1;
      if (isFaulty) return;
      if (!fault || pieces <= passing) return void client.write(piece);
      isFaulty = true;
      fault(client, piece);
    });
    server.on('end', () => {
      if (!isFaulty) client.end();
    });
  });
  network.listen(0, '127.0.0.1');
  await once(network, 'listening');
  return {
    port: (network.address() as AddressInfo).port,
    pieces: () => pieces,
    stop(): void {
      network.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const timeoutMs = 1_500;
const mostSteps = 6;

/** Asks for liveness; the exit code 0 is alive. */
export async function askLiveness(url: string, env: Conversation['env'] = {}) {
  const args = ['check', '--probe', 'liveness', '--timeout', `${timeoutMs}ms`, url];
  const { code, out } = await runToEnd(program, args, { env });
  return { code, line: out.trimEnd() };
}

/**
 * Asks a real server through a network that fails in each way at each step: where the server has proven to be alive, the
 * check says so, whatever comes after that.
 */
export async function livesThroughFaults({ url, port, env, provenAfter }: Conversation): Promise<void> {
  const ask = async (fault: Fault | undefined, passing: number) => {
    const network = await startNetwork(port, fault, passing);
    const answer = await askLiveness(url.replace('PORT', `${network.port}`), env);
    network.stop();
    return { ...answer, pieces: network.pieces() };
  };
  const whole = await ask(undefined, 0);
  assert.equal(whole.code, 0, whole.line);
  recordFaults(url, [['up', 'alive']]);
  const steps = Math.min(whole.pieces, mostSteps);
  const proven = provenAfter ?? steps;
  const verdicts = await Promise.all(
    Object.entries(faults).map(async ([name, fault]) => {
      const answers = await Promise.all(Array.from({ length: steps }, (_, step) => ask(fault, step)));
      for (const [step, { code, line }] of answers.entries()) {
        const what = `${name} after ${step} pieces: ${line}`;
        // Of many answers the first is the right one.
        const seen = name === 'many answers' ? step + 1 : step;
        if (seen >= proven) assert.equal(code, 0, what);
        else if (step === 0) assert(codesAtFirst[name]?.includes(code ?? -1) ?? true, `${what}, ${code}`);
      }
      return [name, answers.map(({ code }) => (code === 0 ? 'alive' : 'fail')).join(', ')] as const;
    }),
  );
  recordFaults(url, verdicts);
}
