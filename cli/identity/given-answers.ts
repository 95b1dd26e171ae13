import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { GivenAnswers } from './answers.ts';
import type { FactorWord } from './factors.ts';
import { linesOf } from './stdin-lines.ts';

export interface AnswerFlags {
  /** A line of standard input is the password. */
  readonly passwordStdin?: boolean;
  /** The line after it is the new one; the first line, where the password comes from elsewhere. */
  readonly newPasswordStdin?: boolean;
  /** The line after those is a code, read once one is asked for. */
  readonly codeStdin?: boolean;
  /** Which second factor to use of several. */
  readonly factor?: FactorWord;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What flags, standard input and the environment answer: EDGE_UPLOAD_PASSWORD and EDGE_UPLOAD_NEW_PASSWORD. */
export async function givenAnswers(
  { env, stdin }: Pick<Context, 'env' | 'stdin'>,
  { passwordStdin = false, newPasswordStdin = false, codeStdin = false, factor, attributes }: AnswerFlags,
): Promise<GivenAnswers> {
  const { EDGE_UPLOAD_PASSWORD, EDGE_UPLOAD_NEW_PASSWORD } = env;
  const lines = linesOf(stdin);
  const line = async (flag: string): Promise<string> => {
    const text = await lines.next();
    if (text) return text;
    throw new UserError('usage', `Standard input has no line for ${flag}.`, {
      hint: 'Pipe in the password, then the new one and the code if asked for, one on each line.',
    });
  };
  const password = passwordStdin ? await line('--password-stdin') : EDGE_UPLOAD_PASSWORD;
  const newPassword = newPasswordStdin ? await line('--new-password-stdin') : EDGE_UPLOAD_NEW_PASSWORD;
  return {
    ...(password ? { password } : {}),
    ...(newPassword ? { newPassword } : {}),
    ...(codeStdin ? { code: () => line('--code-stdin') } : {}),
    ...(factor === undefined ? {} : { factor }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}
