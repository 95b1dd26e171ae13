import { createQueue, type Item, type Queue } from '../queue.ts';
import type { Journal } from '../resume/journal.ts';
import type { Texts } from '../texts/en.ts';
import type { Caller } from '../transfer/caller.ts';
import type { Digester } from '../transfer/digester.ts';
import type { EdgeClient } from '../transfer/edge-client.ts';
import { createAnnouncer } from './announcer.ts';
import { button, element, setText, shownName } from './elements.ts';
import { createFileRow, errorText, type FileRow } from './file-row.ts';
import type { Format } from './format.ts';
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
  /** Lets the person sign in again, whose sign-in ended. Absent for the user of a link. */
  readonly signIn?: () => void;
}

interface UploadScreen {
  readonly element: HTMLElement;
  /** Sends what was refused because the sign-in had ended. */
  resume(): void;
}

/** The page once it is known who sends: what is allowed, the choice of files, and the files on their way. */
export function createUploadScreen(options: UploadScreenOptions): UploadScreen {
  const { edge, caller, journal, digester, texts, format, signIn } = options;
  const single = caller.key !== undefined;
  const announcer = createAnnouncer(texts);
  const rows = new Map<Item, FileRow>();
  const list = element('ul', { class: 'files', 'aria-label': texts.files });
  const summary = element('p', { class: 'summary', hidden: true });
  const overall = element('progress', { class: 'overall', 'aria-label': texts.files, hidden: true });
  const receipt = createReceipt(texts, format, announcer);
  let scheduled = false;
  const queue: Queue = createQueue({
    edge,
    caller,
    journal,
    digester,
    onChange() {
      // A tab in the background draws no frames, but is still listened to.
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
  const isRefused = ({ error }: Item) => error?.code.startsWith('token_') === true;
  const said = new Map<Item, Item['state']>();
  let finished = false;

  const update = () => {
    const { items } = queue;
    for (const [item, row] of rows) {
      if (items.includes(item)) continue;
      row.element.remove();
      rows.delete(item);
    }
    for (const item of items) {
      let row = rows.get(item);
      if (row === undefined) {
        row = createFileRow(item, context);
        rows.set(item, row);
        list.append(row.element);
      }
      row.update();
      if (item.error !== undefined && said.get(item) !== item.state) {
        announcer.say(`${shownName(item.path)}: ${errorText(item.error, context)}`);
      }
      said.set(item, item.state);
    }
    summarise(items);
  };

  const summarise = (items: readonly Item[]) => {
    const counted = items.filter(({ state }) => state !== 'failed');
    const stored = items.filter(({ state }) => state === 'stored');
    const failed = items.length - counted.length;
    const active = items.some(({ state }) => state === 'sending' || state === 'waiting');
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
    // Of one file, its own line says it all.
    const arrived = counted.length > 1 ? texts.overall(stored.length, counted.length) : '';
    const ended = done || counted.length === 0 ? end : arrived;
    setText(summary, active ? `${arrived} ${texts.keepOpen}`.trim() : ended);
    if (active) announcer.progress(all === 0 ? 0 : sent / all);
    if (done && !finished) announcer.say(end);
    finished = done;
    receipt.update(stored);
    again.hidden = signIn === undefined || !items.some(isRefused);
    keepAwake(active);
    picker.hidden = single && counted.length > 0;
  };

  const picker = createPicker({
    texts,
    single,
    onPick(picked) {
      if (picked.length === 0) return;
      announcer.restart();
      announcer.say(texts.spokenStart(picked.length));
      queue.add(picked, prefix());
      void unfinished.update(queue.items);
    },
  });

  const { destination, prefix } = createDestination(caller, texts);
  const unfinished = createUnfinished({ edge, caller, journal, texts, format });
  void unfinished.update([]);

  const whole = element(
    'div',
    {},
    element('p', { class: 'allowed' }, allowedText(caller, texts, format)),
    destination,
    picker,
    unfinished.element,
    overall,
    summary,
    again,
    list,
    receipt.element,
    announcer.region,
  );
  return {
    element: whole,
    resume() {
      for (const item of queue.items.filter(isRefused)) queue.start(item);
    },
  };
}

function allowedText(
  { key, maxSize, tokenExpiresAt, noClobber, username }: Caller,
  texts: Texts,
  format: Format,
): string {
  const single = key !== undefined;
  const largest = single ? texts.largestOne : texts.largest;
  const isLink = username.startsWith('link:');
  return [
    single ? texts.oneFile : texts.manyFiles,
    ...(maxSize === undefined ? [] : [largest(format.bytes(maxSize))]),
    ...(tokenExpiresAt === undefined || !isLink ? [] : [texts.until(format.time(tokenExpiresAt))]),
    ...(noClobber && !single ? [texts.neverReplaced] : []),
  ].join(' ');
}

/** Where several prefixes are allowed, the person chooses. */
function createDestination(
  { writeTo, key }: Caller,
  texts: Texts,
): { readonly destination: HTMLElement; readonly prefix: () => string } {
  const [first = ''] = writeTo;
  if (key !== undefined || writeTo.length < 2) {
    return { destination: element('div', { hidden: true }), prefix: () => (key === undefined ? first : '') };
  }
  const select = element(
    'select',
    { id: 'destination' },
    ...writeTo.map((one) => element('option', {}, one)),
  );
  const destination = element(
    'p',
    { class: 'destination' },
    element('label', { for: 'destination' }, texts.destination),
    ' ',
    select,
  );
  return { destination, prefix: () => writeTo[select.selectedIndex] ?? first };
}

let lock: Promise<WakeLockSentinel | undefined> | undefined;

/** While something is sent, asks before the page is left, and keeps a phone's screen on. */
function keepAwake(active: boolean): void {
  window.onbeforeunload = active ? (event) => event.preventDefault() : null;
  const { wakeLock } = navigator as { readonly wakeLock?: WakeLock };
  if (wakeLock === undefined || document.hidden) return;
  if (active && lock === undefined) {
    // Refused on a low battery: the page works without.
    lock = wakeLock.request('screen').catch(() => undefined);
    // The browser ends it when the page is hidden.
    void lock.then((held) => held?.addEventListener('release', () => (lock = undefined)));
  }
  if (!active && lock !== undefined) {
    void lock.then((held) => held?.release());
    lock = undefined;
  }
}
