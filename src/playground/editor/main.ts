import { openEditor } from './editor.ts';

/** How the page finds the editor once the script is loaded. */
declare global {
  var playgroundEditor: { readonly openEditor: typeof openEditor } | undefined;
}

globalThis.playgroundEditor = { openEditor };
