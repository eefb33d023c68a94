// https://www.w3.org/WAI/ARIA/apg/patterns/tabs/

/** A list of tabs of which one panel is shown. */
export type Tabs = {
  /** The id of the tab that is selected. */
  readonly selected: () => string;
  readonly select: (id: string) => void;
};

/** Makes the tabs of a list work: arrows, Home and End move between them, and only the selected one is in the tab order. */
export function createTabs(list: HTMLElement, onSelect: (id: string) => void = () => {}): Tabs {
  const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
  let [selected] = tabs;
  const show = (tab: HTMLElement | undefined): void => {
    selected = tab ?? selected;
    for (const each of tabs) {
      const isSelected = each === selected;
      each.setAttribute('aria-selected', String(isSelected));
      each.tabIndex = isSelected ? 0 : -1;
      const panel = document.getElementById(each.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !isSelected;
    }
    onSelect(selected?.id ?? '');
  };
  list.addEventListener('click', ({ target }) => {
    const tab = tabs.find((each) => each === target);
    if (tab) show(tab);
  });
  list.addEventListener('keydown', (event) => {
    const at = tabs.findIndex((each) => each === event.target);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    const tab = tabs[(next + tabs.length) % tabs.length];
    show(tab);
    tab?.focus();
  });
  show(selected);
  return { selected: () => selected?.id ?? '', select: (id) => show(tabs.find((tab) => tab.id === id)) };
}
