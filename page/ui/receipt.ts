import type { Item } from '../queue.ts';
import type { Texts } from '../texts/en.ts';
import type { Announcer } from './announcer.ts';
import { button, element, setText, shownName } from './elements.ts';
import type { Format } from './format.ts';

/** What arrived, to keep: names, sizes, CRC-32 and time. */
export interface Receipt {
  readonly element: HTMLElement;
  update(stored: readonly Item[]): void;
}

export function createReceipt(texts: Texts, format: Format, announcer: Announcer): Receipt {
  const text = element('pre', { tabindex: '0' });
  const refused = element('p', { class: 'hint', hidden: true }, texts.notCopied);
  const details = element('details', {}, element('summary', {}, texts.receipt), refused, text);
  const copy = button(texts.copyReceipt, async () => {
    try {
      await navigator.clipboard.writeText(text.textContent ?? '');
      announcer.say(texts.copied);
      setText(copy, `✓ ${texts.copyReceipt}`);
    } catch {
      // Without permission, or without focus.
      details.open = true;
      refused.hidden = false;
      getSelection()?.selectAllChildren(text);
      announcer.say(texts.notCopied);
    }
  });
  const section = element('section', { class: 'receipt', hidden: true }, copy, details);
  // What is closed is not printed.
  addEventListener('beforeprint', () => {
    details.open = true;
  });
  let shown = 0;
  return {
    element: section,
    update(stored) {
      if (stored.length === shown) return;
      shown = stored.length;
      section.hidden = shown === 0;
      const lines = stored.flatMap(({ path, file, stored: object, storedAt }) => [
        '\n',
        // Each name has its own direction, so that the letters of one do not move the numbers behind it.
        element('bdi', {}, shownName(path)),
        `\t${file.size} B (${format.bytes(file.size)})\tCRC-32 ${object?.crc32 ?? ''}\t${storedAt?.toISOString() ?? ''}`,
      ]);
      text.replaceChildren(location.host, ...lines);
      setText(copy, texts.copyReceipt);
    },
  };
}
