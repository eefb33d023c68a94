import type { Command } from '../command.ts';
import { completionCommandOf } from './completion.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { injectCommand } from './inject.ts';
import { lintCommand } from './lint.ts';
import { missedCommand } from './missed.ts';
import { uninjectCommand } from './uninject.ts';

/** The commands by their names, in the order of the help. */
export const commands: Readonly<Record<string, Command>> = {
  inject: injectCommand,
  uninject: uninjectCommand,
  diff: diffCommand,
  explain: explainCommand,
  lint: lintCommand,
  missed: missedCommand,
  completion: completionCommandOf(() => commands),
};
