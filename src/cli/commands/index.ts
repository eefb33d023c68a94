import type { Commands } from '../command.ts';

/** The commands by their names, in the order of the help. A call loads only its own: to load all takes longer than most of them run. */
export const commands: Commands = {
  inject: async () => (await import('./inject.ts')).injectCommand,
  uninject: async () => (await import('./uninject.ts')).uninjectCommand,
  diff: async () => (await import('./diff.ts')).diffCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  lint: async () => (await import('./lint.ts')).lintCommand,
  'export-policy': async () => (await import('./export-policy.ts')).exportPolicyCommand,
  missed: async () => (await import('./missed.ts')).missedCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  trial: async () => (await import('./trial.ts')).trialCommand,
  report: async () => (await import('./report.ts')).reportCommand,
  pause: async () => (await import('./pause.ts')).pauseCommand,
  watch: async () => (await import('./watch.ts')).watchCommand,
  completion: async () => (await import('./completion.ts')).completionCommandOf(() => commands),
};
