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

/**
 * Returns an action that a button starts. The button is shown as disabled while the action runs, and does not start it
 * again. `disabled` is not used, because a button would lose the focus.
 */
function oneAtATime(made: HTMLButtonElement, act: () => Promise<void>): () => Promise<void> {
  return async () => {
    if (made.hasAttribute('aria-disabled')) return;
    made.setAttribute('aria-disabled', 'true');
    await act().finally(() => made.removeAttribute('aria-disabled'));
  };
}

/** Creates a button whose action takes time. */
export function slowButton(
  text: string,
  act: () => Promise<void>,
  attributes: Attributes = {},
): HTMLButtonElement {
  const made = button(text, () => void start(), attributes);
  const start = oneAtATime(made, act);
  return made;
}

/** Creates a form with a button. */
export function createForm(parts: readonly Node[], label: string, act: () => Promise<void>): HTMLFormElement {
  const submit = element('button', {}, label);
  const form = element('form', {}, ...parts, submit);
  const start = oneAtATime(submit, act);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void start();
  });
  return form;
}

/**
 * Replaces the content of the screen. If the focus was in it, the screen gets the focus, so that the keyboard and screen
 * readers continue there.
 */
export function replaceScreen(screen: HTMLElement, ...content: readonly Node[]): void {
  const hadFocus = screen.contains(document.activeElement);
  screen.replaceChildren(...content);
  if (hadFocus) screen.focus();
}

/** Hides or shows an element. If it is hidden with the focus, the focus moves to the successor. */
export function setHidden(hiding: HTMLElement, hidden: boolean, successor: () => Element | null): void {
  const hadFocus = hiding.contains(document.activeElement);
  hiding.hidden = hidden;
  if (hidden && hadFocus) (successor() as HTMLElement | null)?.focus();
}
