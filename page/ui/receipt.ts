import type { Item } from '../queue.ts';
import type { Texts } from '../texts/en.ts';
import type { Announcer } from './announcer.ts';
import { button, element, setText } from './elements.ts';
import type { Format } from './format.ts';

/** What arrived, to keep: names, sizes, CRC-32 and time. */
export interface Receipt {
  readonly element: HTMLElement;
  update(stored: readonly Item[]): void;
}

export function createReceipt(texts: Texts, format: Format, announcer: Announcer): Receipt {
  const text = element('pre', { tabindex: '0' });
  const details = element('details', {}, element('summary', {}, texts.receipt), text);
  const copy = button(texts.copyReceipt, async () => {
    try {
      await navigator.clipboard.writeText(text.textContent ?? '');
      announcer.say(texts.copied);
      setText(copy, `✓ ${texts.copyReceipt}`);
    } catch {
      // Without permission, or without focus.
      details.open = true;
      announcer.say(texts.notCopied);
    }
  });
  const section = element('section', { class: 'receipt', hidden: true }, copy, details);
  return {
    element: section,
    update(stored) {
      section.hidden = stored.length === 0;
      const lines = stored.map(({ path, file, stored: object, storedAt }) =>
        [
          path,
          `${file.size} B (${format.bytes(file.size)})`,
          `CRC-32 ${object?.crc32 ?? ''}`,
          storedAt?.toISOString() ?? '',
        ].join('\t'),
      );
      const whole = [location.host, ...lines].join('\n');
      if (text.textContent === whole) return;
      text.textContent = whole;
      setText(copy, texts.copyReceipt);
    },
  };
}
