import { parseDuration } from '../check/kinds.ts';

/** The keys that something is advised for. */
export const adviceKeys = ['period', 'timeout', 'failure-threshold', 'startup-timeout'] as const;

export type AdviceKey = (typeof adviceKeys)[number];

/** How a container is checked: seconds, and a count. */
export type TrialSettings = Readonly<Record<AdviceKey, number>>;

/** What nobody set. */
export const defaultSettings: TrialSettings = {
  period: 10,
  timeout: 1,
  'failure-threshold': 3,
  'startup-timeout': 300,
};

/**
 * How the agent on trial asks each container, by its name, as its arguments say: what stands before the first `--container` is
 * for all. Anyone may have written them; what cannot be read is what nobody set.
 */
export function readTrialSettings(args: readonly string[]): ReadonlyMap<string, TrialSettings> {
  const byContainer = new Map<string, TrialSettings>();
  let container: string | undefined;
  let [common, own] = [defaultSettings, defaultSettings];
  const words = args.slice(0, mostArguments);
  for (const [index, word] of words.entries()) {
    const value = words[index + 1] ?? '';
    if (word === '--container') {
      if (container === undefined) common = own;
      container = value;
      own = common;
    } else own = withArgument(own, word, value);
    if (container !== undefined) byContainer.set(container, own);
  }
  return byContainer;
}

/** How containers are asked by these words of a policy or of annotations, as far as they speak of it. */
export const settingsFrom = (words: Readonly<Record<string, string | number>>): TrialSettings =>
  Object.entries(words).reduce(
    (settings, [key, value]) => withArgument(settings, `--${key}`, String(value)),
    defaultSettings,
  );

const mostArguments = 1_024;

function withArgument(settings: TrialSettings, word: string, value: string): TrialSettings {
  switch (word) {
    case '--period':
    case '--timeout':
    case '--startup-timeout': {
      const durationMs = parseDuration(value);
      return durationMs === undefined ? settings : { ...settings, [word.slice(2)]: durationMs / 1_000 };
    }
    case '--failure-threshold':
      return /^[1-9]\d{0,4}$/.test(value) ? { ...settings, 'failure-threshold': Number(value) } : settings;
    default:
      return settings;
  }
}
