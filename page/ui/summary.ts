import { type Item, isActive } from '../queue.ts';
import type { Texts } from '../texts/en.ts';
import type { Announcer } from './announcer.ts';
import { element, setText } from './elements.ts';

/** The progress of all files together, and how they ended. */
export interface Summary {
  readonly elements: readonly HTMLElement[];
  update(items: readonly Item[]): void;
}

/** Numbers of files, and bytes. `counted`, `sentBytes` and `allBytes` exclude failed files. */
interface Tally {
  readonly counted: number;
  readonly stored: number;
  readonly failed: number;
  readonly active: boolean;
  readonly sentBytes: number;
  readonly allBytes: number;
}

function tallyOf(items: readonly Item[]): Tally {
  const counted = items.filter(({ state }) => state !== 'failed');
  return {
    counted: counted.length,
    stored: items.filter(({ state }) => state === 'stored').length,
    failed: items.length - counted.length,
    active: items.some(isActive),
    sentBytes: sum(counted, ({ state, file, sentBytes }) => (state === 'stored' ? file.size : sentBytes)),
    allBytes: sum(counted, ({ file }) => file.size),
  };
}

/** Returns the text after the last file. */
function endOf({ stored, failed }: Tally, texts: Texts): string {
  const rest = failed > 0 ? texts.someFailed(failed) : texts.closePage;
  return stored > 0 ? `${texts.arrived(stored)} ${rest}` : rest;
}

export function createSummary(texts: Texts, announcer: Announcer): Summary {
  const summary = element('p', { class: 'summary', hidden: true });
  const overall = element('progress', { class: 'overall', 'aria-label': texts.files, hidden: true });
  let finished = false;
  return {
    elements: [overall, summary],
    update(items) {
      const tally = tallyOf(items);
      const { counted, stored, failed, active, sentBytes, allBytes } = tally;
      const done = !active && stored > 0 && stored === counted;
      const end = endOf(tally, texts);
      summary.hidden = items.length === 0;
      summary.classList.toggle('done', done && failed === 0);
      overall.hidden = counted < 2 || stored === counted;
      overall.max = Math.max(allBytes, 1);
      overall.value = sentBytes;
      // A single file's own row says it.
      const arrived = counted > 1 ? texts.overall(stored, counted) : '';
      const ended = done || counted === 0 ? end : arrived;
      setText(summary, active ? `${arrived} ${texts.keepOpen}`.trim() : ended);
      if (active) announcer.progress(allBytes === 0 ? 0 : sentBytes / allBytes);
      if (done && !finished) announcer.say(end);
      finished = done;
    },
  };
}

function sum(items: readonly Item[], bytes: (item: Item) => number): number {
  return items.reduce((all, item) => all + bytes(item), 0);
}
