import type { Context } from '../context.ts';
import { isUserError } from '../errors.ts';

/**
 * Changes records on this computer. A failure is a warning that starts with `consequence`: no work on a stack depends on
 * a record.
 * @returns whether the records were changed
 */
export async function keepBooks(
  { ui }: Pick<Context, 'ui'>,
  consequence: string,
  change: () => Promise<void>,
): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    ui.event({ type: 'warning', text: [`${consequence} ${error.message}`, ...error.hintLines] });
    return false;
  }
}
