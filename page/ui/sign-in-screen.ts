import type { PageSettings, PoolAddress } from '../settings.ts';
import { poolRefresh, signInToPool } from '../sign-in/cognito.ts';
import { finishSignIn, providerRefresh, startSignIn } from '../sign-in/provider.ts';
import { openSession, type Session, SignInError, type SignInProblem } from '../sign-in/signed-in.ts';
import type { Texts } from '../texts/en.ts';
import { button, createForm, element, field } from './elements.ts';
import { createQuestion } from './sign-in-question.ts';

export interface SignInScreenOptions {
  readonly settings: PageSettings;
  readonly texts: Texts;
  /** Shows the upload screen of a session. `refused` is called if the edge refuses its token. */
  readonly open: (session: Session, refused: (problem: SignInProblem) => void) => Promise<void>;
}

/** Shows the ways to sign in: the user pool's form, and a button for each provider. */
export async function createSignInScreen(screen: HTMLElement, options: SignInScreenOptions): Promise<void> {
  const { settings, texts, open } = options;
  const { pool, issuers } = settings;
  /** The last user name, so that after a wrong password only the password is typed again. */
  let username = '';

  const login = (flags = '') => element('code', {}, `edge-upload login ${location.origin}${flags}`);
  const alertOf = (problem: SignInProblem | undefined) =>
    element(
      'p',
      { class: 'error', role: 'alert' },
      problem === undefined ? '' : texts[problem],
      ...(problem === 'notHere' ? [login()] : []),
    );

  /** Shows why a sign-in failed, at the top of the screen. */
  const orShow = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      show(error.problem);
      const empty = [...screen.querySelectorAll('input')].find(({ value }) => value === '');
      empty?.focus();
    }
  };

  const show = (problem?: SignInProblem) => {
    const second = pool === undefined ? undefined : 'second';
    const ways = issuers
      .filter(({ onPage }) => onPage)
      .map((issuer) =>
        button(texts.signInWith(issuer.alias), () => void orShow(() => startSignIn(issuer)), {
          class: second,
        }),
      );
    const others = issuers.filter(({ onPage }) => !onPage);
    const hints = others.map(({ alias }) =>
      element('p', { class: 'hint' }, texts.commandLine(alias), login(` --issuer ${alias}`)),
    );
    const none = pool === undefined && ways.length === 0;
    screen.replaceChildren(
      ...(none && others.length === 0
        ? [element('p', { class: 'message' }, texts.noWay)]
        : [element('h2', {}, texts.signIn)]),
      alertOf(problem),
      ...(pool === undefined ? [] : [poolForm(pool)]),
      ...(ways.length > 0 ? [element('div', { class: 'ways' }, ...ways)] : []),
      ...hints,
    );
  };

  const opening = (session: Session) => open(session, show);

  const poolForm = (address: PoolAddress): HTMLFormElement => {
    const name = field('username', texts.username, {
      autocomplete: 'username',
      autocapitalize: 'none',
      value: username,
    });
    const password = field('password', texts.password, {
      type: 'password',
      autocomplete: 'current-password',
    });
    return createForm([...name.parts, ...password.parts], texts.signIn, () =>
      orShow(async () => {
        username = name.input.value.trim();
        const tokens = await signInToPool({
          pool: address,
          username,
          password: password.input.value,
          ask: (question, problem) =>
            new Promise((resolve) => {
              const alert = alertOf(problem);
              const { parts, input } = createQuestion(question, { texts, username, alert, resolve });
              const again = button(texts.startAgain, () => show(), { class: 'quiet' });
              screen.replaceChildren(...parts, again);
              input.focus();
            }),
        });
        await opening(openSession(tokens, poolRefresh(address)));
      }),
    );
  };

  await orShow(async () => {
    const finished = await finishSignIn(issuers);
    if (finished === undefined) {
      show();
      return;
    }
    const { issuer, tokens } = finished;
    await opening(openSession(tokens, providerRefresh(issuer)));
  });
}
