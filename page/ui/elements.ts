type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Creates an element. Strings become text, never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** Returns a file name from elsewhere with a mark in place of characters that would reverse, hide or break its text. */
export function visibleName(name: string): string {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\u{fffd}');
}

/**
 * Creates a button.
 * @param attributes `label` is read by screen readers instead of the text.
 */
export function button(text: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', act);
  return made;
}

/** Sets a text if it differs, so that screen readers do not repeat it. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

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
