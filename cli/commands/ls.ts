import { isOwnKey } from '../../protocol/object-url.ts';
import type { Context, Result } from '../context.ts';
import type { JsonValue } from '../json-value.ts';
import { isBucketGone } from '../stack/aws-calls.ts';
import { bucketGone } from '../stack/checks/bucket.ts';
import { bucketOf, type StackWork } from '../stack/find-stack.ts';
import { type ListedObject, listObjectPages } from '../stack/listing/bucket-listing.ts';
import { count, formatBytes, formatMinute } from '../ui/format.ts';
import { type TextLine, visible } from '../ui/shown.ts';
import { type OperatorArgs, requireTarget, withStack } from './operator.ts';

export interface LsArgs extends OperatorArgs {
  /** Prefix of the keys to list. */
  readonly prefix?: string;
}

const columns = (when: string, size: string, key: string) =>
  `${when.padEnd(16)}  ${size.padStart(9)}  ${key}`;

const HEADER: TextLine = { style: 'bold', text: columns('Modified (UTC)', 'Size', 'Key') };

function row({ key, bytes, modified }: ListedObject): TextLine {
  return columns(formatMinute(modified), formatBytes(bytes), visible(key));
}

/** Lists the stored objects. Text is printed as pages arrive; JSON is one document. */
export async function ls(context: Context, { prefix = '', ...args }: LsArgs): Promise<Result> {
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    const bucket = await bucketOf(work);
    try {
      return await listBucket(work, { bucket, prefix, json: context.options.json });
    } catch (error) {
      throw isBucketGone(error) ? bucketGone(bucket, error) : error;
    }
  });
}

interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  readonly json: boolean;
}

async function listBucket(work: StackWork, { bucket, prefix, json }: Listing): Promise<Result> {
  const { ui } = work.context;
  const objects: JsonValue[] = [];
  let found = 0;
  let bytes = 0;
  for await (const page of listObjectPages(work, bucket, prefix)) {
    // The records of links and keys are listed only if their prefix is typed.
    const listed = page.filter(({ key }) => isOwnKey(prefix) || !isOwnKey(key));
    if (listed.length === 0) continue;
    if (json)
      objects.push(...listed.map((object) => ({ ...object, modified: object.modified.toISOString() })));
    else
      ui.event({ type: 'row', text: [...(found === 0 ? [HEADER] : []), ...listed.map(row)], document: {} });
    found += listed.length;
    bytes += listed.reduce((sum, object) => sum + object.bytes, 0);
  }
  const where = prefix === '' ? bucket : `${bucket} below ${prefix}`;
  ui.event({ type: 'note', text: `${count(found, 'object')}, ${formatBytes(bytes)} in ${where}` });
  return { document: { bucket, prefix, objects } };
}
