/** A client that opens so many connections from bash, and holds them. */
export const hold = (port: number, count: number): string =>
  `for i in {1..${count}}; do exec {fd}<>/dev/tcp/127.0.0.1/${port}; done; exec sleep 100000`;
