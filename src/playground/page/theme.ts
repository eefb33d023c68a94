const storageKey = 'theme';

/** Lets the visitor choose a theme, and remembers it where the browser lets the page. */
export function startTheme(select: HTMLSelectElement): void {
  const apply = (): void => {
    if (select.value === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = select.value;
  };
  const remembered = stored();
  if ([...select.options].some(({ value }) => value === remembered)) select.value = remembered;
  apply();
  select.addEventListener('change', () => {
    apply();
    try {
      localStorage.setItem(storageKey, select.value);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
}

function stored(): string {
  try {
    return localStorage.getItem(storageKey) ?? 'auto';
  } catch {
    return 'auto';
  }
}
