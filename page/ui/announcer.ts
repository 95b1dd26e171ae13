import type { Texts } from '../texts/en.ts';
import { element } from './elements.ts';

/** Speaks to screen readers: at the start, at quarters, at the end, and at errors. */
export interface Announcer {
  readonly region: HTMLElement;
  say(text: string): void;
  /** @param share of all bytes, 0 to 1 */
  progress(share: number): void;
  /** Speaks the quarters again from the first. */
  restart(): void;
}

export function createAnnouncer(texts: Texts): Announcer {
  const region = element('p', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  let spoken = 0;
  const say = (text: string) => {
    region.textContent = text;
  };
  return {
    region,
    say,
    progress(share) {
      const quarter = Math.floor(share * 4);
      if (quarter <= spoken || quarter >= 4) return;
      spoken = quarter;
      say(texts.spokenPart(quarter * 25));
    },
    restart() {
      spoken = 0;
    },
  };
}
