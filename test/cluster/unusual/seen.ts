import type { Outcome } from './server.ts';

/** What the kubelet, the agent and the webhook say of a row, and what it suffered. */
export type Seen = {
  readonly outcome: Outcome;
  /** The check that was guessed, and that of readiness where it is another. */
  readonly checks: readonly string[];
  /** Why there is none, as the webhook warned. */
  readonly why?: string;
  /** Restarts, and readiness that came late or went; empty where it was left in peace. */
  readonly harm: readonly string[];
  /** Whether it lost its readiness and may. */
  readonly isRefusing: boolean;
  /** Whether it was restarted when it was stopped. */
  readonly isRestarted?: boolean;
};

/** Whether its liveness sees that it hangs: the kernel takes connections for a process that is stopped. */
export const seesHang = ({ outcome, checks: [check] }: Seen): boolean =>
  outcome === 'proven' && !/^(?:tcp|listen):/.test(check ?? '');
