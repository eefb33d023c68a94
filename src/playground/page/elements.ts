/** The element of an id; throws where the page has none of this kind, which is a bug of the page. */
export function elementOf<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no element ${id} of this kind`);
  return found;
}

/** Writes a text where it is another one: a screen reader would read the same again with each letter that is typed. */
export function writeText(id: string, text: string): void {
  const element = elementOf(id, HTMLElement);
  if (element.textContent !== text) element.textContent = text;
}

/** What an element is made with: its class, its attributes, and what is in it. */
type Content = string | Node;

/** Makes an element; texts go in as texts, whatever stands in them. */
export function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
}
