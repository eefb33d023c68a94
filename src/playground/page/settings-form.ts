import { type SettingTexts, settingFields } from '../settings.ts';
import { create } from './elements.ts';

/** The fields of the settings. */
export type SettingsForm = { readonly read: () => SettingTexts; readonly fill: (texts: SettingTexts) => void };

/** Makes a field for each setting. */
export function createSettingsForm(form: HTMLFormElement, onChange: () => void): SettingsForm {
  const inputs = new Map(
    settingFields.map(({ name, doc, default: byDefault }) => {
      const input = create('input', {
        id: `setting-${name}`,
        name,
        placeholder: byDefault,
        'aria-describedby': `doc-${name}`,
        autocomplete: 'off',
        spellcheck: 'false',
      });
      const about = create(
        'p',
        { id: `doc-${name}`, class: 'hint' },
        `${doc}${byDefault === '' ? '' : ` (${byDefault})`}`,
      );
      form.append(create('div', { class: 'setting' }, create('label', { for: input.id }, name), input, about));
      return [name, input] as const;
    }),
  );
  form.addEventListener('input', onChange);
  form.addEventListener('submit', (event) => event.preventDefault());
  return {
    read: () =>
      Object.fromEntries(
        [...inputs].map(([name, { value }]) => [name, value.trim()]).filter(([, value]) => value !== ''),
      ),
    fill(texts) {
      for (const [name, input] of inputs) input.value = Object.hasOwn(texts, name) ? (texts[name] ?? '') : '';
    },
  };
}
