import type { Item } from '../queue.ts';
import type { Announcer } from './announcer.ts';
import { element, visibleName } from './elements.ts';
import { createFileRow, errorText, type FileRow, type RowContext } from './file-row.ts';

/** The rows of all files on the screen. */
export interface FileRows {
  readonly element: HTMLElement;
  update(changed: ReadonlySet<Item>): void;
}

/**
 * Creates the list of files, and announces those that fail.
 * @param picker Gets the focus when the last row is removed.
 */
export function createFileRows(context: RowContext, announcer: Announcer, picker: HTMLElement): FileRows {
  const { queue, texts } = context;
  const rows = new Map<Item, FileRow>();
  const spoken = new Map<Item, Item['state']>();
  // Without markers, a list needs the role in Safari.
  const list = element('ul', { class: 'files', role: 'list', 'aria-label': texts.files });

  const rowOf = (item: Item): FileRow => {
    const found = rows.get(item);
    if (found !== undefined) return found;
    const row = createFileRow(item, context);
    rows.set(item, row);
    list.append(row.element);
    return row;
  };

  /** Removes a row. If it had the focus, focus moves to the next row, so that the keyboard keeps its position. */
  const removeRow = (item: Item) => {
    const row = rows.get(item)?.element;
    rows.delete(item);
    const near = row?.nextElementSibling ?? row?.previousElementSibling ?? picker.querySelector('input');
    const hadFocus = row?.contains(document.activeElement) === true;
    row?.remove();
    picker.hidden = false;
    if (hadFocus) (near as HTMLElement | null)?.focus();
  };

  const announce = (failures: readonly Item[]) => {
    const [first] = failures;
    if (first?.error === undefined) return;
    const text = `${visibleName(first.path)}: ${errorText(first.error, context)}`;
    announcer.say(failures.length === 1 ? text : texts.someFailed(failures.length));
  };

  return {
    element: list,
    update(changed) {
      const present = new Set(queue.items);
      for (const item of changed) {
        if (present.has(item)) rowOf(item).update();
        else removeRow(item);
      }
      const shown = [...changed].filter((item) => present.has(item));
      announce(shown.filter((item) => item.error !== undefined && spoken.get(item) !== item.state));
      for (const item of shown) spoken.set(item, item.state);
    },
  };
}
