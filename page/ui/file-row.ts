import { type Item, isActive, type Queue } from '../queue.ts';
import { problemOfRefusal } from '../sign-in/signed-in.ts';
import type { Texts } from '../texts/en.ts';
import type { UploadError } from '../transfer/upload-error.ts';
import { button, element, setText, visibleName } from './elements.ts';
import type { Format } from './format.ts';

/** The row of a file on the screen. */
export interface FileRow {
  readonly element: HTMLLIElement;
  update(): void;
}

export interface RowContext {
  readonly queue: Queue;
  readonly texts: Texts;
  readonly format: Format;
  /** Whether the link allows one file. */
  readonly single: boolean;
  /** Whether the person signed in. Otherwise a refusal concerns a link. */
  readonly signedIn: boolean;
}

/** Describes an error in the page's language. */
export function errorText(
  { code, maxSize }: Pick<UploadError, 'code'> & Partial<Pick<UploadError, 'maxSize'>>,
  { texts, format, single, signedIn }: Omit<RowContext, 'queue'>,
): string {
  const problem = signedIn ? problemOfRefusal(code) : undefined;
  if (problem !== undefined) return texts[problem];
  if (code === 'not_allowed' && signedIn) return texts.notAllowed;
  if (code === 'clash' && single) return texts.errors.oneOnly;
  if (code === 'too_large' && maxSize !== undefined) return texts.errors.tooLarge(format.bytes(maxSize));
  return texts.errors[code === 'exists' && single ? 'used' : code];
}

/** Symbols next to the words, so that colour is not the only sign. */
const SYMBOLS = { waiting: '…', sending: '↑', paused: '‖', stored: '✓', failed: '✕' } as const;

export function createFileRow(item: Item, context: RowContext): FileRow {
  const { queue, texts, single } = context;
  const { file } = item;
  const path = visibleName(item.path);
  const symbol = element('span', { class: 'symbol', 'aria-hidden': 'true' });
  const state = element('span', { class: 'state' });
  const numbers = element('span', { class: 'numbers' });
  const error = element('p', { class: 'error', hidden: true });
  const bar = element('progress', { 'aria-label': texts.progress(path) });
  const act = (text: string, action: () => void) =>
    button(text, action, { 'aria-label': texts.actionOn(text, path), class: 'quiet' });
  const pause = act(texts.pause, () => queue.pause(item));
  const resume = act(texts.resume, () => queue.start(item));
  const retry = act(texts.retry, () => queue.start(item));
  const rename = act(texts.rename, () => queue.sendRenamed(item));
  const remove = act(texts.remove, () => void queue.remove(item));
  const row = element(
    'li',
    { tabindex: '-1' },
    element('div', { class: 'line' }, element('bdi', { class: 'name', title: path }, path), numbers),
    bar,
    element(
      'div',
      { class: 'line' },
      element('span', { class: 'status' }, symbol, ' ', state),
      element('span', { class: 'actions' }, pause, resume, retry, rename, remove),
    ),
    error,
  );

  const update = () => {
    const { state: now, sentBytes, error: failure } = item;
    row.dataset.state = now;
    setText(symbol, SYMBOLS[now]);
    setText(state, stateText(item, texts));
    setText(numbers, numbersText(item, context));
    bar.hidden = !isPartlySent(item);
    bar.max = Math.max(file.size, 1);
    bar.value = sentBytes;
    error.hidden = failure === undefined;
    if (failure !== undefined) setText(error, errorText(failure, context));
    const focused = document.activeElement;
    pause.hidden = !isActive(item);
    resume.hidden = now !== 'paused';
    retry.hidden = now !== 'failed' || failure?.retryable !== true;
    rename.hidden = single || (failure?.code !== 'exists' && failure?.code !== 'clash');
    remove.hidden = now === 'stored';
    // If the focused button is hidden, focus moves to the button that replaces it, or to the row, so that the
    // keyboard keeps its position.
    if (!(focused instanceof HTMLElement && focused.hidden && row.contains(focused))) return;
    const successor = focused === pause ? resume : pause;
    (successor.hidden ? row : successor).focus();
  };
  return { element: row, update };
}

const isPartlySent = ({ state }: Item) => state === 'sending' || state === 'paused';

/** Returns the size of a file; while it is sent, also the bytes sent, the rate and the time left. */
function numbersText(item: Item, { texts, format }: RowContext): string {
  const { file, doing, sentBytes, error } = item;
  const size = error?.code === 'file_unreadable' ? '' : format.bytes(file.size);
  if (!isPartlySent(item)) return size;
  const parts = [texts.sentOf(format.bytes(sentBytes), size)];
  const rate = doing === 'sending' ? (item.rate ?? 0) : 0;
  if (rate > 0) {
    parts.push(texts.rate(format.bytes(rate)), texts.left(format.duration((file.size - sentBytes) / rate)));
  }
  return parts.join(' · ');
}

function stateText({ state, doing }: Item, texts: Texts): string {
  if (state !== 'sending') return texts[state];
  if (doing === 'waiting for network') return texts.offline;
  if (doing === 'waiting to retry') return texts.trouble;
  return doing === 'finishing' ? texts.checking : texts.sending;
}
