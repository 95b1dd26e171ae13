import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { bareToken } from '../../text.ts';
import type { Text } from '../../ui/shown.ts';
import type { FactorWord } from '../second-factors.ts';
import { blankAround, PASSWORD_RULES, passwordDefect } from './password.ts';

/** What a sign-in may need to know of its user; each thing is asked once, and kept for a sign-in that starts again. */
export interface SignInAnswers {
  password(): Promise<string>;
  newPassword(): Promise<string>;
  /** Takes the pool's reason why the new password will not do; false where no other can be had. */
  rejectNewPassword(reason: string): boolean;
  /** Values for these names, and for whatever others the user gave. */
  attributes(missing: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** A one-time code. `prompt` says which, such as `Code of the authenticator app`. */
  code(prompt: string): Promise<string>;
  /** Takes the reason why the code will not do; false where no other can be had. */
  rejectCode(reason: string): boolean;
  /** Drops a code that came with a message: the next message has another. */
  forgetCode(): void;
  /** One of the second factors that the pool offers. */
  factor(offered: readonly FactorWord[]): Promise<FactorWord>;
  /** Shows what the next answer is about. */
  tell(text: Text): void;
  /** The same for what only a person at a terminal can use. */
  show(text: () => Promise<Text>): Promise<void>;
}

/** What flags and the environment gave. */
export interface GivenAnswers {
  readonly password?: string;
  readonly newPassword?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Waits for a code that comes only now. */
  readonly code?: () => Promise<string>;
  readonly factor?: FactorWord;
}

const noCode = (answer: string) =>
  /^\d{6,8}$/.test(answer.replaceAll(/\s/g, '')) ? undefined : 'A code has six digits, or eight';

/** No try is spent on a password that cannot be right. */
function blankIn(answer: string): string | undefined {
  const reason = blankAround(answer);
  return reason && `It ${reason}`;
}

/** A new password, typed twice unless it is given. */
async function askNewPassword({ ui }: Pick<Context, 'ui'>): Promise<string> {
  const flag = '--new-password-stdin or EDGE_UPLOAD_NEW_PASSWORD';
  const reject = (answer: string) => (answer === '' ? 'A password is needed' : passwordDefect(answer));
  if (ui.interactive) ui.event({ type: 'instruction', text: PASSWORD_RULES });
  const first = await ui.ask({ prompt: 'New password', flag, secret: true, reject });
  await ui.ask({
    prompt: 'New password again',
    flag,
    secret: true,
    reject: (answer) => (answer === first ? undefined : 'That is not the same password'),
  });
  return first;
}

/** Answers from what was given, the rest from the person at the terminal; without one, usage errors that name the flag. */
export function askedAnswers({ ui }: Pick<Context, 'ui'>, given: GivenAnswers): SignInAnswers {
  let { password, newPassword } = given;
  let code: string | undefined;
  const attributes: Record<string, string> = { ...given.attributes };
  return {
    async password() {
      password ??= await ui.ask({
        prompt: 'Password',
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
          flag: `--attribute ${name}=<value>`,
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
    async factor(offered) {
      const typed = (word: string) => offered.find((one) => one === word.trim().toLowerCase());
      const list = offered.join(', ');
      const reject = (answer: string) => (typed(answer) === undefined ? `Type one of ${list}` : undefined);
      const answer =
        given.factor ?? (await ui.ask({ prompt: `Second factor (${list})`, flag: '--mfa', reject }));
      const factor = typed(answer);
      if (factor !== undefined) return factor;
      throw new UserError('usage', `The user has no second factor “${answer}”.`, {
        hint: `Give one of these with --mfa: ${list}`,
      });
    },
    tell: (text) => ui.event({ type: 'instruction', text }),
    async show(text) {
      if (ui.interactive) ui.event({ type: 'instruction', text: await text() });
    },
  };
}

/** Answers for a sign-in in the course of another command, where a password is all there is. */
export function passwordOnly(password: string): SignInAnswers {
  const refuse = (why: string, hint: string): never => {
    throw new UserError('not_signed_in', why, { hint });
  };
  const temporary = () =>
    refuse(
      'The password is a temporary one, and must be changed at a first sign-in.',
      'Sign in once with: edge-upload login',
    );
  const secondFactor = () =>
    refuse(
      'This user signs in with a second factor, so that a password alone is not enough.',
      'Sign in with: edge-upload login   or use a user without a second factor.',
    );
  return {
    password: async () => password,
    newPassword: async () => temporary(),
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
