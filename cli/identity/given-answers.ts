import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { GivenAnswers } from './answers.ts';

export interface AnswerFlags {
  /** A line of standard input is the password. */
  readonly passwordStdin?: boolean;
  /** The line after it is the new one; the first line, where the password comes from elsewhere. */
  readonly newPasswordStdin?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

const MAX_INPUT_BYTES = 64 * 1024;

/** The first lines of standard input, without their ends; fewer where it ends before. Where none is wanted, nothing is waited for. */
async function readLines({ stdin }: Pick<Context, 'stdin'>, wanted: number): Promise<string[]> {
  if (wanted === 0) return [];
  let bytes = Buffer.alloc(0);
  const lines = () => bytes.toString('utf8').split('\n');
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
    if (bytes.length > MAX_INPUT_BYTES || lines().length > wanted) break;
  }
  return lines()
    .slice(0, wanted)
    .map((line) => line.replace(/\r$/, ''));
}

/** What flags, standard input and the environment answer: EDGE_UPLOAD_PASSWORD and EDGE_UPLOAD_NEW_PASSWORD. */
export async function givenAnswers(
  context: Pick<Context, 'env' | 'stdin'>,
  { passwordStdin = false, newPasswordStdin = false, attributes }: AnswerFlags,
): Promise<GivenAnswers> {
  const { EDGE_UPLOAD_PASSWORD, EDGE_UPLOAD_NEW_PASSWORD } = context.env;
  const lines = await readLines(context, Number(passwordStdin) + Number(newPasswordStdin));
  const line = (flag: string): string => {
    const text = lines.shift();
    if (text) return text;
    throw new UserError('usage', `Standard input has no line for ${flag}.`, {
      hint: 'Pipe in the password, then the new one if asked for, one on each line.',
    });
  };
  const password = passwordStdin ? line('--password-stdin') : EDGE_UPLOAD_PASSWORD;
  const newPassword = newPasswordStdin ? line('--new-password-stdin') : EDGE_UPLOAD_NEW_PASSWORD;
  return {
    ...(password ? { password } : {}),
    ...(newPassword ? { newPassword } : {}),
    ...(attributes === undefined ? {} : { attributes }),
  };
}
