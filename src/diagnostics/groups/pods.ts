import { type DiagnosticGroup, diagnostic, failed, listed, unless, warning } from '../diagnostic.ts';
import { type PodFact, countOfPods, podName } from '../pod-fact.ts';
import { isPullFailure } from './programs.ts';

/** So many restarts of an agent are no accident. */
const mostRestarts = 5;

const named = (pods: readonly PodFact[]): string => `${countOfPods(pods)}: ${listed(pods.map(podName))}`;

/** Whether the Pods have what was asked for, and it runs. */
export const podsGroup: DiagnosticGroup = {
  title: 'Pods',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'pods-missed',
      title: 'no Pod was missed',
      needs: ['pods'],
      run({ pods }) {
        const missed = pods.filter(({ state }) => state === 'missed');
        return unless(
          missed.length > 0,
          warning,
          `The health check that was asked for is missing in ${named(missed)}.`,
          'Replace them with kubectl rollout restart of their owner; health-injector missed lists all.',
        );
      },
    }),
    diagnostic({
      id: 'pods-annotations',
      title: 'no Pod has annotations with mistakes',
      needs: ['pods'],
      run({ pods }) {
        const wrong = pods.filter(({ state }) => state === 'invalid-annotations');
        return unless(
          wrong.length > 0,
          warning,
          `The annotations are wrong, and nothing was added, in ${named(wrong)}.`,
          'Correct them: health-injector explain pod/NAME says what was received and what was expected.',
        );
      },
    }),
    diagnostic({
      id: 'agent-image',
      title: 'the image of the agent is pulled',
      needs: ['pods'],
      run({ pods, about: { agentImage } }) {
        const waiting = pods.filter(({ agents }) => agents.some((agent) => isPullFailure(agent.waiting)));
        const image = waiting[0]?.agents.find((agent) => isPullFailure(agent.waiting))?.image ?? agentImage;
        return unless(
          waiting.length > 0,
          failed,
          `The image ${image} cannot be pulled in ${named(waiting)}.`,
          'Correct agentImage of the chart, or give these Pods a pull secret: the agent is pulled with theirs.',
        );
      },
    }),
    diagnostic({
      id: 'agent-restarts',
      title: 'the agent does not crash',
      needs: ['pods'],
      run({ pods }) {
        const crashing = pods.filter(({ agents }) =>
          agents.some(
            ({ waiting, hasFailed, restarts }) =>
              waiting === 'CrashLoopBackOff' || (hasFailed && restarts > 0) || restarts > mostRestarts,
          ),
        );
        const reasons = new Set(crashing.flatMap(({ agents }) => agents.flatMap(({ lastReason }) => lastReason || [])));
        return unless(
          crashing.length > 0,
          warning,
          `The agent ends again and again${reasons.size > 0 ? ` (${[...reasons].join(', ')})` : ''} in ${named(crashing)}.`,
          'Look at kubectl logs POD -c health-probe --previous; for OOMKilled set the annotation memory, for a volume that forbids programs delivery: image-volume.',
        );
      },
    }),
  ],
};
