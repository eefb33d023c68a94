import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { issueAuthority, issueServingCertificate } from '../../../src/certificates/pki.ts';

const authority = issueAuthority('test', new Date());
const pair = issueServingCertificate(authority, ['localhost', '127.0.0.1', '::1'], { now: new Date(), days: 1 });

/** The CA of every apiserver of the tests. */
export const ca: string = authority.cert;

/** Answers one call in the apiserver's stead; false leaves it to the apiserver. */
export type Fault = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean;

export type Apiserver = Awaited<ReturnType<typeof startApiserver>>;

/** An object as a list or a watch shows it. */
export type Shown = { readonly metadata: { readonly name: string; readonly resourceVersion: string }; data?: string };

/** Says no with a Status, as the apiserver does. */
export function refuse(
  response: ServerResponse,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): true {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }));
  return true;
}

/** A real HTTPS server of one collection at `/things`: versions, pages, watches, 410 after `compact`, and faults on demand. */
export async function startApiserver(host = '127.0.0.1') {
  const things = new Map<string, Shown>();
  let log: { readonly type: string; readonly object: Shown }[] = [];
  /** What there was at a version, as the pages of a list go on to show it. */
  const snapshots = new Map<number, readonly Shown[]>();
  const watches = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  const calls: { readonly url: URL; readonly accept: string | undefined; readonly agent: string | undefined }[] = [];
  const faults: Fault[] = [];
  let version = 1;
  let oldest = 0;
  let token = 'first';
  /** Into how many bytes the lines of a watch are cut; 0 leaves them whole. */
  let cut = 0;

  const server = createServer(pair, (request, response) => {
    const url = new URL(request.url ?? '', 'https://apiserver');
    calls.push({ url, accept: request.headers.accept, agent: request.headers['user-agent'] });
    if (request.headers.authorization !== `Bearer ${token}`) return void refuse(response, 401, 'Unauthorized');
    if (faults.shift()?.(request, response, url)) return;
    if (url.pathname !== '/things') return void refuse(response, 404, 'the server could not find the resource');
    if (url.searchParams.get('watch')) watch(url, response);
    else list(url, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function list(url: URL, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit'));
    const [at = version, from = 0] = (url.searchParams.get('continue') ?? '').split(',').filter(Boolean).map(Number);
    if (at < oldest) return void refuse(response, 410, 'The provided continue parameter is too old');
    const all = snapshots.get(at) ?? [...things.values()];
    snapshots.set(at, all);
    const next = from + limit < all.length ? `${at},${from + limit}` : '';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        metadata: { resourceVersion: String(at), ...(next ? { continue: next } : {}) },
        items: all.slice(from, from + limit),
      }),
    );
  }

  function watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < oldest) return void refuse(response, 410, `too old resource version: ${from}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of log) if (Number(event.object.metadata.resourceVersion) > from) write(response, event);
    watches.add(response);
    const end = setTimeout(() => response.end(), Number(url.searchParams.get('timeoutSeconds')) * 1_000);
    response.on('close', () => {
      clearTimeout(end);
      watches.delete(response);
    });
  }

  function write(response: ServerResponse, event: unknown): void {
    const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
    for (let start = 0; start < bytes.length; start += cut || bytes.length) {
      response.write(bytes.subarray(start, start + (cut || bytes.length)));
    }
  }

  const happen = (type: string, object: Shown): void => {
    log.push({ type, object });
    for (const response of watches) write(response, { type, object });
  };
  const shown = (name: string, data?: string): Shown => ({
    metadata: { name, resourceVersion: String(++version) },
    ...(data === undefined ? {} : { data }),
  });

  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    things,
    calls,
    faults,
    watches,
    sockets,
    set(name: string, data?: string): void {
      const type = things.has(name) ? 'MODIFIED' : 'ADDED';
      const object = shown(name, data);
      things.set(name, object);
      happen(type, object);
    },
    delete(name: string): void {
      if (things.delete(name)) happen('DELETED', shown(name));
    },
    /** Moves every watch on, without a change. */
    bookmark(): void {
      version += 1;
      for (const response of watches) {
        write(response, { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } });
      }
    },
    /** Ends every watch, as when its time is over. */
    end: (): void => watches.forEach((response) => response.end()),
    /** Forgets what happened: older versions than the newest are answered with 410 from now on. */
    compact(): void {
      oldest = version;
      log = [];
    },
    /** Tells every watch an ERROR. */
    error(code: number, message: string): void {
      for (const response of watches) write(response, { type: 'ERROR', object: { kind: 'Status', code, message } });
    },
    write: (event: unknown): void => watches.forEach((response) => write(response, event)),
    cutInto: (bytes: number): number => (cut = bytes),
    rotate: (next: string): string => (token = next),
    cutOff: (): void => sockets.forEach((socket) => socket.destroy()),
    halfClose: (): void => sockets.forEach((socket) => socket.end()),
    async stop(): Promise<void> {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
