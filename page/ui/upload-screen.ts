import { createQueue, type Item } from '../queue.ts';
import type { Journal } from '../resume/journal.ts';
import { problemOfRefusal } from '../sign-in/signed-in.ts';
import type { Texts } from '../texts/en.ts';
import type { Caller } from '../transfer/caller.ts';
import type { Digester } from '../transfer/digester.ts';
import type { EdgeClient } from '../transfer/edge-client.ts';
import { allowedText, createDestination } from './allowed.ts';
import { createAnnouncer } from './announcer.ts';
import { button, element, setText, visibleName } from './elements.ts';
import { createFileRow, errorText, type FileRow } from './file-row.ts';
import type { Format } from './format.ts';
import { keepAwake } from './keep-awake.ts';
import { createPicker } from './picker.ts';
import { createReceipt } from './receipt.ts';
import { createUnfinished } from './unfinished.ts';

export interface UploadScreenOptions {
  readonly edge: EdgeClient;
  readonly caller: Caller;
  readonly journal: Journal;
  readonly digester: Digester;
  readonly texts: Texts;
  readonly format: Format;
  /** Lets the person sign in again after the sign-in ended. Absent for the user of a link. */
  readonly signIn?: () => void;
}

export interface UploadScreen {
  readonly element: HTMLElement;
  isSending(): boolean;
  /** Sends the files for which the sign-in was refused. */
  resume(): void;
  /** Pauses all files. */
  stop(): void;
}

const isRefused = ({ error }: Item) => error !== undefined && problemOfRefusal(error.code) !== undefined;
const isRetryable = ({ state, error }: Item) => state === 'failed' && error?.retryable === true;
const isActive = ({ state }: Item) => state === 'sending' || state === 'waiting';

/** The screen for a known caller: what is allowed, the choice of files, and the files being sent. */
export function createUploadScreen(options: UploadScreenOptions): UploadScreen {
  const { edge, caller, journal, digester, texts, format, signIn } = options;
  const single = caller.key !== undefined;
  const announcer = createAnnouncer(texts);
  const rows = new Map<Item, FileRow>();
  const list = element('ul', { class: 'files', 'aria-label': texts.files });
  const summary = element('p', { class: 'summary', hidden: true });
  const overall = element('progress', { class: 'overall', 'aria-label': texts.files, hidden: true });
  const receipt = createReceipt(texts, format, announcer);
  const changed = new Set<Item>();
  let scheduled = false;
  const queue = createQueue({
    edge,
    caller,
    journal,
    digester,
    onChange(item) {
      changed.add(item);
      // A background tab draws no frames, but screen readers still announce it.
      if (document.hidden) update();
      if (document.hidden || scheduled) return;
      scheduled = true;
      requestAnimationFrame(() => {
        scheduled = false;
        update();
      });
    },
  });
  const context = { queue, texts, format, single, signedIn: signIn !== undefined };
  const again = button(texts.signIn, () => signIn?.(), { class: 'again', hidden: true });
  const startAll = (which: (item: Item) => boolean) => {
    for (const item of queue.items.filter(which)) queue.start(item);
  };
  const retryAll = button(texts.retryAll, () => startAll(isRetryable), {
    class: 'again second',
    hidden: true,
  });
  const spoken = new Map<Item, Item['state']>();
  let finished = false;

  const update = () => {
    const present = new Set(queue.items);
    const failures: Item[] = [];
    for (const item of changed) {
      if (!present.has(item)) {
        removeRow(item);
        continue;
      }
      let row = rows.get(item);
      if (row === undefined) {
        row = createFileRow(item, context);
        rows.set(item, row);
        list.append(row.element);
      }
      row.update();
      if (item.error !== undefined && spoken.get(item) !== item.state) failures.push(item);
      spoken.set(item, item.state);
    }
    changed.clear();
    const [first] = failures;
    if (first?.error !== undefined) {
      const text = `${visibleName(first.path)}: ${errorText(first.error, context)}`;
      announcer.say(failures.length === 1 ? text : texts.someFailed(failures.length));
    }
    summarise(queue.items);
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

  const summarise = (items: readonly Item[]) => {
    const counted = items.filter(({ state }) => state !== 'failed');
    const stored = items.filter(({ state }) => state === 'stored');
    const failed = items.length - counted.length;
    const active = items.some(isActive);
    const all = counted.reduce((sum, { file }) => sum + file.size, 0);
    const sent = counted.reduce(
      (sum, { state, file, sentBytes }) => sum + (state === 'stored' ? file.size : sentBytes),
      0,
    );
    summary.hidden = items.length === 0;
    overall.hidden = counted.length < 2 || stored.length === counted.length;
    overall.max = Math.max(all, 1);
    overall.value = sent;
    const done = !active && stored.length > 0 && stored.length === counted.length;
    const end = [
      ...(stored.length > 0 ? [texts.arrived(stored.length)] : []),
      ...(failed > 0 ? [texts.someFailed(failed)] : [texts.closePage]),
    ].join(' ');
    summary.classList.toggle('done', done && failed === 0);
    // A single file's own row says it.
    const arrived = counted.length > 1 ? texts.overall(stored.length, counted.length) : '';
    const ended = done || counted.length === 0 ? end : arrived;
    setText(summary, active ? `${arrived} ${texts.keepOpen}`.trim() : ended);
    if (active) announcer.progress(all === 0 ? 0 : sent / all);
    if (done && !finished) announcer.say(end);
    finished = done;
    receipt.update(stored);
    again.hidden = signIn === undefined || !items.some(isRefused);
    retryAll.hidden = items.filter(isRetryable).length < 2;
    keepAwake(list, active);
    picker.hidden = single && counted.length > 0;
  };

  const destination = createDestination(caller, texts);
  const unfinished = createUnfinished({ edge, caller, journal, texts, format });
  const picker = createPicker({
    texts,
    single,
    onPick(picked) {
      if (picked.length === 0) {
        announcer.say(texts.noFiles);
        return;
      }
      announcer.restart();
      announcer.say(texts.spokenStart(picked.length));
      queue.add(picked, destination.prefix());
      void unfinished.update(queue.items);
    },
  });
  void unfinished.update([]);
  // A page in the browser's back-forward cache must not send, and must not block other tabs.
  addEventListener('pagehide', queue.stop);

  const whole = element(
    'div',
    {},
    element('p', { class: 'allowed' }, allowedText(caller, texts, format)),
    destination.element,
    picker,
    unfinished.element,
    overall,
    summary,
    again,
    retryAll,
    list,
    receipt.element,
    announcer.region,
  );
  return {
    element: whole,
    isSending: () => queue.items.some(isActive),
    resume: () => startAll(isRefused),
    stop: queue.stop,
  };
}
