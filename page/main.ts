import { DESCRIPTION_KEY } from '../protocol/object-url.ts';
import { isLink, linkToken } from './link.ts';
import { openJournal } from './resume/indexed-db.ts';
import { type PageSettings, readSettings } from './settings.ts';
import { problemOfRefusal, type Session, type SignInProblem } from './sign-in/signed-in.ts';
import { textsFor } from './texts/texts.ts';
import type { Caller } from './transfer/caller.ts';
import { openDigester, startWorker } from './transfer/digester.ts';
import { type EdgeClient, openEdge, type TokenSource } from './transfer/edge-client.ts';
import { unexpectedResponse } from './transfer/refusals.ts';
import type { Waiting } from './transfer/retry.ts';
import { asUploadError, UploadError, type UploadErrorCode } from './transfer/upload-error.ts';
import { button, element, replaceScreen, setText, visibleName } from './ui/elements.ts';
import { errorText } from './ui/file-row.ts';
import { formatFor } from './ui/format.ts';
import { applyBranding, createHeader } from './ui/header.ts';
import { leave } from './ui/keep-awake.ts';
import { ignoreDrops } from './ui/picker.ts';
import { createSignInScreen } from './ui/sign-in-screen.ts';
import { createUploadScreen, type UploadScreen } from './ui/upload-screen.ts';

const { language, texts } = await textsFor(navigator.languages);
const format = formatFor(language, texts);
/** Shared by all sign-ins, because the page's policy allows its worker only once. */
const digester = openDigester(startWorker);
/** Client for requests without a token. */
const publicEdge = openEdge(location.origin, async () => '');
const now = () => publicEdge.now();

/** Shows the page: for a link, the upload screen; otherwise the ways to sign in. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = language;
  document.title = texts.title;
  const screen = element('div', { class: 'screen', tabindex: '-1' });
  root.replaceChildren(screen);
  ignoreDrops();
  // Another link was pasted into the address bar.
  addEventListener('hashchange', () => location.reload());
  // The browser can keep a page that is left, and show it again to somebody else or after its link was revoked.
  addEventListener('pagehide', () => root.replaceChildren());
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) leave();
  });
  await orRetry(screen, async (onWaiting) => {
    const settings = await fetchSettings(onWaiting);
    applyBranding(settings, texts);
    root.replaceChildren(createHeader(settings, texts), screen);
    const token = linkToken(location.hash);
    if (token !== undefined) await showUploads(screen, async () => token);
    else if (isLink(location.hash)) replaceScreen(screen, message(texts.errors.token_refused));
    else await showSignIn(screen, settings);
  });
}

/** Runs work that sends requests to the edge and shows its progress. After an error, it offers to try again. */
async function orRetry(
  screen: HTMLElement,
  work: (onWaiting: (waiting: Waiting | undefined) => void) => Promise<void>,
  signedIn = false,
): Promise<void> {
  const line = element('p', { class: 'hint', role: 'status' }, texts.loading);
  replaceScreen(screen, line);
  const words = { network: texts.errors.unreachable, retry: texts.trouble };
  try {
    await work((waiting) => setText(line, waiting === undefined ? texts.loading : words[waiting]));
  } catch (caught) {
    const error = asUploadError(caught);
    const again = () => void orRetry(screen, work, signedIn);
    const more = error.retryable ? [button(texts.retry, again)] : [];
    const code = OF_FILE.has(error.code) ? 'refused' : error.code;
    const context = { texts, format, single: false, signedIn };
    replaceScreen(screen, message(errorText({ code }, context)), ...more);
  }
}

/** Codes whose texts are about a file. Before one is chosen, they are from a server in between. */
const OF_FILE: ReadonlySet<UploadErrorCode> = new Set(['bad_key', 'exists', 'forbidden', 'too_large']);

/** Called if the edge refuses the token of a sign-in. */
type Refused = (problem: SignInProblem) => void;

/** Shows the ways to sign in, then the upload screen. */
function showSignIn(screen: HTMLElement, settings: PageSettings): Promise<void> {
  const open = (session: Session, refused: Refused) => showPerson(screen, settings, session, refused);
  return createSignInScreen(screen, { settings, texts, now, open });
}

/**
 * Shows the upload screen of a signed-in person. After the sign-in ends, the files stay for the next sign-in of the
 * same person.
 */
