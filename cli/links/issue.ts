import { randomBytes } from 'node:crypto';
import { omitUndefined } from '../../protocol/fields.ts';
import { UserError } from '../errors.ts';
import { callerIdentity, ifAllowed, secondsAtAws } from '../stack/aws-calls.ts';
import type { StackWork } from '../stack/find-stack.ts';
import { signingInput, signToken, type TokenClaims } from '../stack/signing/sign-token.ts';
import type { SigningKey } from '../stack/signing/signing-key.ts';
import type { DeployedEdge } from './deployed-edge.ts';
import { dropEntry, existingKeys, writeEntry } from './ledger.ts';
import type { Scope, TokenEntry } from './token-entry.ts';
import type { TokenRequest } from './token-request.ts';

export interface CreatedToken {
  readonly entry: TokenEntry;
  readonly token: string;
}

/** Attempts to find an unused id. There are 2^48 ids. */
const TRIES = 3;

/** Returns 6 random bytes in base64url. Avoids a leading hyphen, which would look like a flag. */
function newId(): string {
  const id = randomBytes(6).toString('base64url');
  return id.startsWith('-') ? newId() : id;
}

/**
 * Returns the claims of a token.
 * @param audience Origin of the edge.
 */
function claimsOf(entry: TokenEntry, audience: string): TokenClaims {
  const { id, kind, key, prefix, maxSize, noClobber, note, createdAt, expiresAt } = entry;
  return {
    iss: 'edge',
    aud: audience,
    sub: `${kind}:${id}`,
    iat: Date.parse(createdAt) / 1000,
    exp: Date.parse(expiresAt) / 1000,
    ...(key === undefined ? { p: prefix } : { k: key }),
    ...omitUndefined({ max: maxSize, nc: noClobber, n: note }),
  };
}

/** Refuses a link to an existing object, because links never overwrite. */
async function refuseTaken(work: StackWork, { bucket }: DeployedEdge, key: string): Promise<void> {
  const existing = await ifAllowed(() => existingKeys(work, bucket, [key]));
  if (existing === 'denied' || !existing.has(key)) return;
  throw new UserError('exists', `“${key}” is already stored, and a link never replaces a file.`, {
    hint: 'Choose another key with --as.',
  });
}

const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/**
 * Records a token, then signs it.
 * @param confirm throws for a token that must not be used
 */
export async function issueToken(
  work: StackWork,
  edge: DeployedEdge,
  signingKey: SigningKey,
  request: TokenRequest,
  confirm: (entry: TokenEntry) => Promise<void>,
): Promise<CreatedToken> {
  const { kind, name, scope, lifetime, maxSize, noClobber, note } = request;
  if (kind === 'link' && scope?.key !== undefined) await refuseTaken(work, edge, scope.key);
  const { arn: createdBy } = await callerIdentity(work);
  const now = secondsAtAws(work);
  for (let tried = 1; ; tried += 1) {
    const id = newId();
    const own: Scope = { prefix: `inbox/${id}/` };
    const entry: TokenEntry = {
      id,
      kind,
      ...omitUndefined({ name }),
      ...(scope ?? own),
      ...omitUndefined({ maxSize, noClobber, note }),
      createdAt: rfc3339(now),
      expiresAt: rfc3339(now + lifetime),
      createdBy,
      kid: signingKey.jwk.kid,
    };
    // Fails before the record is written.
    signingInput(signingKey, claimsOf(entry, edge.audience));
    const isWritten = await writeEntry(work, edge.bucket, entry);
    if (!isWritten && tried < TRIES) continue;
    if (!isWritten) throw new UserError('aws', `The ${kind} could not be recorded: its ids are taken.`);
    try {
      const token = await signToken(work, signingKey, claimsOf(entry, edge.audience));
      await confirm(entry);
      return { entry, token };
    } catch (error) {
      await dropEntry(work, edge.bucket, entry);
      throw error;
    }
  }
}
