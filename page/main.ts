import { linkToken } from './link.ts';
import { openJournal } from './resume/indexed-db.ts';
import { type PageSettings, readSettings } from './settings.ts';
import { textsFor } from './texts/texts.ts';
import { openDigester } from './transfer/digester.ts';
import { openEdge, type TokenSource } from './transfer/edge-client.ts';
import { startWorker } from './transfer/start-worker.ts';
import { UploadError } from './transfer/upload-error.ts';
import { button, element, shownName } from './ui/elements.ts';
import { errorText } from './ui/file-row.ts';
import { formatFor } from './ui/format.ts';
import { createHeader, dress } from './ui/header.ts';
import { createSignInScreen } from './ui/sign-in-screen.ts';
import { createUploadScreen } from './ui/upload-screen.ts';

const DESCRIPTION = '/.well-known/edge-upload';

const { language, texts } = textsFor(navigator.languages);
const format = formatFor(language, texts);

/** Shows the page in its element: for a link its files, otherwise the ways to sign in. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = language;
  document.title = texts.title;
  const screen = element('div', { class: 'screen' }, element('p', { class: 'hint' }, texts.loading));
  root.replaceChildren(screen);
  const settings = await describe();
  dress(settings, texts);
  root.replaceChildren(createHeader(settings, texts), screen);
  const token = linkToken(location.hash);
  // Another link was pasted into the address.
  addEventListener('hashchange', () => location.reload());
  const open = (source: TokenSource, end?: () => void) => showUploads(screen, source, end);
  if (token !== undefined) await open(async () => token);
  else await createSignInScreen(screen, { settings, texts, open });
}

async function describe(): Promise<PageSettings> {
  try {
    const response = await fetch(DESCRIPTION, { cache: 'no-store' });
    const settings = readSettings(await response.text());
    if (settings !== undefined) return settings;
  } catch {
    // Offline or cut: the page says so where it needs the edge.
  }
  return { logo: false, issuers: [] };
}

/**
 * Shows what the token's caller can send.
 * @param signedOut called where the token, of a sign-in, is not accepted
 */
async function showUploads(screen: HTMLElement, token: TokenSource, signedOut?: () => void): Promise<void> {
  const edge = openEdge(location.origin, token);
  try {
    const caller = await edge.describe(new AbortController().signal);
    if (caller.writeTo.length === 0) {
      screen.replaceChildren(message(texts.notAllowed));
      return;
    }
    const notes = caller.note === undefined ? [] : [element('p', { class: 'note' }, shownName(caller.note))];
    const digester = openDigester(startWorker);
    const journal = await openJournal();
    screen.replaceChildren(...notes, createUploadScreen({ edge, caller, journal, digester, texts, format }));
  } catch (error) {
    if (!(error instanceof UploadError)) throw error;
    if (signedOut !== undefined && error.code.startsWith('token_')) {
      signedOut();
      return;
    }
    const again = () => void showUploads(screen, token, signedOut);
    const more = error.retryable ? [button(texts.retry, again)] : [];
    screen.replaceChildren(message(errorText(error, { texts, format, single: false })), ...more);
  }
}

function message(text: string): HTMLElement {
  return element('p', { class: 'message', role: 'alert' }, text);
}

const root = document.getElementById('page');
// What the page needs last came to browsers in 2024.
if (root !== null && 'any' in AbortSignal) void start(root);
else if (root !== null) root.textContent = texts.unsupported;
