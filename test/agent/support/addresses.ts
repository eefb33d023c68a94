import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address of this machine that is not loopback, if it has one. */
export const otherAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

/** Connects, waits for the peer to speak, and goes. */
export const leaveAfterGreeting = (port: number, host: string): Promise<void> =>
  new Promise((resolve) => {
    const guest = connect(port, host);
    guest.once('data', () => guest.end());
    guest.on('close', () => resolve());
  });
