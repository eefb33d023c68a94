import type { openEditor } from '../editor/editor.ts';

const scriptUrl = 'editor.js';

/** Where browsers have Trusted Types: https://developer.mozilla.org/docs/Web/API/Trusted_Types_API */
declare global {
  var trustedTypes:
    | {
        createPolicy: (
          name: string,
          rules: { createScriptURL: () => string },
        ) => { createScriptURL: (url: string) => unknown };
      }
    | undefined;
}

/** Loads the script of the editor beside the page, once the browser has nothing else to do. */
export async function loadEditor(): Promise<{ readonly openEditor: typeof openEditor } | undefined> {
  await new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(resolve, { timeout: 500 });
    else setTimeout(resolve, 50);
  });
  // The policy of the page lets a script be loaded from this one address only.
  const policy = globalThis.trustedTypes?.createPolicy('playground', { createScriptURL: () => scriptUrl });
  const script = document.createElement('script');
  await new Promise<void>((resolve) => {
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => resolve());
    script.src = (policy?.createScriptURL('') ?? scriptUrl) as string;
    document.head.append(script);
  });
  return globalThis.playgroundEditor;
}
