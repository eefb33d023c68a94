import type { Command } from '../command.ts';
import { completionOf } from './completion.ts';
import { diff } from './diff.ts';
import { explain } from './explain.ts';
import { inject } from './inject.ts';
import { lint } from './lint.ts';
import { missed } from './missed.ts';
import { uninject } from './uninject.ts';

/** The commands by their names, in the order of the help. */
export const commands: Readonly<Record<string, Command>> = {
  inject,
  uninject,
  diff,
  explain,
  lint,
  missed,
  completion: completionOf(() => commands),
};
