import { type Item, isActive, Queue } from '../queue.ts';
import type { Journal } from '../resume/journal.ts';
import { problemOfRefusal } from '../sign-in/signed-in.ts';
import type { Texts } from '../texts/en.ts';
import type { Caller } from '../transfer/caller.ts';
import type { Digester } from '../transfer/digester.ts';
import type { EdgeClient } from '../transfer/edge-client.ts';
import { allowedText, createDestination } from './allowed.ts';
import { createAnnouncer } from './announcer.ts';
import { button, element, setHidden, slowButton } from './elements.ts';
import { createFileRows } from './file-rows.ts';
import type { Format } from './format.ts';
import { keepAwake } from './keep-awake.ts';
import { createPicker } from './picker.ts';
import { createReceipt } from './receipt.ts';
import { createSummary } from './summary.ts';
import { createUnfinished } from './unfinished.ts';

export interface UploadScreenOptions {
  readonly edge: EdgeClient;
  readonly caller: Caller;
  readonly journal: Journal;
  readonly digester: Digester;
  readonly texts: Texts;
  readonly format: Format;
  /** Lets the person sign in again after the sign-in ended. Absent for the user of a link. */
  readonly signIn?: () => Promise<void>;
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

/** The screen for a known caller: what is allowed, the choice of files, and the files being sent. */
export function createUploadScreen(options: UploadScreenOptions): UploadScreen {
  const { caller, texts, format, signIn } = options;
  const single = caller.key !== undefined;
  const announcer = createAnnouncer(texts);
  const queue = new Queue({ ...options, onChange: inFrames((changed) => update(changed)) });
  const startAll = (which: (item: Item) => boolean) => {
    for (const item of queue.items.filter(which)) queue.start(item);
  };
  const again = slowButton(texts.signIn, async () => signIn?.(), { class: 'again', hidden: true });
  const retryAll = button(texts.retryAll, () => startAll(isRetryable), {
    class: 'again second',
    hidden: true,
  });

  const destination = createDestination(caller, texts);
  const unfinished = createUnfinished(options);
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
  const context = { queue, texts, format, single, signedIn: signIn !== undefined };
  const rows = createFileRows(context, announcer, picker);
  const summary = createSummary(texts, announcer);
  const receipt = createReceipt(texts, format, announcer);

  const update = (changed: ReadonlySet<Item>) => {
    const { items } = queue;
    rows.update(changed);
    summary.update(items);
    receipt.update(items.filter(({ state }) => state === 'stored'));
    const firstRow = () => rows.element.querySelector('li');
    again.hidden = signIn === undefined || !items.some(isRefused);
    setHidden(retryAll, items.filter(isRetryable).length < 2, firstRow);
    keepAwake(rows.element, items.some(isActive));
    setHidden(picker, single && items.some(({ state }) => state !== 'failed'), firstRow);
  };

  void unfinished.update([]);
  // A page in the browser's back-forward cache must not send, and must not block other tabs.
  addEventListener('pagehide', () => queue.stop());
  const allowed = element('p', { class: 'allowed' }, allowedText(caller, texts, format));
  const choice = [allowed, destination.element, picker, unfinished.element];
  const files = [...summary.elements, again, retryAll, rows.element, receipt.element];
  return {
    element: element('div', {}, ...choice, ...files, announcer.region),
    isSending: () => queue.items.some(isActive),
    resume: () => startAll(isRefused),
    stop: () => queue.stop(),
  };
}

/** Items that one frame updates. The rows of thousands of new files would freeze the page, on slow phones for seconds. */
const ITEMS_A_FRAME = 100;

/** Returns a function that collects the changed items, and updates the screen once in each frame. */
function inFrames(update: (changed: ReadonlySet<Item>) => void): (item: Item) => void {
  const changed = new Set<Item>();
  let scheduled = false;
  const flush = (most: number) => {
    const items = new Set([...changed].slice(0, most));
    for (const item of items) changed.delete(item);
    update(items);
  };
  const schedule = () => {
    if (scheduled || changed.size === 0) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      flush(ITEMS_A_FRAME);
      schedule();
    });
  };
  return (item) => {
    changed.add(item);
    // A background tab draws no frames, but screen readers still announce it.
    if (document.hidden) flush(Number.POSITIVE_INFINITY);
    else schedule();
  };
}
