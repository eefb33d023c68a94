import { type Clock, withDeadline } from '../../kube/clock.ts';
import { type SidecarAnswer, askSidecar } from '../sidecar.ts';
import type { Sidecars } from './pod-index.ts';

/** A Pod that starts is not ready either, and its guesses say no more for their first minute than that it starts. */
export const minimumAgeMs = 75_000;

const timeoutMs = 1_000;

/** What the sidecars of a Pod are asked. */
type Question = { readonly path: string; readonly maxAnswerBytes?: number };

/** Asks all sidecars of a Pod for the same; rejects where one does not answer in time. */
export const askSidecars = (
  { ip, ports }: Sidecars,
  question: Question,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly SidecarAnswer[]> =>
  withDeadline(timeoutMs, signal, clock, (inner) =>
    Promise.all(ports.map((port) => askSidecar({ ip, port, ...question }, inner))),
  );
