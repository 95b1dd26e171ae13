import { isUserError, type UserError } from '../../errors.ts';

/** One check. Returns what was found, or why the check was skipped. Throws a `UserError` if it fails. */
export interface Check {
  /** Such as `credentials`. */
  readonly name: string;
  readonly run: () => Promise<{ readonly found: string } | { readonly skipped: string }>;
}

export type Checked =
  | { readonly name: string; readonly state: 'ok' | 'skipped'; readonly detail: string }
  | { readonly name: string; readonly state: 'failed'; readonly error: UserError };

export async function runCheck({ name, run }: Check): Promise<Checked> {
  try {
    const seen = await run();
    return 'skipped' in seen
      ? { name, state: 'skipped', detail: seen.skipped }
      : { name, state: 'ok', detail: seen.found };
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    return { name, state: 'failed', error };
  }
}
