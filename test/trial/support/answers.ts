/** The answer of docs/probe.md, with other fields where they are given. */
export const trialBody = (container: object = {}, top: object = {}): string =>
  JSON.stringify({
    version: 1,
    sinceSeconds: 3_600,
    containers: [{ ...exampleContainer, ...container }],
    ...top,
  });

const exampleContainer = {
  container: 'app',
  liveness: { restarts: 2, lastRestartSecondsAgo: 71, check: 'redis', reason: 'timed out after 1s' },
  readiness: {
    ready: true,
    unreadySeconds: 31,
    unreadyAtStartSeconds: 12,
    lastUnreadySecondsAgo: 70,
    check: 'redis',
    reason: 'timed out after 1s',
  },
  startup: { failures: 0, starts: [74.1, 61] },
  unproven: ['redis'],
  checks: [
    {
      check: 'redis',
      probes: ['liveness', 'readiness', 'startup'],
      runs: 1_000,
      failures: 7,
      failedLongestRun: 3,
      maxSeconds: 0.41,
      buckets: [
        [0.001, 10],
        [0.005, 700],
        [0.01, 900],
        [0.05, 985],
        [0.5, 993],
        [1, 993],
      ],
    },
  ],
};

/** A container that has done nothing wrong. */
export const healthyContainer = {
  liveness: { restarts: 0 },
  readiness: { ready: true, unreadySeconds: 0, unreadyAtStartSeconds: 3 },
  startup: { failures: 0, starts: [3] },
  unproven: [],
  checks: [{ ...exampleContainer.checks[0], failures: 0, failedLongestRun: 0 }],
};
