import type { ListedPart } from '../multipart/listings.ts';
import type { StoredPart } from '../multipart/requests.ts';
import { type Plan, partOf } from '../plan.ts';

export interface Reconciled {
  /** Parts that need not be sent: journal and store agree on them. */
  readonly kept: readonly StoredPart[];
  /** Parts that the store has, of the right size, but of which the journal says nothing or something else. */
  readonly doubtful: readonly ListedPart[];
}

/**
 * Holds what the journal says against what the store lists; neither is trusted alone. Whatever is in neither answer has to
 * be sent. A part counts as agreed on only where its size is the plan's, and ETag and checksum are the same in both; a store that
 * lists no checksum has told the ETag.
 */
export function reconcile(
  size: number,
  plan: Plan,
  recorded: ReadonlyMap<number, StoredPart>,
  listed: readonly ListedPart[],
): Reconciled {
  const kept: StoredPart[] = [];
  const doubtful: ListedPart[] = [];
  const seen = new Set<number>();
  for (const part of listed) {
    const { number } = part;
    if (!Number.isInteger(number) || number < 1 || number > plan.parts || seen.has(number)) continue;
    seen.add(number);
    if (part.size !== partOf(number, size, plan).length) continue;
    const ours = recorded.get(number);
    const agreed =
      ours !== undefined &&
      ours.size === part.size &&
      ours.etag === part.etag &&
      (part.checksum === undefined || part.checksum === ours.checksum);
    if (agreed) kept.push(ours);
    else doubtful.push(part);
  }
  return { kept, doubtful };
}
