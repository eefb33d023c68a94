import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { check, serve } from './support/agent.ts';
import { type Tree, makeTree } from './support/tree.ts';

const drive = 'class/hwmon/hwmon1/temp1_input';

/** Two chips of a machine that is well. */
const machine = {
  'class/hwmon/hwmon0/name': 'coretemp\n',
  'class/hwmon/hwmon0/temp1_label': 'Package id 0\n',
  'class/hwmon/hwmon0/temp1_input': '55000\n',
  'class/hwmon/hwmon0/temp1_crit': '100000\n',
  'class/hwmon/hwmon1/name': 'nvme\n',
  'class/hwmon/hwmon1/temp1_label': 'Composite\n',
  [drive]: '40850\n',
  'class/hwmon/hwmon1/temp1_crit': '84000\n',
  'class/hwmon/hwmon1/temp1_alarm': '0\n',
  'class/nvme/nvme0/state': 'live\n',
  'class/net/eth0/operstate': 'up\n',
  'class/net/eth0/speed': '25000\n',
  'class/infiniband/mlx5_0/ports/1/state': '4: ACTIVE\n',
  'class/infiniband/mlx5_0/ports/1/phys_state': '5: LinkUp\n',
  'bus/pci/devices/0000:3b:00.0/class': '0x030200\n',
  'bus/pci/devices/0000:3b:00.0/max_link_width': '16\n',
  'bus/pci/devices/0000:3b:00.0/current_link_width': '16\n',
  'devices/system/edac/mc/mc0/ue_count': '0\n',
  'devices/system/edac/mc/mc0/ce_count': '3\n',
  'devices/system/cpu/cpu0/thermal_throttle/core_throttle_count': '9\n',
};

