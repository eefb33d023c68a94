import { version } from '../../../src/config/options.ts';

const archives = [
  'linux-amd64.tar.gz',
  'linux-arm64.tar.gz',
  'darwin-amd64.tar.gz',
  'darwin-arm64.tar.gz',
  'windows-amd64.zip',
];

/** The checksums.txt of a release whose archives all have this sum. */
export const checksumsOf = (sum: string): string =>
  [`${sum}  checksums.txt`, ...archives.map((archive) => `${sum}  health-injector-${version}-${archive}`), ''].join(
    '\n',
  );
