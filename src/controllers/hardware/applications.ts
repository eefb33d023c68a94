import { type Clock, systemClock, withDeadline } from '../../kube/clock.ts';
import { parseMoveTime } from '../../inject/model/move-window.ts';
import { askSidecar } from '../sidecar.ts';
import { type FactCache, createFactCache } from './facts.ts';
import type { ReadyFact } from './window.ts';

const timeoutMs = 1_000;

/** The longest answer has a time and the end of a line. */
const maxAnswerBytes = 256;

export type ApplicationsOptions = { readonly onChange: () => void; readonly clock?: Clock };

/** What the applications say whose Pods are to be moved, as their sidecars tell it. One that does not answer is not ready. */
export function createApplications(
  { onChange, clock = systemClock }: ApplicationsOptions,
  signal: AbortSignal,
): FactCache<ReadyFact> {
  return createFactCache<ReadyFact>(
    {
      onChange,
      async fetch({ ip, target }) {
        const question = { ip, port: target.port, path: '/movez', maxAnswerBytes };
        const untilMs = await withDeadline(timeoutMs, signal, systemClock, (inner) => askSidecar(question, inner)).then(
          ({ status, body }) => (status === 200 ? parseMoveTime(body.trimEnd()) : undefined),
          () => undefined,
        );
        return { atMs: clock.date().getTime(), untilMs };
      },
    },
    signal,
  );
}
