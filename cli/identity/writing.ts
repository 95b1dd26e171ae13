import type { UploadPolicy } from '../../edge/config.ts';
import { formatBytes } from '../ui/format.ts';
import type { Caller } from './edge-description.ts';

/** What a caller may write, in words; the edge itself decides at each upload. */
export function writingText({ maxSize, allowGroups = [] }: UploadPolicy, { writeTo }: Caller): string {
  if (writeTo === null) return `nothing: only members of ${allowGroups.join(', ')} may`;
  const size = maxSize === undefined ? '' : `, up to ${formatBytes(maxSize)} each`;
  return writeTo === '' ? `any key${size}` : `keys that begin with ${writeTo}${size}`;
}
