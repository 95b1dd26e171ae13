import { type Item, isActive } from '../queue.ts';
import type { Texts } from '../texts/en.ts';
import type { Announcer } from './announcer.ts';
import { element, setText } from './elements.ts';

/** The progress of all files together, and how they ended. */
export interface Summary {
  readonly elements: readonly HTMLElement[];
  update(items: readonly Item[]): void;
}

export function createSummary(texts: Texts, announcer: Announcer): Summary {
  const summary = element('p', { class: 'summary', hidden: true });
  const overall = element('progress', { class: 'overall', 'aria-label': texts.files, hidden: true });
  let finished = false;
  return {
    elements: [overall, summary],
    update(items) {
      const counted = items.filter(({ state }) => state !== 'failed');
      const stored = items.filter(({ state }) => state === 'stored').length;
      const failed = items.length - counted.length;
      const active = items.some(isActive);
      const all = sum(counted, ({ file }) => file.size);
      const sent = sum(counted, ({ state, file, sentBytes }) => (state === 'stored' ? file.size : sentBytes));
      summary.hidden = items.length === 0;
      overall.hidden = counted.length < 2 || stored === counted.length;
      overall.max = Math.max(all, 1);
      overall.value = sent;
      const done = !active && stored > 0 && stored === counted.length;
      const end = [
        ...(stored > 0 ? [texts.arrived(stored)] : []),
        failed > 0 ? texts.someFailed(failed) : texts.closePage,
      ].join(' ');
      summary.classList.toggle('done', done && failed === 0);
      // A single file's own row says it.
      const arrived = counted.length > 1 ? texts.overall(stored, counted.length) : '';
      const ended = done || counted.length === 0 ? end : arrived;
      setText(summary, active ? `${arrived} ${texts.keepOpen}`.trim() : ended);
      if (active) announcer.progress(all === 0 ? 0 : sent / all);
      if (done && !finished) announcer.say(end);
      finished = done;
    },
  };
}

function sum(items: readonly Item[], bytes: (item: Item) => number): number {
  return items.reduce((all, item) => all + bytes(item), 0);
}
