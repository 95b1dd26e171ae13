import type { Context } from '../context.ts';

/** Who it is about: the flag, EDGE_UPLOAD_USERNAME, else the person at the terminal. */
export async function knownUsername(
  { env, ui }: Pick<Context, 'env' | 'ui'>,
  flag?: string,
): Promise<string> {
  return (
    flag ||
    env.EDGE_UPLOAD_USERNAME ||
    ui.ask({
      prompt: 'User name',
      flag: '--username',
      reject: (answer) => (answer.trim() === '' ? 'A user name is needed' : undefined),
    })
  );
}
