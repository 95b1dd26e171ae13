import { omitUndefined } from '../../../protocol/fields.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { FactorWord } from '../second-factors.ts';
import type { GivenAnswers } from './answers.ts';
import { givenPassword } from './password.ts';
import { linesOf } from './stdin-lines.ts';

export interface AnswerFlags {
  /** Reads the password from the first line of standard input. */
  readonly passwordStdin?: boolean;
  /** Reads the new password from the next line. */
  readonly newPasswordStdin?: boolean;
  /** Reads a code from the line after the passwords, when a code is needed. */
  readonly codeStdin?: boolean;
  /** Second factor to use if there are several. */
  readonly factor?: FactorWord;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Returns answers from flags, standard input and the environment: EDGE_UPLOAD_PASSWORD and EDGE_UPLOAD_NEW_PASSWORD. */
export async function givenAnswers(
  { env, stdin, signal }: Pick<Context, 'env' | 'stdin'> & Partial<Pick<Context, 'signal'>>,
  { passwordStdin = false, newPasswordStdin = false, codeStdin = false, factor, attributes }: AnswerFlags,
): Promise<GivenAnswers> {
  const lines = linesOf(stdin, signal);
  const line = async (flag: string): Promise<string> => {
    // The terminal would show what is typed.
    if (stdin.isTTY === true) {
      throw new UserError('usage', `${flag} reads from a pipe or a file, but standard input is a terminal.`, {
        hint: `Omit ${flag} to be asked.`,
      });
    }
    const text = await lines.next();
    if (text) return text;
    throw new UserError('usage', `Standard input has no line for ${flag}.`, {
      hint: 'Pipe in the password, then the new one and the code if asked for, one on each line.',
    });
  };
  const secret = async (fromStdin: boolean, flag: string, variable: string) => {
    if (fromStdin) return givenPassword(await line(flag), `The line of standard input for ${flag}`);
    const given = env[variable];
    return given ? givenPassword(given, variable) : undefined;
  };
  const password = await secret(passwordStdin, '--password-stdin', 'EDGE_UPLOAD_PASSWORD');
  const newPassword = await secret(newPasswordStdin, '--new-password-stdin', 'EDGE_UPLOAD_NEW_PASSWORD');
  return {
    ...(password ? { password } : {}),
    ...(newPassword ? { newPassword } : {}),
    ...(codeStdin ? { code: () => line('--code-stdin') } : {}),
    ...omitUndefined({ factor, attributes }),
  };
}
