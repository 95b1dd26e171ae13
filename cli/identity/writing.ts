import type { UploadPolicy } from '../../edge/config.ts';
import { formatBytes } from '../ui/format.ts';
import type { Caller } from './edge-description.ts';

/** What a caller may write, for both readers. */
export interface Writing {
  readonly document: { readonly allowed: boolean; readonly prefix?: string; readonly maxSize?: number };
  readonly text: string;
}

/** The policy of an edge as it applies to one caller; the edge itself decides at each upload. */
export function mayWrite({ maxSize, writeTo, allowGroups }: UploadPolicy, caller: Caller): Writing {
  const size = maxSize === undefined ? '' : `, up to ${formatBytes(maxSize)} each`;
  const limits = maxSize === undefined ? {} : { maxSize };
  if (allowGroups !== undefined && !allowGroups.some((group) => caller.groups.includes(group))) {
    const groups = allowGroups.join(', ');
    return { document: { allowed: false, ...limits }, text: `nothing: only members of ${groups} may` };
  }
  if (writeTo === undefined) return { document: { allowed: true, ...limits }, text: `any key${size}` };
  const prefix = writeTo.replaceAll('{username}', caller.username);
  return { document: { allowed: true, prefix, ...limits }, text: `keys that begin with ${prefix}${size}` };
}
