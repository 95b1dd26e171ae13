import type { PageSettings, PoolAddress } from '../settings.ts';
import { renewPoolTokens, signInToPool } from '../sign-in/cognito.ts';
import { finishSignIn, renewTokens, startSignIn } from '../sign-in/provider.ts';
import { SignInError, signedInTokens } from '../sign-in/signed-in.ts';
import type { Texts } from '../texts/en.ts';
import type { TokenSource } from '../transfer/edge-client.ts';
import { button, element } from './elements.ts';

export interface SignInScreenOptions {
  readonly settings: PageSettings;
  readonly texts: Texts;
  /** Shows the page of whom the tokens are for. `signedOut` is called where the edge does not accept them. */
  readonly open: (tokens: TokenSource, signedOut: () => void) => Promise<void>;
}

/** Shows the ways to sign in: the user pool's form, and a button for each provider. */
export async function createSignInScreen(screen: HTMLElement, options: SignInScreenOptions): Promise<void> {
  const { settings, texts, open } = options;
  const { pool, issuers } = settings;
  const signedOut = () => show(texts.signInEnded);

  const show = (problem?: string) => {
    const alert = element(
      'p',
      { class: 'error', role: 'alert' },
      ...(problem === undefined ? [] : [problem]),
    );
    const ways = issuers.map((issuer) =>
      button(texts.signInWith(issuer.alias), async () => {
        try {
          await startSignIn(issuer);
        } catch (error) {
          alert.textContent = problemText(error, texts);
        }
      }),
    );
    const none = pool === undefined && ways.length === 0;
    screen.replaceChildren(
      alert,
      ...(none ? [element('p', { class: 'message' }, texts.noWay)] : []),
      ...(ways.length > 0 ? [element('div', { class: 'ways' }, ...ways)] : []),
      ...(pool === undefined ? [] : [poolForm(pool, alert)]),
    );
  };

  const poolForm = (address: PoolAddress, alert: HTMLElement): HTMLFormElement => {
    const username = field('username', texts.username, { autocomplete: 'username', autocapitalize: 'none' });
    const password = field('password', texts.password, {
      type: 'password',
      autocomplete: 'current-password',
    });
    return form([...username.parts, ...password.parts], texts.signIn, alert, async () => {
      const tokens = await signInToPool({
        pool: address,
        username: username.input.value.trim(),
        password: password.input.value,
        ask: (question, problem) => askFor(question, problem),
      });
      await open(
        signedInTokens(tokens, (refreshToken) => renewPoolTokens(address, refreshToken)),
        signedOut,
      );
    });
  };

  const askFor = (question: 'newPassword' | 'code', problem?: SignInError): Promise<string> =>
    new Promise((resolve) => {
      const isCode = question === 'code';
      const asked = field(question, isCode ? texts.code : texts.newPassword, {
        type: isCode ? 'text' : 'password',
        autocomplete: isCode ? 'one-time-code' : 'new-password',
        ...(isCode && { inputmode: 'numeric' }),
      });
      const said = problem === undefined ? '' : problemText(problem, texts);
      const alert = element('p', { class: 'error', role: 'alert' }, said);
      const help = isCode ? [] : [element('p', { class: 'hint' }, texts.newPasswordHelp)];
      const answer = async () => resolve(asked.input.value);
      screen.replaceChildren(alert, ...help, form(asked.parts, texts.continue, alert, answer));
      asked.input.focus();
    });

  /** A form whose problems are shown, and whose button waits while it works. */
  const form = (parts: readonly Node[], label: string, alert: HTMLElement, act: () => Promise<void>) => {
    const submit = element('button', {}, label);
    const made = element('form', {}, ...parts, submit);
    made.addEventListener('submit', async (event) => {
      event.preventDefault();
      submit.disabled = true;
      alert.textContent = '';
      try {
        await act();
      } catch (error) {
        show(problemText(error, texts));
      } finally {
        submit.disabled = false;
      }
    });
    return made;
  };

  try {
    const finished = await finishSignIn(issuers);
    if (finished === undefined) {
      show();
      return;
    }
    const { issuer, tokens } = finished;
    await open(
      signedInTokens(tokens, (refreshToken) => renewTokens(issuer, refreshToken)),
      signedOut,
    );
  } catch (error) {
    show(problemText(error, texts));
  }
}

function field(id: string, label: string, attributes: Readonly<Record<string, string>>) {
  const input = element('input', { id, required: true, spellcheck: 'false', ...attributes });
  return { input, parts: [element('label', { for: id }, label), input] };
}

function problemText(error: unknown, texts: Texts): string {
  if (!(error instanceof SignInError)) throw error;
  const { problem, message } = error;
  return problem === 'passwordRejected' ? texts.passwordRejected(message) : texts[problem];
}
