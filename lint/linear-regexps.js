// https://makenowjust-labs.github.io/recheck/docs/usage/as-javascript-library/
import { checkSync } from 'recheck';

/** The check of one expression takes milliseconds; one that takes longer is too intricate to be judged, and fails. */
const timeoutMs = 30_000;

/** An attack ends by the characters that it read: by its time, what a busy machine is slow at would count as dangerous. */
const limits = { timeout: timeoutMs, attackTimeout: null, incubationTimeout: null };

/**
 * An oxlint plugin with one rule: a regular expression in `src` takes linear time, whatever text it meets. Much of that
 * text is a stranger's, and one slow match stops the only thread of the webhook.
 */
const linear = {
  create: (context) => ({
    Literal(node) {
      if (!node.regex) return;
      const { pattern, flags } = node.regex;
      const { status, complexity } = checkSync(pattern, flags, limits);
      if (status === 'safe') return;
      const what = status === 'unknown' ? 'could not be judged' : `takes ${complexity.summary} time`;
      context.report({
        node,
        message: `This regular expression ${what}: expected linear time. Read the text by hand.`,
      });
    },
  }),
};

export default { meta: { name: 'regexps' }, rules: { linear } };
