import assert from 'node:assert/strict';
import { type WebhookSettings, readWebhookSettings, webhookOptions } from '../../src/config/webhook.ts';

const read = (args: readonly string[], env: Record<string, string> = {}): WebhookSettings => {
  const result = readWebhookSettings(args, env);
  assert('values' in result, JSON.stringify(result));
  return result.values;
};

const problemsOf = (args: readonly string[]): readonly string[] => {
  const result = readWebhookSettings(args, {});
  return 'problems' in result ? result.problems : [];
};

describe('settings', () => {
  it('have a default each', () => {
    const settings = read([]);
    assert.equal(`${settings.host}:${settings.port}`, webhookOptions.listen.default);
    assert.equal(settings.strict, false);
    assert.deepEqual([...settings.excludedNamespaces], ['kube-system', 'kube-node-lease']);
  });

  it('come from flags before the environment', () => {
    const env = {
      HEALTH_INJECTOR_DRAIN_SECONDS: '7',
      HEALTH_INJECTOR_STRICT: 'true',
      HEALTH_INJECTOR_PREFIX: 'health.corp/',
    };
    const settings = read(['--drain-seconds', '9', '--listen=[::1]:9443'], env);
    assert.deepEqual([settings.drainMs, settings.strict, settings.prefix], [9_000, true, 'health.corp/']);
    assert.deepEqual([settings.host, settings.port], ['::1', 9443]);
  });

  it('allow nothing of a node that is not listed', () => {
    const nothing = { hostPaths: [], devices: [], deviceResources: [], resourceClaims: [] };
    assert.deepEqual(read([]).allowed, nothing);
    const settings = read(['--allowed-host-paths=/sys, /var/lib/data', '--allowed-device-resources=nvidia.com/gpu']);
    assert.deepEqual(settings.allowed, {
      ...nothing,
      hostPaths: ['/sys', '/var/lib/data'],
      deviceResources: ['nvidia.com/gpu'],
    });
    assert.deepEqual(problemsOf(['--allowed-devices=/sys', '--allowed-host-paths=sys']), [
      '--allowed-host-paths is "sys", expected a comma list of absolute paths.',
      '--allowed-devices is "/sys", expected a comma list of absolute paths under /dev.',
    ]);
  });

  it('do not listen beyond loopback with development certificates', () => {
    assert.deepEqual(problemsOf(['--listen=0.0.0.0:8443']), [
      '--certificate-source is missing: development certificates are for loopback only.',
    ]);
    assert.equal(read(['--listen=0.0.0.0:8443', '--certificate-directory=/certificates']).host, '0.0.0.0');
  });

  it('serve the playground on loopback only, and not by themselves', () => {
    assert.equal(read([]).playground, undefined);
    assert.deepEqual(read(['--playground=127.0.0.1:8480']).playground, { host: '127.0.0.1', port: 8480 });
    assert.deepEqual(problemsOf(['--playground=0.0.0.0:8480']), [
      '--playground is on 0.0.0.0, expected an address of loopback.',
    ]);
    assert.deepEqual(problemsOf(['--playground=8480']), [
      '--playground is "8480", expected HOST:PORT such as 127.0.0.1:8480, or nothing.',
    ]);
  });

  it('say where the certificate comes from', () => {
    const source = (...args: string[]): string => read(args).certificateSource;
    assert.equal(source(), 'development');
    assert.equal(source('--certificate-directory=/certificates'), 'files');
    assert.equal(source('--certificate-source=secret', '--namespace=system'), 'secret');
    assert.equal(read(['--certificate-source=cert-manager', '--namespace=system', '--listen=:1']).port, 1);
    assert.deepEqual(problemsOf(['--certificate-source=files']), [
      '--certificate-directory is missing, the folder of the files.',
    ]);
    assert.deepEqual(problemsOf(['--certificate-source=secret']), [
      '--namespace is missing, where the Secret of the certificate is.',
    ]);
    assert.deepEqual(problemsOf(['--certificate-source=vault']), [
      '--certificate-source is "vault", expected secret, cert-manager, files or development.',
    ]);
  });

  it('ask for nothing of clients and files unless they are told to', () => {
    const { clientCa, clientNames, logLevelFile } = read([]);
    assert.deepEqual([clientCa, clientNames, logLevelFile], ['', [], '']);
    assert.deepEqual(read(['--client-ca=/ca', '--client-names=a,b']).clientNames, ['a', 'b']);
    assert.deepEqual(problemsOf(['--client-names=a']), [
      '--client-names is given without --client-ca, which says who may sign such names.',
    ]);
  });

  it('tell every mistake in a sentence', () => {
    const mistakes = problemsOf([
      '--listen=8443',
      '--strict=yes',
      '--prefix=health',
      '--log-level=loud',
      '--drain-seconds=long',
    ]);
    assert.deepEqual(mistakes, [
      '--listen is "8443", expected HOST:PORT such as 127.0.0.1:8443.',
      '--prefix is "health", expected a DNS name and a slash.',
      '--strict is "yes", expected true or false.',
      '--log-level is "loud", expected debug, info, warn, error or silent.',
      '--drain-seconds is "long", expected a count of seconds.',
    ]);
    assert.match(String(problemsOf(['--unknown'])), /Unknown option '--unknown'/);
  });
});
