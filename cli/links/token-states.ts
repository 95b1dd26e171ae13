import { ifAllowed, timeAtAws } from '../stack/aws-calls.ts';
import type { StackWork } from '../stack/find-stack.ts';
import type { DeployedEdge } from './deployed-edge.ts';
import { existingKeys } from './ledger.ts';
import type { TokenEntry } from './token-entry.ts';

/** `used` is a link for one file that has been stored. */
export type TokenState = 'active' | 'used' | 'expired' | 'revoked';

/** Returns the state of a token, from the clock and the deployed edge. */
export function stateOf(
  { id, kid, expiresAt }: TokenEntry,
  { kids, revoked }: Pick<DeployedEdge, 'kids' | 'revoked'>,
  now: Date,
): Exclude<TokenState, 'used'> {
  if (Date.parse(expiresAt) <= now.getTime()) return 'expired';
  return revoked.has(id) || !kids.has(kid) ? 'revoked' : 'active';
}

/** Returns entries with their states. Checks in the bucket which links for one file are used. */
export async function tokenStates(
  work: StackWork,
  edge: DeployedEdge,
  entries: readonly TokenEntry[],
): Promise<readonly (TokenEntry & { readonly state: TokenState })[]> {
  const now = timeAtAws(work);
  const judged = entries.map((entry) => ({ ...entry, state: stateOf(entry, edge, now) }));
  const keys = judged.flatMap(({ kind, key, state }) =>
    kind === 'link' && key !== undefined && state === 'active' ? [key] : [],
  );
  const stored = await storedOf(work, edge.bucket, keys);
  return judged.map((entry) => {
    const isUsed = entry.state === 'active' && entry.key !== undefined && stored.has(entry.key);
    return isUsed ? { ...entry, state: 'used' } : entry;
  });
}

async function storedOf(work: StackWork, bucket: string, keys: readonly string[]) {
  const stored = await ifAllowed(
    () => existingKeys(work, bucket, keys),
    ({ message }) => {
      work.context.ui.event({ type: 'warning', text: `Used links are shown as active: ${message}` });
    },
  );
  return stored === 'denied' ? new Set<string>() : stored;
}