function showPerson(
  screen: HTMLElement,
  settings: PageSettings,
  first: Session,
  refused: Refused,
): Promise<void> {
  let session = first;
  return showUploads(screen, (rejected) => session.token(rejected), {
    refused,
    async signOut(uploads) {
      if (uploads?.isSending() && !confirm(texts.signOutSending)) return;
      uploads?.stop();
      // Clears the screen at once, without waiting for the provider.
      replaceScreen(screen, element('p', { class: 'hint' }, texts.signingOut));
      await session.signOut();
      leave();
    },
    async signInAgain({ caller, uploads, back }) {
      // The operator may have added or removed ways to sign in. Without a response, the previous ones are offered.
      const current = await fetchSettings(() => {}, AbortSignal.timeout(SETTINGS_MS)).catch(() => settings);
      const open = async (next: Session, refusedAgain: Refused) => {
        const now = await callerOf(next).catch(() => undefined);
        if (now === undefined || !isSamePerson(now, caller)) {
          uploads.stop();
          await showPerson(screen, current, next, refusedAgain);
          return;
        }
        session = next;
        back();
      };
      await createSignInScreen(screen, { settings: current, texts, now, open, losesFiles: true });
    },
  });
}

const callerOf = ({ token }: Session) =>
  openEdge(location.origin, token).describe(new AbortController().signal);

function isSamePerson(one: Caller, other: Caller): boolean {
  return one.username === other.username && String(one.writeTo) === String(other.writeTo);
}

/** Milliseconds for settings that are downloaded again. */
const SETTINGS_MS = 5_000;

/**
 * Downloads the edge's settings.
 * @throws {UploadError}
 */
function fetchSettings(
  onWaiting: (waiting: Waiting | undefined) => void,
  signal = new AbortController().signal,
): Promise<PageSettings> {
  return publicEdge.request({ method: 'GET', key: DESCRIPTION_KEY, signal, onWaiting }, (response) => {
    const settings = readSettings(response.text);
    if (settings === undefined) throw unexpectedResponse();
    return settings;
  });
}

/** An upload screen that is kept while its person signs in again. */
interface Shown {
  readonly caller: Caller;
  readonly uploads: UploadScreen;
  /** Shows the screen again, and sends the files that were refused. */
  readonly back: () => void;
}

/** Actions of a signed-in person, besides uploading. */
interface Person {
  readonly refused: Refused;
  readonly signOut: (uploads?: UploadScreen) => Promise<void>;
  /** Lets somebody sign in. The same person gets the kept screen back. */
  readonly signInAgain: (shown: Shown) => Promise<void>;
}

/**
 * Shows the upload screen for the token's caller.
 * @param person Absent for the user of a link.
 */
function showUploads(screen: HTMLElement, token: TokenSource, person?: Person): Promise<void> {
  const edge = openEdge(location.origin, token);
  return orRetry(
    screen,
    async (onWaiting) => {
      const caller = await edge.describe(new AbortController().signal, onWaiting).catch((error: unknown) => {
        const problem = error instanceof UploadError ? problemOfRefusal(error.code) : undefined;
        if (person === undefined || problem === undefined) throw error;
        person.refused(problem);
      });
      if (caller === undefined) return;
      if (caller.writeTo.length > 0) await showFiles(screen, { edge, caller, person });
      else replaceScreen(screen, ...whoLine(caller, person), message(texts.notAllowed));
    },
    person !== undefined,
  );
}

interface Sender {
  readonly edge: EdgeClient;
  readonly caller: Caller;
  readonly person: Person | undefined;
}

async function showFiles(screen: HTMLElement, { edge, caller, person }: Sender): Promise<void> {
  const notes = caller.note === undefined ? [] : [element('p', { class: 'note' }, visibleName(caller.note))];
  const journal = await openJournal();
  const signIn = person && (() => person.signInAgain({ caller, uploads, back }));
  const options = { edge, caller, journal, digester, texts, format, ...(signIn && { signIn }) };
  const uploads = createUploadScreen(options);
  const shown = [...whoLine(caller, person, uploads), ...notes, uploads.element];
  const back = () => {
    replaceScreen(screen, ...shown);
    uploads.resume();
  };
  replaceScreen(screen, ...shown);
}

function whoLine({ username }: Caller, person?: Person, uploads?: UploadScreen): readonly HTMLElement[] {
  if (person === undefined) return [];
  const name = element('span', {}, texts.signedInAs(visibleName(username)));
  const signOut = button(texts.signOut, () => void person.signOut(uploads), { class: 'quiet' });
  return [element('p', { class: 'line who' }, name, signOut)];
}

function message(text: string): HTMLElement {
  return element('p', { class: 'message', role: 'alert' }, text);
}

const root = document.getElementById('page');
// The newest feature that the page needs reached all browsers in 2024.
if (root !== null && 'any' in AbortSignal) void start(root);
else if (root !== null) root.textContent = texts.unsupported;
