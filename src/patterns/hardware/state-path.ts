import { mountPath } from '../cli/delivery.ts';

/** Where one run leaves for the next what it has counted: the agent's own folder is read-only. */
export const statePath = `${mountPath}-state`;
