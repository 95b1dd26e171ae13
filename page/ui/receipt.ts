import type { Item } from '../queue.ts';
import type { Texts } from '../texts/en.ts';
import type { Announcer } from './announcer.ts';
import { button, element, setText, visibleName } from './elements.ts';
import type { Format } from './format.ts';

/** A receipt of what arrived: names, sizes, CRC-32 and time. */
export interface Receipt {
  readonly element: HTMLElement;
  update(stored: readonly Item[]): void;
}

export function createReceipt(texts: Texts, format: Format, announcer: Announcer): Receipt {
  const text = element('pre', { tabindex: '0' }, location.host);
  const refused = element('p', { class: 'hint', hidden: true }, texts.notCopied);
  const details = element('details', {}, element('summary', {}, texts.receipt), refused, text);
  const copy = button(texts.copyReceipt, async () => {
    try {
      await navigator.clipboard.writeText(text.textContent ?? '');
      announcer.say(texts.copied);
      setText(copy, `✓ ${texts.copyReceipt}`);
    } catch {
      // Refused without permission or focus.
      details.open = true;
      refused.hidden = false;
      getSelection()?.selectAllChildren(text);
      announcer.say(texts.notCopied);
    }
  });
  const section = element('section', { class: 'receipt', hidden: true }, copy, details);
  // Closed details are not printed.
  addEventListener('beforeprint', () => {
    details.open = true;
  });
  const listed = new Set<Item>();
  return {
    element: section,
    update(stored) {
      // Adds lines instead of rendering all again, which would take longer with each file.
      const added = stored.filter((item) => !listed.has(item));
      if (added.length === 0) return;
      for (const item of added) listed.add(item);
      section.hidden = false;
      const lines = added.flatMap(({ path, file, stored: object, storedAt }) => [
        '\n',
        // Isolates the direction of each name, so that it cannot move the numbers after it.
        element('bdi', {}, visibleName(path)),
        `\t${file.size} B (${format.bytes(file.size)})\tCRC-32 ${object?.crc32 ?? ''}\t`,
        element('span', { class: 'whole' }, storedAt?.toISOString() ?? ''),
      ]);
      text.append(...lines);
      setText(copy, texts.copyReceipt);
    },
  };
}
