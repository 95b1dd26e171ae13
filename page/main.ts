import { linkToken } from './link.ts';
import { openJournal } from './resume/indexed-db.ts';
import { type PageSettings, readSettings } from './settings.ts';
import type { Session } from './sign-in/signed-in.ts';
import { textsFor } from './texts/texts.ts';
import type { Caller } from './transfer/caller.ts';
import { openDigester } from './transfer/digester.ts';
import { openEdge, STALL_MS, type TokenSource } from './transfer/edge-client.ts';
import { createExchange } from './transfer/exchange.ts';
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
  if (token !== undefined) await showUploads(screen, async () => token);
  else await showSignIn(screen, settings);
}

/** Shows the ways to sign in, then what the person can send. */
function showSignIn(screen: HTMLElement, settings: PageSettings): Promise<void> {
  const open = (session: Session, refused: () => void) => showPerson(screen, settings, session, refused);
  return createSignInScreen(screen, { settings, texts, open });
}

/** Shows what a signed-in person can send. Where the sign-in ends, the files stay for the next one of the same person. */
function showPerson(
  screen: HTMLElement,
  settings: PageSettings,
  first: Session,
  refused: () => void,
): Promise<void> {
  let session = first;
  return showUploads(screen, (rejected) => session.token(rejected), {
    refused,
    async signOut() {
      await session.signOut();
      location.reload();
    },
    async signInAgain(before, back) {
      const open = async (next: Session, refusedAgain: () => void) => {
        const caller = await callerOf(next).catch(() => undefined);
        if (caller === undefined || !isSamePerson(caller, before)) {
          await showPerson(screen, settings, next, refusedAgain);
          return;
        }
        session = next;
        back();
      };
      await createSignInScreen(screen, { settings, texts, open });
    },
  });
}

const callerOf = ({ token }: Session) =>
  openEdge(location.origin, token).describe(new AbortController().signal);

function isSamePerson(one: Caller, other: Caller): boolean {
  return one.username === other.username && String(one.writeTo) === String(other.writeTo);
}

async function describe(): Promise<PageSettings> {
  try {
    const exchange = createExchange(location.origin, STALL_MS);
    const message = { method: 'GET', path: DESCRIPTION, headers: {} } as const;
    const { text } = await exchange(message, new AbortController().signal);
    const settings = readSettings(text);
    if (settings !== undefined) return settings;
  } catch {
    // Offline or cut: the page says so where it needs the edge.
  }
  return { logo: false, issuers: [] };
}

/** What a signed-in person can do beside sending. */
interface Person {
  /** Called where the edge does not accept the token. */
  readonly refused: () => void;
  readonly signOut: () => Promise<void>;
  /** @param back shows again what was shown, once the same person has signed in */
  readonly signInAgain: (before: Caller, back: () => void) => Promise<void>;
}

/** Shows what the token's caller can send. `person` is absent for the user of a link. */
async function showUploads(screen: HTMLElement, token: TokenSource, person?: Person): Promise<void> {
  const edge = openEdge(location.origin, token);
  try {
    const caller = await edge.describe(new AbortController().signal);
    const who = person === undefined ? [] : [whoLine(caller, person)];
    if (caller.writeTo.length === 0) {
      screen.replaceChildren(...who, message(texts.notAllowed));
      return;
    }
    const notes = caller.note === undefined ? [] : [element('p', { class: 'note' }, shownName(caller.note))];
    const digester = openDigester(startWorker);
    const journal = await openJournal();
    const signIn = person && (() => void person.signInAgain(caller, back));
    const options = { edge, caller, journal, digester, texts, format, ...(signIn && { signIn }) };
    const uploads = createUploadScreen(options);
    const shown = [...who, ...notes, uploads.element];
    const back = () => {
      screen.replaceChildren(...shown);
      uploads.resume();
    };
    screen.replaceChildren(...shown);
  } catch (error) {
    if (!(error instanceof UploadError)) throw error;
    if (person !== undefined && error.code.startsWith('token_')) {
      person.refused();
      return;
    }
    const again = () => void showUploads(screen, token, person);
    const more = error.retryable ? [button(texts.retry, again)] : [];
    const context = { texts, format, single: false, signedIn: person !== undefined };
    screen.replaceChildren(message(errorText(error, context)), ...more);
  }
}

function whoLine({ username }: Caller, { signOut }: Person): HTMLElement {
  return element(
    'p',
    { class: 'line who' },
    element('span', {}, texts.signedInAs(shownName(username))),
    button(texts.signOut, () => void signOut(), { class: 'quiet' }),
  );
}

function message(text: string): HTMLElement {
  return element('p', { class: 'message', role: 'alert' }, text);
}

const root = document.getElementById('page');
// What the page needs last came to browsers in 2024.
if (root !== null && 'any' in AbortSignal) void start(root);
else if (root !== null) root.textContent = texts.unsupported;
