// https://docs.podman.io/en/latest/markdown/podman-healthcheck-run.1.html
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { must, runToEnd } from '../support/process.ts';
import { program } from './support/agent.ts';
import { freePort, useDaemons } from './support/daemon.ts';

const password = 'correct-horse-battery-staple';

/** Copies a program and the libraries that it needs under a folder, at the paths that they have here. */
async function copyWithLibraries(path: string, folder: string): Promise<void> {
  const libraries = (await must('ldd', [path])).matchAll(/(\/\S+) \(0x/g);
  for (const file of [path, ...[...libraries].map(([, library = '']) => library)]) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    copyFileSync(file, join(folder, file));
  }
}

describe('the agent is the health check of an image from scratch, with podman', () => {
  useDaemons(['podman', 'runc', 'redis-server']);
  const directory = mkdtempSync(join(tmpdir(), 'health-probe-podman-'));
  const storage = ['--root', join(directory, 'images'), '--runroot', join(directory, 'run'), '--storage-driver', 'vfs'];
  const setting = [...storage, '--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--runtime', 'runc'];
  const podman = (...words: string[]) => runToEnd('podman', [...setting, ...words]);
  const health = async () => (await podman('inspect', 'cache', '--format', '{{.State.Health.Status}}')).out.trim();
  const log = async () => (await podman('inspect', 'cache', '--format', '{{json .State.Health.Log}}')).out;
  let port = 0;

  before(async function () {
    this.timeout(300_000);
    port = await freePort();
    const folder = join(directory, 'image');
    await copyWithLibraries('/usr/bin/redis-server', join(folder, 'rootfs'));
    copyFileSync(program, join(folder, 'health-probe'));
    writeFileSync(join(folder, 'password'), `${password}\n`);
    const page = readFileSync(new URL('../../docs/containers.md', import.meta.url), 'utf8');
    const [, text = ''] = /```dockerfile\n([^`]*)```/.exec(page) ?? [];
    const command = ['/usr/bin/redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--save', ''];
    const written = text
      .replace(/FROM .*/, 'FROM scratch')
      .replace(/COPY --from=\S+ \S+/, 'COPY health-probe')
      .replace('COPY server /server', 'COPY rootfs /\nCOPY password /run/secrets/redis')
      .replace('["/server"]', JSON.stringify([...command, '--requirepass', password]))
      .replace('redis://:$REDIS_PASSWORD@:6379', `redis://:${port}?password-file=/run/secrets/redis`)
      .replace('"2s"', '"800ms"')
      // No failure counts in the start period.
      .replace('--start-period=30s --retries=3', '--start-period=1s --retries=1');
    writeFileSync(join(folder, 'Dockerfile'), written);
    await must('podman', [...setting, 'build', '-q', '--isolation', 'chroot', '--format', 'docker', '-t', 'c', folder]);
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', '--network', 'host'];
    // The timer of systemd, which not every machine has, is left out.
    const byHand = ['--health-interval', 'disable'];
    await must('podman', [...setting, 'run', '-d', '--name', 'cache', ...limits, ...byHand, 'c']);
  });
  after(async () => {
    await podman('rm', '-f', '-t', '0', 'cache');
    await podman('rmi', '-f', 'c');
    const mounts = readFileSync('/proc/mounts', 'utf8').matchAll(/^\S+ (\S+)/gm);
    const own = [...mounts].map(([, path = '']) => path).filter((path) => path.startsWith(`${directory}/`));
    for (const path of own.toReversed()) await must('umount', [path]);
    rmSync(directory, { recursive: true, force: true });
  });

  it('the image has no shell', async () => {
    const { code } = await podman('exec', 'cache', '/bin/sh', '-c', 'exit 0');
    assert.notEqual(code, 0);
  });

  it('is healthy while the server answers', async () => {
    await eventually('healthy', 20_000, async () => (await podman('healthcheck', 'run', 'cache')).code === 0);
    assert.equal(await health(), 'healthy');
    assert.match(await log(), /PONG \(redis 127\.0\.0\.1:\d+/);
  });

  it('is unhealthy while the server is stopped, and says why', async () => {
    await must('podman', [...setting, 'kill', '--signal', 'STOP', 'cache']);
    await eventually('unhealthy', 20_000, async () => {
      await podman('healthcheck', 'run', 'cache');
      return (await health()) === 'unhealthy';
    });
    assert.match(await log(), /timed out after 800ms \(redis/);
    await must('podman', [...setting, 'kill', '--signal', 'CONT', 'cache']);
    await eventually('healthy', 20_000, async () => (await podman('healthcheck', 'run', 'cache')).code === 0);
    assert(!(await log()).includes(password));
  });

  it('a command line that is wrong is unhealthy too, with a sentence', async () => {
    const { code, errors } = await podman('exec', 'cache', '/health-probe', 'check', 'redis://:0');
    assert.equal(code, 64);
    assert.match(errors, /port is "0", expected a number from 1 to 65535/);
  });
});
