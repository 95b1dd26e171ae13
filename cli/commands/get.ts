import { once } from 'node:events';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Context, Result } from '../context.ts';
import { UserError } from '../errors.ts';
import { type FetchedObject, fetchObject } from '../stack/download/fetch-object.ts';
import { openTarget, shownPath, targetPath } from '../stack/download/target-file.ts';
import { bucketOf, type StackWork } from '../stack/find-stack.ts';
import { formatBytes } from '../ui/format.ts';
import { type OperatorArgs, requireTarget, withStack } from './operator.ts';

export interface GetArgs extends OperatorArgs {
  readonly key: string;
  /** A path, an existing folder, or `-` for standard output. Absent: the key's file name in the current folder. */
  readonly as?: string;
  /** Replace an existing file. */
  readonly force?: boolean;
  readonly versionId?: string;
}

/** Downloads an object with the operator's AWS credentials, and compares it with the checksum that S3 stores. */
export async function get(context: Context, { force = false, ...args }: GetArgs): Promise<Result> {
  const { as, key, versionId } = args;
  const toStdout = as === '-';
  if (toStdout && context.options.json) {
    throw new UserError('usage', 'With --as - the object itself goes to standard output, not JSON.', {
      hint: 'Use either --json or --as -.',
    });
  }
  const { cwd, platform } = context;
  const path = toStdout
    ? undefined
    : await targetPath(key, { cwd, platform, force, ...omitUndefined({ as }) });
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    const object = { bucket: await bucketOf(work), key, ...omitUndefined({ versionId }) };
    const fetched =
      path === undefined
        ? await fetchObject(work, object, (bytes) => writeOut(context, bytes))
        : await intoFile(work, object, path, force);
    if (fetched.verified === undefined) {
      context.ui.event({
        type: 'warning',
        text: `S3 has no checksum of the whole object ${key}: only its length was compared.`,
      });
    }
    if (path === undefined) return { document: {} };
    const file = shownPath(path, cwd);
    return {
      document: { ...object, file: path, ...fetched },
      text: `Downloaded ${key}  ${formatBytes(fetched.bytes)}  ${file}`,
    };
  });
}

async function intoFile(
  work: StackWork,
  object: Parameters<typeof fetchObject>[1],
  path: string,
  force: boolean,
): Promise<FetchedObject> {
  const file = await openTarget(path, { force });
  try {
    const fetched = await fetchObject(work, object, (bytes) => file.write(bytes));
    await file.finish();
    return fetched;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Waits for a slow reader, until Ctrl-C. */
async function writeOut({ stdout, signal }: Context, bytes: Uint8Array): Promise<void> {
  if (!stdout.write(bytes)) await once(stdout, 'drain', { signal });
}
