import type { DiagnosticGroup } from '../diagnostic.ts';
import { accessGroup } from './access.ts';
import { beforeInstallingGroup } from './before-installing.ts';
import { certificatesGroup } from './certificates.ts';
import { controllerGroup } from './controller.ts';
import { kindsGroup } from './kinds.ts';
import { versionFaultsGroup } from './version-faults.ts';
import { kubernetesGroup } from './kubernetes.ts';
import { otherWebhooksGroup } from './other-webhooks.ts';
import { podsGroup } from './pods.ts';
import { policiesGroup } from './policies.ts';
import { programsGroup } from './programs.ts';
import { quarantinesGroup } from './quarantines.ts';
import { registrationGroup } from './registration.ts';
import { webhookGroup } from './webhook.ts';

/** All diagnostics, in the order in which they are printed: what comes first is the cause of what follows. */
export const diagnosticGroups: readonly DiagnosticGroup[] = [
  kubernetesGroup,
  beforeInstallingGroup,
  registrationGroup,
  webhookGroup,
  certificatesGroup,
  programsGroup,
  controllerGroup,
  kindsGroup,
  accessGroup,
  policiesGroup,
  podsGroup,
  quarantinesGroup,
  otherWebhooksGroup,
  versionFaultsGroup,
];
