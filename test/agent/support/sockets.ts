import { readFileSync } from 'node:fs';

/** How many connections with this port, on either side, are held in TIME_WAIT. */
export function inTimeWait(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return rows.filter((row) => {
    const [, local = '', remote = '', state] = row.trim().split(/\s+/);
    return state === '06' && (local.endsWith(end) || remote.endsWith(end));
  }).length;
}
