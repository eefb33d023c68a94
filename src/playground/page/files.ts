import { longestText } from '../run.ts';

/** Lets the visitor choose a file, or drop it on the page; its text goes to `onText`. */
export function startOpening(input: HTMLInputElement, target: HTMLElement, onText: (text: string) => void): void {
  const take = (file: File | undefined): void => {
    // A longer one is cut, and refused for its length by a sentence.
    if (file)
      void file
        .slice(0, 4 * longestText)
        .text()
        .then(onText);
  };
  input.addEventListener('change', () => {
    take(input.files?.[0]);
    input.value = '';
  });
  target.addEventListener('dragover', (event) => event.preventDefault());
  // Before the editor, which would insert the text where it is dropped.
  target.addEventListener(
    'drop',
    (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      event.stopPropagation();
      take(file);
    },
    { capture: true },
  );
}

/** Hands a text to the visitor as a file. */
export function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
