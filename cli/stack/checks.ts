import type { Context } from '../context.ts';
import { isUserError, type UserError } from '../errors.ts';

/** One thing that has to be right: what it found, or why it could not look. Throws a `UserError` where it is wrong. */
export interface Check {
  /** Such as `credentials`. */
  readonly name: string;
  readonly run: () => Promise<{ readonly found: string } | { readonly skipped: string }>;
}

export type Checked =
  | { readonly name: string; readonly state: 'ok' | 'skipped'; readonly detail: string }
  | { readonly name: string; readonly state: 'failed'; readonly error: UserError };

/** Runs one check and shows it as work like any other. */
export async function runCheck({ ui }: Pick<Context, 'ui'>, { name, run }: Check): Promise<Checked> {
  const task = `Checking ${name}`;
  ui.event({ type: 'task-started', task });
  try {
    const seen = await run();
    const skipped = 'skipped' in seen;
    const detail = skipped ? seen.skipped : seen.found;
    ui.event({ type: 'task-done', task, detail: skipped ? `skipped: ${detail}` : detail });
    return { name, state: skipped ? 'skipped' : 'ok', detail };
  } catch (error) {
    ui.event({ type: 'task-failed', task });
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    return { name, state: 'failed', error };
  }
}

/** Runs checks of which the later ones lean on the earlier ones: the first that fails is thrown. */
export async function requireChecks(context: Pick<Context, 'ui'>, checks: readonly Check[]): Promise<void> {
  for (const check of checks) {
    const checked = await runCheck(context, check);
    if (checked.state === 'failed') throw checked.error;
  }
}
