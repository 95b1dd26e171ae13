import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** What a sign-in may need to know of its user; each thing is asked once, and kept for a sign-in that starts again. */
export interface SignInAnswers {
  password(): Promise<string>;
  newPassword(): Promise<string>;
  /** Takes the pool's reason why the new password will not do; false where no other can be had. */
  rejectNewPassword(reason: string): boolean;
  /** Values for these names, and for whatever others the user gave. */
  attributes(missing: readonly string[]): Promise<Readonly<Record<string, string>>>;
}

/** What flags and the environment gave. */
export interface GivenAnswers {
  readonly password?: string;
  readonly newPassword?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Answers from what was given, the rest from the person at the terminal; without one, usage errors that name the flag. */
export function askedAnswers({ ui }: Pick<Context, 'ui'>, given: GivenAnswers): SignInAnswers {
  let { password, newPassword } = given;
  const attributes: Record<string, string> = { ...given.attributes };
  return {
    async password() {
      password ??= await ui.ask({
        prompt: 'Password',
        flag: '--password-stdin or EDGE_UPLOAD_PASSWORD',
        secret: true,
      });
      return password;
    },
    async newPassword() {
      if (newPassword !== undefined) return newPassword;
      const flag = '--new-password-stdin or EDGE_UPLOAD_NEW_PASSWORD';
      const reject = (answer: string) => (answer === '' ? 'A password is needed' : undefined);
      const first = await ui.ask({ prompt: 'New password', flag, secret: true, reject });
      await ui.ask({
        prompt: 'New password again',
        flag,
        secret: true,
        reject: (answer) => (answer === first ? undefined : 'That is not the same password'),
      });
      newPassword = first;
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
  };
}

/** Answers for a sign-in in the course of another command, where a password is all there is. */
export function passwordOnly(password: string): SignInAnswers {
  const refuse = (): never => {
    throw new UserError(
      'not_signed_in',
      'The password is a temporary one, and must be changed at a first sign-in.',
      {
        hint: 'Sign in once with: edge-upload login',
      },
    );
  };
  return {
    password: async () => password,
    newPassword: async () => refuse(),
    rejectNewPassword: () => false,
    attributes: async () => refuse(),
  };
}
