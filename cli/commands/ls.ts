import { isOwnKey } from '../../protocol/object-url.ts';
import type { Context, Result } from '../context.ts';
import { isBucketGone } from '../stack/aws-calls.ts';
import { bucketGone } from '../stack/checks/bucket.ts';
import { bucketOf } from '../stack/find-stack.ts';
import { listObjectPages } from '../stack/listing/bucket-listing.ts';
import { count, formatBytes, formatMinute } from '../ui/format.ts';
import { type TextLine, visible } from '../ui/shown.ts';
import { type OperatorArgs, requireTarget, withStack } from './operator.ts';

export interface LsArgs extends OperatorArgs {
  /** Prefix of the keys to list. */
  readonly prefix?: string;
}

/** Lists the stored objects. Text is printed as pages arrive; JSON is one document. */
export async function ls(context: Context, { prefix = '', ...args }: LsArgs): Promise<Result> {
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    const bucket = await bucketOf(work);
    try {
      const { json } = context.options;
      const objects: { key: string; bytes: number; modified: string; etag: string }[] = [];
      let found = 0;
      let bytes = 0;
      const columns = (when: string, size: string, key: string) =>
        `${when.padEnd(16)}  ${size.padStart(9)}  ${key}`;
      for await (const page of listObjectPages(work, bucket, prefix)) {
        const lines: TextLine[] = [];
        for (const object of page) {
          // The records of links and keys are listed only if their prefix is typed.
          if (isOwnKey(object.key) && !isOwnKey(prefix)) continue;
          const modified = object.modified.toISOString();
          found += 1;
          bytes += object.bytes;
          if (json) objects.push({ ...object, modified });
          else lines.push(columns(formatMinute(modified), formatBytes(object.bytes), visible(object.key)));
        }
        if (lines.length === 0) continue;
        const isFirst = found === lines.length;
        if (isFirst) lines.unshift({ style: 'bold', text: columns('Modified (UTC)', 'Size', 'Key') });
        context.ui.event({ type: 'row', text: lines, document: {} });
      }
      const where = prefix === '' ? bucket : `${bucket} below ${prefix}`;
      context.ui.event({
        type: 'note',
        text: `${count(found, 'object')}, ${formatBytes(bytes)} in ${where}`,
      });
      return { document: { bucket, prefix, objects } };
    } catch (error) {
      throw isBucketGone(error) ? bucketGone(bucket, error) : error;
    }
  });
}
