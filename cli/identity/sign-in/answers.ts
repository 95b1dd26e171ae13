import { command, type Hint } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { bareToken } from '../../text.ts';
import { shellWord } from '../../ui/shell-words.ts';
import type { Text } from '../../ui/shown.ts';
import type { FactorWord } from '../second-factors.ts';
import { blankAround, PASSWORD_RULES, passwordDefect } from './password.ts';

/** Answers of the user during a sign-in. Each is asked for once and kept if the sign-in restarts. */
export interface SignInAnswers {
  password(): Promise<string>;
  newPassword(): Promise<string>;
  /** Makes the new password the one that `password` returns: the pool has accepted it. */
  useNewPassword(): void;
  /** Records why the pool refused the new password. Returns false if another one is unavailable. */
  rejectNewPassword(reason: string): boolean;
  /** Returns values for these names, and for the other names that the user set. */
  attributes(missing: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Returns a one-time code. `prompt` names it, such as `Code of the authenticator app`. */
  code(prompt: string): Promise<string>;
  /** Records why the code was refused. Returns false if another one is unavailable. */
  rejectCode(reason: string): boolean;
  /** Drops a code that was sent by message: the next message contains a new code. */
  forgetCode(): void;
  /** Returns one of the second factors that the pool offers. */
  factor(offered: readonly FactorWord[]): Promise<FactorWord>;
  /** Prints an explanation of the next prompt. */
  tell(text: Text): void;
  /** Prints a text only at a terminal. */
  show(text: () => Promise<Text>): Promise<void>;
}

/** Answers from flags and the environment. */
export interface GivenAnswers {
  readonly password?: string;
  readonly newPassword?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Waits for a code from standard input. */
  readonly code?: () => Promise<string>;
  readonly factor?: FactorWord;
}

const noCode = (answer: string) =>
  /^\d{6,8}$/.test(answer.replaceAll(/\s/g, '')) ? undefined : 'A code has six digits, or eight.';

/** Finds invalid passwords before they count as a failed attempt. */
function blankIn(answer: string): string | undefined {
  const reason = blankAround(answer);
  return reason && `It ${reason}.`;
}

/** Asks for a new password twice. */
async function askNewPassword({ ui }: Pick<Context, 'ui'>): Promise<string> {
  const flag = '--new-password-stdin or EDGE_UPLOAD_NEW_PASSWORD';
  const reject = (answer: string) => (answer === '' ? 'A password is needed.' : passwordDefect(answer));
  if (ui.interactive) ui.event({ type: 'instruction', text: PASSWORD_RULES });
  for (;;) {
    const first = await ui.ask({ prompt: 'New password', flag, secret: true, reject });
    const second = await ui.ask({ prompt: 'New password again', flag, secret: true });
    if (second === first) return first;
    // Either of the two may be the mistyped one.
    ui.event({ type: 'instruction', text: '  These are two different passwords. Type both again.' });
  }
}

/** Returns the given factor if the pool offers it. Asks for one if none is given. */
async function chooseFactor(
  { ui }: Pick<Context, 'ui'>,
  offered: readonly FactorWord[],
  given: FactorWord | undefined,
): Promise<FactorWord> {
  const typed = (word: string) => offered.find((one) => one === word.trim().toLowerCase());
  const list = offered.join(', ');
  const reject = (answer: string) => (typed(answer) === undefined ? `Type one of ${list}.` : undefined);
  const answer = given ?? (await ui.ask({ prompt: `Second factor (${list})`, flag: '--mfa', reject }));
  const factor = typed(answer);
  if (factor !== undefined) return factor;
  throw new UserError('usage', `The user has no second factor “${answer}”.`, {
    hint: `Give one of these with --mfa: ${list}`,
  });
}

/**
 * Returns the given answers and asks for the rest. Without a terminal, a missing answer is a `usage` error.
 * @param prompt for the password
 */
export function promptAnswers(
  { ui }: Pick<Context, 'ui'>,
  given: GivenAnswers,
  prompt = 'Password',
): SignInAnswers {
  let { password, newPassword } = given;
  let code: string | undefined;
  const attributes: Record<string, string> = { ...given.attributes };
  return {
    async password() {
      password ??= await ui.ask({
        prompt,
        flag: '--password-stdin or EDGE_UPLOAD_PASSWORD',
        secret: true,
        reject: blankIn,
      });
      return password;
    },
    async newPassword() {
      newPassword ??= await askNewPassword({ ui });
      return newPassword;
    },
    useNewPassword() {
      password = newPassword;
    },
    rejectNewPassword(reason) {
      if (!ui.interactive) return false;
      newPassword = undefined;
      ui.event({ type: 'warning', text: reason });
      return true;
    },
    async attributes(missing) {
      for (const name of missing) {
        attributes[name] ??= await ui.ask({
          prompt: `The user's ${name.replace(/^custom:/, '').replaceAll('_', ' ')}`,
          flag: `--attribute ${shellWord(name)}=<value>`,
        });
      }
      return attributes;
    },
    async code(prompt) {
      const read = given.code ?? (() => ui.ask({ prompt, flag: '--code-stdin', reject: noCode }));
      code ??= bareToken(await read()).replaceAll(/\s/g, '');
      return code;
    },
    rejectCode(reason) {
      if (!ui.interactive || given.code !== undefined) return false;
      code = undefined;
      ui.event({ type: 'warning', text: reason });
      return true;
    },
    forgetCode() {
      code = undefined;
    },
    factor: (offered) => chooseFactor({ ui }, offered, given.factor),
    tell: (text) => ui.event({ type: 'instruction', text }),
    async show(text) {
      if (ui.interactive) ui.event({ type: 'instruction', text: await text() });
    },
  };
}

/** Returns answers for a sign-in by another command, which has only a password. */
export function passwordOnly(password: string): SignInAnswers {
  const refuse = (why: string, hint: Hint): never => {
    throw new UserError('not_signed_in', why, { hint });
  };
  const temporary = () =>
    refuse('The password is temporary and must be changed at the first sign-in.', [
      'Sign in once with:',
      command`edge-upload login`,
    ]);
  const secondFactor = () =>
    refuse('This user signs in with a second factor; a password alone is not enough.', [
      'Use a user without a second factor, or sign in with:',
      command`edge-upload login`,
    ]);
  return {
    password: async () => password,
    newPassword: async () => temporary(),
    useNewPassword() {},
    rejectNewPassword: () => false,
    attributes: async () => temporary(),
    code: async () => secondFactor(),
    rejectCode: () => false,
    forgetCode() {},
    factor: async () => secondFactor(),
    tell() {},
    async show() {},
  };
}
