import { omitUndefined } from '../protocol/fields.ts';
import type { Context } from './context.ts';

/** Shows work as a task, from its beginning to its end or failure. `detail`, if any, is shown once it is done. */
export async function asTask<T>(
  ui: Context['ui'],
  task: string,
  detail: string | ((result: T) => string) | undefined,
  work: () => Promise<T>,
): Promise<T> {
  ui.event({ type: 'task-started', task });
  try {
    const result = await work();
    const shown = typeof detail === 'function' ? detail(result) : detail;
    ui.event({ type: 'task-done', task, ...omitUndefined({ detail: shown }) });
    return result;
  } catch (error) {
    ui.event({ type: 'task-failed', task });
    throw error;
  }
}
