import { isUserError, type UserError } from '../../errors.ts';
import {
  type FoundStack,
  findStack,
  resourcesIfThere,
  type StackResource,
  type StackWork,
} from '../find-stack.ts';
import { templateIfThere } from '../template/template.ts';

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

/**
 * A stack as CloudFormation describes it. Each part is read once, at its first use, and a failed read is not repeated:
 * all checks see the same state, and a throttled account gets few requests.
 */
export interface StackSnapshot {
  /** `undefined` if there is no stack. */
  readonly stack: () => Promise<FoundStack | undefined>;
  /** The deployed template. `undefined` without a stack, or if the stack is only planned. */
  readonly template: () => Promise<string | undefined>;
  /** The resources in any state. None without a stack, or if the stack is only planned. */
  readonly resources: () => Promise<readonly StackResource[]>;
}

/** Returns a snapshot of a stack. @param known the stack, if it was read before */
export function stackSnapshot(work: StackWork, known?: FoundStack): StackSnapshot {
  const stack = once(async () => known ?? (await findStack(work)));
  return {
    stack,
    template: once(async () => templateIfThere(work, await stack())),
    resources: once(async () => resourcesIfThere(work, await stack())),
  };
}

/** Runs a read at its first use alone. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read();
    return reading;
  };
}
