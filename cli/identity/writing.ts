import type { UploadPolicy } from '../../edge/config.ts';
import { formatLimit } from '../ui/format.ts';
import type { Caller } from './edge-description.ts';

/** What a caller may write, in words; the edge itself decides at each upload. */
export function writingText({ maxSize, allowGroups = [] }: UploadPolicy, { writeTo }: Caller): string {
  if (writeTo.length === 0) {
    const who = allowGroups.length === 0 ? 'members of a group' : `members of ${allowGroups.join(', ')}`;
    return `nothing; only ${who} are allowed to upload`;
  }
  const size = maxSize === undefined ? '' : `, up to ${formatLimit(maxSize)} each`;
  return writeTo.includes('') ? `any key${size}` : `keys that begin with ${writeTo.join(' or ')}${size}`;
}
