import type { Texts } from '../texts/en.ts';
import { element } from './elements.ts';

/** Announces progress to screen readers: the start, each quarter, the end, and errors. */
export interface Announcer {
  readonly region: HTMLElement;
  say(text: string): void;
  /** @param share Part of all bytes, from 0 to 1. */
  progress(share: number): void;
  /** Announces the quarters again, from the first one. */
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
