import type { PageSettings, PoolAddress } from '../settings.ts';
import { poolRefresh, type Question, signInToPool } from '../sign-in/cognito.ts';
import { finishSignIn, providerRefresh, startSignIn } from '../sign-in/provider.ts';
import { openSession, type Session, SignInError, type SignInProblem } from '../sign-in/signed-in.ts';
import type { Texts } from '../texts/en.ts';
import { button, createForm, element, field, replaceScreen, slowButton } from './elements.ts';
import { createQuestion } from './sign-in-question.ts';

export interface SignInScreenOptions {
  readonly settings: PageSettings;
  readonly texts: Texts;
  /** Returns the edge's time. */
  readonly now: () => Date;
  /** Whether a redirect to a provider loses files that have not arrived. */
  readonly losesFiles?: boolean;
  /** Shows the upload screen of a session. `refused` is called if the edge refuses its token. */
  readonly open: (session: Session, refused: (problem: SignInProblem) => void) => Promise<void>;
}

/** Shows the ways to sign in: the user pool's form, and a button for each provider. */
export function createSignInScreen(screen: HTMLElement, options: SignInScreenOptions): Promise<void> {
  return new SignInScreen(screen, options).start();
}

class SignInScreen {
  readonly #screen: HTMLElement;
  readonly #options: SignInScreenOptions;
  /** The last user name, so that after a wrong password only the password is typed again. */
  #username = '';

  constructor(screen: HTMLElement, options: SignInScreenOptions) {
    this.#screen = screen;
    this.#options = options;
  }

  /** Completes the sign-in that the browser returns from. Without one, shows the ways to sign in. */
  start(): Promise<void> {
    return this.#orShow(async () => {
      const finished = await finishSignIn(this.#options.settings.issuers);
      if (finished === undefined) {
        this.#show();
        return;
      }
      await this.#open(openSession(finished.tokens, providerRefresh(finished.issuer)));
    });
  }

  /** Shows why a sign-in failed, at the top of the screen. */
  async #orShow(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SignInError)) reportError(error);
      this.#show(error instanceof SignInError ? error.problem : 'signInBroken');
      const empty = [...this.#screen.querySelectorAll('input')].find(({ value }) => value === '');
      empty?.focus();
    }
  }

  #open(session: Session): Promise<void> {
    return this.#options.open(session, (problem) => this.#show(problem));
  }

  #show(problem?: SignInProblem): void {
    const { settings, texts, losesFiles = false } = this.#options;
    const { pool, issuers } = settings;
    const onPage = issuers.filter((issuer) => issuer.onPage);
    const others = issuers.filter((issuer) => !issuer.onPage);
    const flags = { class: pool === undefined ? undefined : 'second' };
    const ways = onPage.map((issuer) =>
      slowButton(texts.signInWith(issuer.alias), () => this.#orShow(() => startSignIn(issuer)), flags),
    );
    replaceScreen(
      this.#screen,
      ...(pool === undefined && issuers.length === 0
        ? [element('p', { class: 'message' }, texts.noWay)]
        : [element('h2', {}, texts.signIn)]),
      this.#alert(problem),
      ...(pool === undefined ? [] : [this.#poolForm(pool)]),
      ...(ways.length > 0 ? [element('div', { class: 'ways' }, ...ways)] : []),
      ...(ways.length > 0 && losesFiles ? [element('p', { class: 'hint' }, texts.losesFiles)] : []),
      ...others.map(({ alias }) =>
        element('p', { class: 'hint' }, texts.commandLine(alias), loginCommand(` --issuer ${alias}`)),
      ),
    );
  }

  #alert(problem: SignInProblem | undefined): HTMLElement {
    const text = problem === undefined ? '' : this.#options.texts[problem];
    const command = problem === 'notHere' ? [loginCommand()] : [];
    return element('p', { class: 'error', role: 'alert' }, text, ...command);
  }

  #poolForm(pool: PoolAddress): HTMLFormElement {
    const { texts } = this.#options;
    const name = field('username', texts.username, {
      autocomplete: 'username',
      autocapitalize: 'none',
      value: this.#username,
    });
    const password = field('password', texts.password, {
      type: 'password',
      autocomplete: 'current-password',
    });
    return createForm([...name.parts, ...password.parts], texts.signIn, () =>
      this.#orShow(async () => {
        this.#username = name.input.value.trim();
        const tokens = await signInToPool({
          pool,
          username: this.#username,
          password: password.input.value,
          now: this.#options.now,
          ask: (question, problem) => this.#ask(question, problem),
        });
        await this.#open(openSession(tokens, poolRefresh(pool)));
      }),
    );
  }

  /** Shows a question of the pool in place of the ways to sign in, and returns what the person enters. */
  #ask(question: Question, problem: SignInProblem | undefined): Promise<string> {
    const { texts } = this.#options;
    return new Promise((resolve) => {
      const alert = this.#alert(problem);
      const { parts, input } = createQuestion(question, { texts, username: this.#username, alert, resolve });
      const again = button(texts.startAgain, () => this.#show(), { class: 'quiet' });
      replaceScreen(this.#screen, ...parts, again);
      input.focus();
    });
  }
}

const loginCommand = (flags = '') => element('code', {}, `edge-upload login ${location.origin}${flags}`);
