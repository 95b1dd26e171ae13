import type { Context } from './context.ts';

/** Shows work as a task, from its beginning to its end or failure. `detail` is shown once it is done. */
export async function asTask<T>(
  ui: Context['ui'],
  task: string,
  detail: string | ((result: T) => string),
  work: () => Promise<T>,
): Promise<T> {
  ui.event({ type: 'task-started', task });
  try {
    const result = await work();
    ui.event({ type: 'task-done', task, detail: typeof detail === 'string' ? detail : detail(result) });
    return result;
  } catch (error) {
    ui.event({ type: 'task-failed', task });
    throw error;
  }
}
