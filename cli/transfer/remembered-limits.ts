import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { isUserError, type UserError } from '../errors.ts';
import { tokenOrigin } from '../identity/tokens/token-source.ts';
import { readFields } from '../settings/documents.ts';
import { readIfThere, replaceFile } from '../settings/files.ts';
import { folders } from '../settings/folders.ts';
import type { Target } from '../settings/target.ts';
import { type EdgeLimits, readLimits } from './wire/edge-limits.ts';

/** What the edge allowed the holder of a token, kept from one command to the next. */
export interface LimitsMemory {
  recall(token: string): Promise<EdgeLimits | undefined>;
  keep(token: string, limits: EdgeLimits): Promise<void>;
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * Keeps limits beside a stored sign-in, one file an edge. They count for one access token only, so they are asked for
 * again at least as often as it is refreshed. For a credential of the environment nothing is kept.
 */
export function rememberedLimits(context: Context, target: Target): LimitsMemory {
  const path = () => join(folders(context).state, 'limits', `${digestOf(target.url).slice(0, 16)}.json`);
  const isSignIn = async () => (await tokenOrigin(context, target)).kind === 'kept';
  // Without the file, the edge is asked: no reason to fail, or to warn.
  const unusable = (error: UserError) => context.ui.event({ type: 'debug', text: error.message });
  return {
    async recall(token) {
      if (!(await isSignIn())) return undefined;
      try {
        const text = (await readIfThere(path())) ?? '';
        return readFields(text)?.token === digestOf(token) ? readLimits(text) : undefined;
      } catch (error) {
        if (!isUserError(error)) throw error;
        unusable(error);
        return undefined;
      }
    },
    async keep(token, { maxSize, writeTo }) {
      if (!(await isSignIn())) return;
      // In the shape of the edge's own description, so that one reader does for both.
      const document = { token: digestOf(token), policy: { maxSize }, caller: { writeTo } };
      try {
        await replaceFile(path(), `${JSON.stringify(document)}\n`);
      } catch (error) {
        if (!isUserError(error)) throw error;
        unusable(error);
      }
    },
  };
}
