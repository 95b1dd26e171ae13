import type { Item } from '../queue.ts';
import type { Journal } from '../resume/journal.ts';
import type { Texts } from '../texts/en.ts';
import { type Caller, ownerOf } from '../transfer/caller.ts';
import type { EdgeClient } from '../transfer/edge-client.ts';
import { busyKeys, discard } from '../transfer/upload.ts';
import { element, slowButton, visibleName } from './elements.ts';
import type { Format } from './format.ts';

interface UnfinishedOptions {
  readonly edge: EdgeClient;
  readonly caller: Caller;
  readonly journal: Journal;
  readonly texts: Texts;
  readonly format: Format;
}

/** Interrupted uploads of this person in this browser. They resume once their files are chosen again. */
export interface Unfinished {
  readonly element: HTMLElement;
  /** @param items Files in the list. They are not shown here as well. */
  update(items: readonly Item[]): Promise<void>;
}

export function createUnfinished({ edge, caller, journal, texts, format }: UnfinishedOptions): Unfinished {
  // Without markers, a list needs the role in Safari.
  const list = element('ul', { role: 'list' });
  const section = element(
    'section',
    { class: 'unfinished', hidden: true },
    element('h2', {}, texts.unfinished),
    element('p', { class: 'hint' }, texts.unfinishedHelp),
    list,
  );
  const prefixOf = (key: string) => caller.writeTo.find((prefix) => key.startsWith(prefix));
  const update = async (items: readonly Item[]) => {
    const keys = new Set(items.map(({ key }) => key));
    const busy = await busyKeys(edge.origin);
    const left = (await journal.list(edge.origin)).filter(
      ({ entry: { key, owner } }) =>
        owner === ownerOf(caller) && !keys.has(key) && !busy.has(key) && prefixOf(key) !== undefined,
    );
    section.hidden = left.length === 0;
    const rows = left.map(({ entry: { name, key, size }, parts }) => {
      // Shows the path as it was chosen. A link for one file has its own key.
      const shown = visibleName(caller.key === undefined ? key.slice(prefixOf(key)?.length) : name);
      const sent = parts.reduce((sum, part) => sum + part.size, 0);
      const forget = async () => {
        await discard({ key, edge, journal });
        await update(items);
        // The pressed button no longer exists.
        document.getElementById('files')?.focus();
      };
      return element(
        'li',
        { class: 'line' },
        element('bdi', { class: 'name' }, shown),
        element('span', { class: 'numbers' }, texts.sentOf(format.bytes(sent), format.bytes(size))),
        slowButton(texts.forget, forget, {
          class: 'quiet',
          'aria-label': texts.actionOn(texts.forget, shown),
        }),
      );
    });
    list.replaceChildren(...rows);
  };
  return { element: section, update };
}
