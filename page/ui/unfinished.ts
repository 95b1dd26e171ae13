import type { Item } from '../queue.ts';
import type { Journal } from '../resume/journal.ts';
import type { Texts } from '../texts/en.ts';
import { type Caller, ownerOf } from '../transfer/caller.ts';
import type { EdgeClient } from '../transfer/edge-client.ts';
import { busyKeys, discard } from '../transfer/upload.ts';
import { button, element, shownName } from './elements.ts';
import type { Format } from './format.ts';

interface UnfinishedOptions {
  readonly edge: EdgeClient;
  readonly caller: Caller;
  readonly journal: Journal;
  readonly texts: Texts;
  readonly format: Format;
}

/** Uploads of this person in this browser that were interrupted, which continue once their files are chosen again. */
export interface Unfinished {
  readonly element: HTMLElement;
  /** @param items the files in the list, which are not shown here too */
  update(items: readonly Item[]): Promise<void>;
}

export function createUnfinished({ edge, caller, journal, texts, format }: UnfinishedOptions): Unfinished {
  const list = element('ul');
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
      // With its folders, as it was chosen; a link for one file has a key of its own.
      const shown = shownName(caller.key === undefined ? key.slice(prefixOf(key)?.length) : name);
      const sent = parts.reduce((sum, part) => sum + part.size, 0);
      const forget = async () => {
        await discard({ key, edge, journal });
        await update(items);
        // The button that was pressed is gone.
        document.getElementById('files')?.focus();
      };
      return element(
        'li',
        { class: 'line' },
        element('bdi', { class: 'name' }, shown),
        element('span', { class: 'numbers' }, texts.sentOf(format.bytes(sent), format.bytes(size))),
        button(texts.forget, () => void forget(), {
          class: 'quiet',
          'aria-label': texts.actionOn(texts.forget, shown),
        }),
      );
    });
    list.replaceChildren(...rows);
  };
  return { element: section, update };
}
