import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { DeployedEdge } from '../../links/deployed-edge.ts';
import { describeScope, formatExpiry } from '../../links/describe-token.ts';
import { findRecord, type RecordedToken } from '../../links/ledger.ts';
import { MAX_LIFETIME_SECONDS, type TokenKind } from '../../links/token-entry.ts';
import { stateOf, type TokenState } from '../../links/token-states.ts';
import { resumable } from '../../network/cancellation.ts';
import { ifAllowed, timeAtAws } from '../../stack/aws-calls.ts';
import type { StackWork } from '../../stack/find-stack.ts';
import { isTokenId, revokeToken } from '../../stack/signing/signing-options.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';
import { withEdge } from './with-edge.ts';

export interface RevokeArgs extends ApplyArgs {
  readonly id: string;
  /** Of a token without a record. */
  readonly kind: TokenKind;
  /** Revokes even if the record is missing or inactive. */
  readonly force?: boolean;
}

/** Revokes a link or a key: deploys an edge that refuses it. */
export async function revoke(
  context: Context,
  { id, kind: typed, force = false, ...args }: RevokeArgs,
): Promise<Result> {
  if (!isTokenId(id)) throw unknown(id, typed);
  const find = () =>
    withEdge(context, args, async (work, edge) => {
      const found = await recordOf(work, edge, { id, kind: typed, force });
      if (found === undefined && !force) throw unknown(id, typed);
      const token: RecordedToken = found ?? { kind: typed, id };
      // A record is not signed. With --force, its expiry is ignored.
      const judged = force ? { kind: token.kind, id } : token;
      const now = timeAtAws(work);
      return { ...token, state: stateOfToken(judged, edge, now), now };
    });
  const { kind, entry, state, now } = await resumable('Nothing was changed.', find);
  const document = { id, kind };
  if (state === 'expired' || state === 'revoked') {
    const how = state === 'expired' ? 'has expired' : 'is already revoked';
    return {
      document: { ...document, outcome: state },
      text: `The ${kind} ${id} ${how}. Nothing was changed.`,
    };
  }
  const what =
    entry === undefined
      ? 'there is no record of it that can be read'
      : `${describeScope(entry)}, until ${formatExpiry(entry)}`;
  context.ui.event({
    type: 'note',
    text: [
      `Revokes the ${kind} ${id}: ${what}.`,
      `This deploys the edge, which refuses the ${kind} within a few minutes.`,
    ],
  });
  const most = Math.floor(now.getTime() / 1000) + MAX_LIFETIME_SECONDS;
  const until = entry === undefined || force ? most : Math.min(most, Date.parse(entry.expiresAt) / 1000);
  const result = await applyOptions(context, args, (previous) => ({
    options: revokeToken(previous, id, until),
  }));
  if (result.document.outcome === 'declined') {
    return {
      document: { ...document, outcome: 'declined' },
      text: `Nothing was changed: the ${kind} is valid.`,
    };
  }
  return {
    document: { ...document, outcome: 'revoked' },
    text: [
      { mark: 'done', text: `Revoked the ${kind} ${id}. The edge refuses it.` },
      'What was uploaded with it stays.',
    ],
  };
}

/** Returns the record of a token. With --force, one that the operator is not allowed to read counts as missing. */
async function recordOf(
  work: StackWork,
  { bucket }: DeployedEdge,
  { id, kind, force }: Required<Pick<RevokeArgs, 'id' | 'kind' | 'force'>>,
): Promise<RecordedToken | undefined> {
  const found = await ifAllowed(
    () => findRecord(work, bucket, id),
    (error) => {
      if (force) return;
      const { code, message, hintLines } = error;
      throw new UserError(code, message, { hint: [...hintLines, ...byForce(kind, id)], cause: error });
    },
  );
  return found === 'denied' ? undefined : found;
}

const byForce = (kind: TokenKind, id: string) => [
  'Without a record, revoke it with:',
  command`edge-upload ${kind} revoke ${id} --force`,
];

/** Returns the state of a token, from its record and the edge. */
function stateOfToken({ id, entry }: RecordedToken, edge: DeployedEdge, now: Date): TokenState {
  if (entry !== undefined) return stateOf(entry, edge, now);
  return edge.kids.size === 0 || edge.revoked.has(id) ? 'revoked' : 'active';
}

function unknown(id: string, kind: TokenKind): UserError {
  const see = ['See the ids:', command`edge-upload link list`, command`edge-upload key list`];
  if (!isTokenId(id)) {
    return new UserError('not_found', `“${id}” is not the id of a link or key. Ids have 8 characters.`, {
      hint: see,
    });
  }
  return new UserError('not_found', `There is no link or key with the id “${id}”.`, {
    hint: [...see, ...byForce(kind, id)],
  });
}
