import { element } from './elements.ts';

type InputAttributes = Readonly<Record<string, string>>;

/** Creates a required input with a label. */
export function field(id: string, label: string, attributes: InputAttributes) {
  const input = element('input', { id, required: true, spellcheck: 'false', ...attributes });
  return { input, parts: [element('label', { for: id }, label), input] as readonly Node[] };
}

/** Creates a form. Its button is disabled while it works. */
export function createForm(parts: readonly Node[], label: string, act: () => Promise<void>): HTMLFormElement {
  const submit = element('button', {}, label);
  const form = element('form', {}, ...parts, submit);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await act();
    } finally {
      submit.disabled = false;
    }
  });
  return form;
}
