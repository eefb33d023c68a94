import { freePort } from '../../pod/names.ts';
import type { PlanContext } from '../pattern.ts';

const defaultPort = 9440;

/** The port of the sidecar, whether there is one or not. */
export const sidecarPort = ({ pod, intent, ours }: PlanContext): number =>
  intent.healthPort ?? freePort(pod, defaultPort, ours);