describe('the agent looks at hardware', () => {
  const trees: Tree[] = [];
  let tree: Tree;
  beforeEach(() => {
    tree = makeTree(machine);
    trees.push(tree);
  });
  after(() => trees.forEach(({ remove }) => remove('')));

  /** Each `check` is a new program: what it keeps stands in a file of the tree. */
  const url = (text: string): string => `${text}${text.includes('?') ? '&' : '?'}state=${tree.root}/state`;
  const look = (text: string, ...options: string[]) =>
    check([...options, '--sys-root', tree.root, '--proc-root', tree.root, url(text)]);
  const reasonOf = async (text: string): Promise<string> => (await look(text)).line.replace(/ \([^()]*\)$/, '');

  const changes: readonly (readonly [check: string, path: string, content: string, reason: string])[] = [
    ['temperature:', drive, '95000', 'nvme Composite 95 C >= 84 C critical'],
    ['temperature:?max=90C', drive, '90000', 'nvme Composite 90 C >= 90 C'],
    ['temperature:?max=crit_alarm', drive.replace('input', 'alarm'), '1', 'nvme Composite alarm 1 != 0'],
    ['nvme:', 'class/nvme/nvme0/state', 'dead', 'nvme0 state dead != live'],
    ['nic://eth0', 'class/net/eth0/operstate', 'down', 'eth0 operstate down != up'],
    ['nic://eth0?min-speed=25000', 'class/net/eth0/speed', '10000', 'eth0 speed 10000 Mb/s < 25000 Mb/s'],
    ['infiniband:', 'class/infiniband/mlx5_0/ports/1/state', '1: DOWN', 'mlx5_0/1 state DOWN != ACTIVE'],
    ['pcie:', 'bus/pci/devices/0000:3b:00.0/current_link_width', '8', '0000:3b:00.0 width x8 < x16'],
    ['memory-errors:', 'devices/system/edac/mc/mc0/ue_count', '1', 'mc0 uncorrectable errors 1 > 0'],
    [
      'pressure://memory?max=60',
      'pressure/memory',
      'some avg10=0.00 avg60=60.01 avg300=0.00 total=1',
      'memory some avg60 60.01 % > 60 %',
    ],
  ];

  for (const [text, path, content, reason] of changes) {
    it(`${text} fails once ${path.split('/').at(-1)} is ${content.slice(0, 20)}`, async () => {
      const before = await look(text);
      assert.equal(before.code, 0, before.line);
      tree.write(path, content);
      const { code, line } = await look(text);
      assert.equal(code, 1, line);
      assert(line.startsWith(`${reason} (`), line);
      // Hardware that is sick fails every probe: it is the pattern that gives it a readiness probe and no other.
      assert.equal((await look(text, '--probe', 'liveness')).code, 1);
    });

    it(`${text} passes where ${path.split('/').at(-1)} is missing, garbage or empty, and fails with strict`, async () => {
      for (const garbage of ['', 'garbage', undefined]) {
        if (garbage === undefined) tree.remove(path);
        else tree.write(path, garbage);
        const { code, line } = await look(text);
        assert.equal(code, 0, line);
        assert.match(line, /unknown/);
        const strict = await look(`${text}${text.includes('?') ? '&' : '?'}strict`);
        assert.equal(strict.code, 4, strict.line);
        assert.match(strict.line, /^unknown: /);
      }
    });
  }

  it('a machine without any of it is unknown', async () => {
    const bare = makeTree();
    trees.push(bare);
    for (const text of ['temperature:', 'memory-errors:', 'nvme:', 'nic://eth0', 'infiniband:', 'pcie:', 'throttle:']) {
      const { code, line } = await check(['--sys-root', bare.root, `${text}?state=${bare.root}/state`]);
      assert.equal(code, 0, line);
      assert.match(line, /^unknown: /);
    }
    assert.deepEqual(readdirSync(bare.root), []);
  });

  it('a mask over the counters of throttling is unknown, and throttling itself fails', async () => {
    assert.equal((await look('throttle:')).code, 0);
    tree.write('devices/system/cpu/cpu0/thermal_throttle/core_throttle_count', '10');
    assert.match(await reasonOf('throttle:'), /^cpu core throttles 1 in \S+ > 0\/m$/);
    tree.remove('devices/system/cpu/cpu0/thermal_throttle/core_throttle_count');
    assert.match(await reasonOf('throttle:'), /^unknown: no processor shows how often it was throttled/);
  });

  it('heat has to last: check counts in a file', async () => {
    const text = 'temperature:?for=2/3';
    tree.write(drive, '95000');
    assert.equal(await reasonOf(text), 'pending: nvme Composite 95 C >= 84 C critical in 1 of 3 readings');
    assert.equal(await reasonOf(text), 'nvme Composite 95 C >= 84 C critical in 2 of 3 readings');
    tree.write(drive, '40000');
    assert.equal((await look(text)).code, 1);
    assert.equal((await look(text)).code, 0);
    assert.deepEqual(
      readdirSync(tree.root).filter((name) => name.startsWith('state')),
      ['state'],
    );
  });

  it('a state that is garbage is unknown once, and one that cannot be kept is told', async () => {
    writeFileSync(join(tree.root, 'state'), '\0garbage');
    assert.match(await reasonOf('memory-errors:'), /1 unknown: state \S+ is not that of this check, begun anew$/);
    assert.equal(await reasonOf('memory-errors:'), 'mc0 uncorrectable errors 0 <= 0');
    const { code, line } = await check(['--sys-root', tree.root, 'memory-errors:?state=/proc/state']);
    assert.equal(code, 0);
    assert.match(line, /1 unknown: state \/proc\/state cannot be written: /);
    assert(!existsSync('/proc/state'));
  });

  it('a read that blocks does not hold the check, and is sick at the third time', async () => {
    tree.block(drive);
    const args = ['--timeout', '1s', '--sys-root', tree.root, url('temperature:')];
    const codes: (number | null)[] = [];
    for (let time = 0; time < 3; time++) codes.push((await check(args)).code);
    assert.deepEqual(codes, [0, 0, 3]);
    const { line } = await check(args);
    assert.match(line, /hwmon1\/temp1_input blocks, seen \d times \(temperature\)$/);
    tree.remove(drive);
    tree.write(drive, '40000');
    assert.equal((await check(args)).code, 0);
  });

  it('serve sees a drive become hot and cool down', async () => {
    const agent = await serve(['--sys-root', tree.root, '--period', '100ms', '--container', 'app', 'temperature:']);
    try {
      const status = (wanted: number) =>
        eventually(`${wanted}`, 8_000, async () => (await agent.get('/readyz/app')).status === wanted);
      await status(200);
      tree.write(drive, '95000');
      await status(503);
      assert.match(agent.log(), /verdict=fail reason="nvme Composite 95 C >= 84 C critical"/);
      const { body } = await agent.get('/readyz?verbose');
      assert.match(body, /^\[-\] app\/temperature: fail, nvme Composite 95 C >= 84 C critical, /m);
      tree.write(drive, 'garbage');
      await status(200);
      tree.remove('class');
      await eventually('unknown', 8_000, async () =>
        (await agent.get('/metrics')).body.includes('check="temperature",verdict="unknown"} 1'),
      );
      assert.equal((await agent.get('/readyz/app')).status, 200);
    } finally {
      assert.equal(await agent.stop(), 0);
    }
  });

  it('serve counts what lasts in memory', async () => {
    tree.write(drive, '95000');
    const agent = await serve(['--sys-root', tree.root, '--period', '100ms', 'temperature:?for=3/3', 'memory-errors:']);
    try {
      await eventually('hot', 8_000, async () => (await agent.get('/readyz')).status === 503);
      assert.match(
        agent.log(),
        /verdict=pass reason="pending: nvme Composite 95 C >= 84 C critical in 1 of 3 readings"/,
      );
      tree.write(drive, '40000');
      await eventually('cool', 8_000, async () => (await agent.get('/readyz')).status === 200);
      tree.write('devices/system/edac/mc/mc0/ue_count', '2');
      await eventually('an error', 8_000, async () => (await agent.get('/readyz')).status === 503);
      assert.match((await agent.get('/readyz?verbose')).body, /mc0 uncorrectable errors 2 > 0/);
    } finally {
      await agent.stop();
    }
  });

  it('serve goes on while a read blocks, with one thread more and no others', async () => {
    tree.block(drive);
    const args = ['--period', '100ms', '--timeout', '50ms', '--container', 'app', 'temperature:'];
    const agent = await serve(['--sys-root', tree.root, ...args]);
    try {
      await eventually('a time-out', 8_000, async () => (await agent.get('/readyz/app')).status === 504);
      assert.match((await agent.get('/readyz?verbose')).body, /temp1_input blocks, seen \d+ times/);
      // The server's, the check's, and the one that reads.
      const own = pids().filter((pid) => commandOf(pid).includes(tree.root));
      assert.deepEqual(
        own.map((pid) => readdirSync(`/proc/${pid}/task`).length),
        [3],
      );
      // It is the hardware that is sick: to restart the agent would mend nothing.
      assert.equal((await agent.get('/agentz')).status, 200);
      tree.remove(drive);
      tree.write(drive, '40000');
      assert.equal((await agent.get('/readyz/app')).status, 504);
    } finally {
      assert.equal(await agent.stop(), 0);
    }
  });

  const say = (script: string): void => tree.write('bin/nvidia-smi', `#!/bin/sh\n${script}\n`, 0o755);
  const gpu = (options = '') =>
    check(['--sys-root', tree.root, url(`gpu:${options}`)], { PATH: `${tree.root}/bin:/usr/bin:/bin` });

  describe('and at GPUs, by nvidia-smi', () => {
    it('one that is well passes, and one that is hot, lost or broken fails', async () => {
      say("echo '0, 45, Not Active, 0, No, None'");
      assert.equal((await gpu('?strict&min-count=1')).code, 0);
      for (const [row, reason] of [
        ['0, 92, Active, 0, No, None', 'gpu0 hw_thermal_slowdown Active != Not Active'],
        ['0, 45, Not Active, 7, No, None', 'gpu0 uncorrected errors 7 > 0'],
        ['0, 45, Not Active, 0, Yes, None', 'gpu0 row remapping failure Yes != No'],
        ['0, 45, Not Active, 0, No, Reset', 'gpu0 recovery action Reset != None'],
        [Array(6).fill('[GPU is lost]').join(', '), 'gpu lost != present'],
      ] as const) {
        say(`echo '${row}'`);
        const { code, line } = await gpu();
        assert.equal(code, 1, line);
        assert(line.startsWith(`${reason} (gpu)`), line);
      }
      say("printf '0, [GPU is lost], , , , \\n1, 45, Not Active, 0, No, None\\n'");
      assert.match((await gpu('?min-count=2')).line, /^gpu0 lost != present; 1 more bad /);
    });

    it('what it does not know is unknown and not hot', async () => {
      for (const script of [
        "echo '0, [Unknown Error], [N/A], [N/A], [N/A], [N/A]'",
        "echo '0, 9223372036854775794, [N/A], [N/A], [N/A], [N/A]'",
        "echo 'Failed to initialize NVML: Unknown Error'; exit 255",
      ]) {
        say(script);
        const { code, line } = await gpu('?max-temperature=85C');
        assert.equal(code, 0, line);
        assert.match(line, /^unknown: /);
        assert.equal((await gpu('?max-temperature=85C&strict')).code, 4);
      }
      tree.remove('bin');
      assert.match((await gpu()).line, /^unknown: no GPU is visible/);
    });

    it('one that hangs is killed in time', async () => {
      say('sleep 83.5 & sleep 83.5');
      const env = { PATH: `${tree.root}/bin:/usr/bin:/bin` };
      const args = ['--timeout', '1s', '--sys-root', tree.root, url('gpu:')];
      assert.match((await check(args, env)).line, /^unknown: nvidia-smi blocks, seen \d of 3 times /);
      await check(args, env);
      assert.equal((await check(args, env)).code, 3);
      const left = pids().filter((pid) => commandOf(pid).startsWith('sleep\u000083.5'));
      assert.deepEqual(left, []);
    });
  });

  it('a disk and a device node of this machine are judged', async () => {
    const full = await check([`disk://${tree.root}?min-free=100%`]);
    assert.equal(full.code, 1);
    assert.match(full.line, /^\S+ free [\d.]+ % < 100 % /);
    assert.equal((await check(['--state', tree.root, `disk://${tree.root}?min-free=1Ki&strict`])).code, 0);
    assert.equal((await check(['device:///dev/null'])).code, 0);
    assert.equal((await check(['device:///dev/no-such-device'])).code, 1);
  });

  it('an error of a real ext4 that goes on fails, and one from before it was mounted does not', async function () {
    const isMounted = await withExt4(tree.root, async (place, device) => {
      const disk = (name: string) => check([`disk://${place}?strict&state=${tree.root}/${name}`]);
      const counted = () => readFileSync(`/sys/fs/ext4/${device}/errors_count`, 'utf8').trim();
      assert.equal((await disk('state')).code, 0);
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'a test');
      // The kernel counts it in the background.
      await eventually('the error is counted', 5_000, async () => counted() === '1');
      const { code, line } = await disk('state');
      assert.equal(code, 1, line);
      assert.match(line, /mounted file system errors 1 > 0 \(disk/);
      assert.match(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(`${place} rw,`));
      assert.equal((await disk('of-the-next-pod')).code, 0);
    });
    if (!isMounted) this.skip();
  });
});

/** Mounts a new ext4 that goes on after an error, which takes root and a loop device, until `then` is through. */
async function withExt4(folder: string, then: (place: string, device: string) => Promise<void>): Promise<boolean> {
  const [image, place] = [join(folder, 'image'), join(folder, 'mounted')];
  try {
    mkdirSync(place);
    execFileSync('truncate', ['--size=16M', image]);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    execFileSync('mount', ['-o', 'loop,errors=continue', image, place], { stdio: 'pipe' });
  } catch {
    return false;
  }
  try {
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((text) => text.includes(place));
    await then(place, basename(line?.split(' - ')[1]?.split(' ')[1] ?? ''));
  } finally {
    execFileSync('umount', [place]);
  }
  return true;
}

const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
