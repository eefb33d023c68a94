import type { Client } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { Semaphore } from '../../kube/flow-control.ts';
import type { HardwareCache } from './cache.ts';
import type { HardwareSettings } from './snapshot.ts';
import type { MoveDecision, SoftenDecision } from './decision.ts';
import type { HardwareEvents, ReplacementWatch } from './events.ts';
import type { HardwareMetrics } from './metrics.ts';
import type { PlannedMove } from './quarantines.ts';
import type { Retries, SoftenHistory } from './retries.ts';

/** The webhook's Service, and how long its replicas may take to observe a quarantine; an empty namespace: there is none. */
export type WebhookService = { readonly namespace: string; readonly service: string; readonly limitMs: number };

/** What the acts of the controller need. */
export type HardwareDeps = {
  readonly client: Client;
  readonly clock: Clock;
  /** Bounds how many quarantines and evictions are written at the same time. */
  readonly writes: Semaphore;
  readonly prefix: string;
  readonly settings: HardwareSettings;
  readonly webhook: WebhookService;
  readonly cache: HardwareCache;
  readonly events: HardwareEvents;
  readonly replacements: ReplacementWatch;
  readonly metrics: HardwareMetrics;
  /** What is being done, by the uid of the Pod. */
  readonly inFlight: Map<string, Work>;
  /** The evictions that failed, by the uid of the Pod. */
  readonly retries: Retries;
  readonly softenHistory: SoftenHistory;
  /** How long until what failed is tried again. */
  readonly retryMs: number;
  /** Queues the eviction of a Pod whose work is in flight. */
  readonly requestEviction: (uid: string) => void;
  readonly onError: (sentence: string) => void;
  readonly onAction: (fields: Readonly<Record<string, unknown>>, message: string) => void;
};

export type MoveWork = PlannedMove & {
  readonly kind: 'move';
  /** The applications are told of the move, and the Pod is not evicted yet. */
  readonly window?: MoveDecision['window'];
  /** Its application is ready to go, so it is moved also where its sensor passes by now. */
  readonly isAgreed?: boolean;
  /** Of the quarantine that names the Pod, once it is in force. */
  readonly quarantineUid?: string;
};
export type Work = MoveWork | SoftenDecision;
