import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { asking, refused } from './support/asking.ts';
import { certificateFor, clientCertificate, writeCertificate } from './support/certificates.ts';
import { startGrpc, startGrpcProcess } from './support/grpc-server.ts';

const { codesOf, timesOut, refusesStranger } = asking({}, []);

type Running = Awaited<ReturnType<typeof startGrpc>>;

const services = { '': 'SERVING', 'shop.Cart': 'SERVING', 'shop.Search': 'NOT_SERVING' } as const;

describe('the agent asks a gRPC server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'health-probe-'));
  const issued = certificateFor(['localhost', 'api.test']);
  const { ca, otherCa } = writeCertificate(directory, 'grpc', issued);
  let healthy: Running;
  let bare: Running;
  let secure: Running;
  before(async () => {
    healthy = await startGrpc(services);
    bare = await startGrpc(undefined);
    secure = await startGrpc(services, issued);
  });
  after(async () => {
    await Promise.all([healthy.stop(), bare.stop(), secure.stop()]);
    rmSync(directory, { recursive: true });
  });

  for (const service of ['', '/shop.Cart']) {
    it(`SERVING passes, for ${service === '' ? 'the server' : 'a service'}`, async () => {
      const { code, line } = await check([`grpc://:${healthy.port}${service}`]);
      assert.equal(code, 0, line);
      assert(line.startsWith(`SERVING (grpc 127.0.0.1:${healthy.port}, `), line);
    });
  }

  for (const [what, service, code, reason] of [
    ['NOT_SERVING', 'shop.Search', 1, /^NOT_SERVING /],
    ['a service that it does not know', 'shop.Till', 1, /^service "shop\.Till" is unknown /],
  ] as const) {
    it(`${what} is ${code}`, async () => {
      for (const probe of ['readiness', 'liveness']) {
        const checked = await check(['--probe', probe, `grpc://:${healthy.port}/${service}`]);
        assert.equal(checked.code, code);
        assert.match(checked.line, reason);
      }
    });
  }

  it('a server without a health service is 4', async () => {
    const { code, line } = await check([`grpc://:${bare.port}`]);
    assert.equal(code, 4);
    assert.match(line, /^grpc\.health\.v1\.Health is not implemented /);
  });

  it('passes over TLS, with the authority that signed and without any', async () => {
    for (const trust of ['', `&ca=${ca}`, `&ca=${ca}&server-name=api.test`]) {
      const { code, line } = await check([`grpc://:${secure.port}/shop.Cart?tls${trust}`]);
      assert.equal(code, 0, line);
    }
  });

  for (const [what, options, reason] of [
    ['an authority that did not sign', `ca=${otherCa}`, /^certificate not trusted: unknown issuer /],
    ['another name', `ca=${ca}&server-name=no.test`, /^certificate is not valid for name no\.test /],
  ] as const) {
    it(`is 4 over TLS with ${what}`, async () => {
      const { code, line } = await check([`grpc://:${secure.port}?tls&${options}`]);
      assert.equal(code, 4);
      assert.match(line, reason);
    });
  }

  it('shows a certificate of its own to a server that wants one', async () => {
    const strict = await startGrpc(services, issued, readFileSync(ca, 'utf8'));
    const own = writeCertificate(directory, 'client', clientCertificate('probe'));
    const url = `grpc://:${strict.port}?tls&ca=${ca}`;
    const { code, line } = await check([`${url}&cert=${own.cert}&key=${own.key}`]);
    assert.equal(code, 0, line);
    assert.deepEqual(await codesOf(url), refused);
    await refusesStranger(url, directory);
    await strict.stop();
  });

  it('when it is stopped it is 3, in time, and when it is killed it is 2', async function () {
    const server = await startGrpcProcess();
    await timesOut(server, `grpc://:${server.port}`);
    await server.kill();
    assert.deepEqual(await codesOf(`grpc://:${server.port}`), { liveness: 2, readiness: 2, startup: 2 });
  });

  it('is 4 with TLS on a port without it, and without TLS on a port with it', async () => {
    for (const url of [`grpc://:${healthy.port}?tls`, `grpc://:${secure.port}`]) {
      const { code, line } = await check([url]);
      assert.equal(code, 4, line);
    }
  });
});
