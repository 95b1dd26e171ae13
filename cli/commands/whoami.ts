import { omitUndefined } from '../../protocol/fields.ts';
import type { Context, Result } from '../context.ts';
import { askCaller, groupsText, writingText } from '../identity/caller.ts';
import type { DescribedIssuer } from '../identity/edge-description.ts';
import { titleOf } from '../identity/tokens/ci/workload.ts';
import { findStoredSession } from '../identity/tokens/find-session.ts';
import { protectionOf } from '../identity/tokens/seal.ts';
import { originName, type TokenOrigin, tokenSource } from '../identity/tokens/token-source.ts';
import type { FoundSession } from '../identity/tokens/token-store.ts';
import type { JsonValue } from '../json-value.ts';
import { resolveTarget, type Target } from '../settings/target.ts';
import { forgetLimits } from '../transfer/limits.ts';
import { formatDuration } from '../ui/format.ts';
import { fields } from '../ui/table-lines.ts';

/** Prints the user as the edge sees them: groups, what they have permission to write, and when the token expires. */
export async function whoami(context: Context, _args: object): Promise<Result> {
  const target = await resolveTarget(context);
  const tokens = tokenSource(context, target);
  const { description, caller, now } = await askCaller(context, target, tokens);
  // The next upload uses the permissions that this prints, not stored ones.
  await forgetLimits(context, target.url);
  const { username, groups, writeTo, omitted, tokenExpiresAt, claims } = caller;
  const issuer = description.issuers.find(({ alias }) => alias === caller.issuer);
  const origin = await tokens.origin();
  const stored = origin.kind === 'kept' ? await findStoredSession(context, target) : undefined;
  // The edge names its users by a claim that its operator chose.
  const signedInAs = stored?.session.signedInAs === username ? undefined : stored?.session.signedInAs;
  const document: { [name: string]: JsonValue | undefined } = {
    username,
    ...omitUndefined({ signedInAs }),
    groups: [...groups],
    ...omitUndefined({ issuer: caller.issuer, claims: claims && { ...claims } }),
    ...(issuer !== undefined && issuer.kind !== 'pool' ? { signedInAt: issuer.issuer } : {}),
    deployment: target.deployment?.name,
    url: target.url,
    tokens: stored?.file ?? originName(origin),
    encrypted: stored && stored.key !== undefined,
    writeTo: [...writeTo],
    ...omitUndefined({ key: caller.key, note: caller.note }),
    maxSize: caller.maxSize ?? description.policy.maxSize,
    ...omitUndefined({ noClobber: caller.noClobber }),
    ...omitUndefined({ omitted: omitted && { ...omitted } }),
    expiresAt: tokenExpiresAt,
    renewed: isRenewed(origin, stored),
  };
  const text = fields([
    ['user', groups.length === 0 ? username : `${username} (groups: ${groupsText(caller)})`],
    ['signed in as', signedInAs],
    ['issuer', issuer && issuerText(issuer)],
    ['claims', claims && claimsText(claims)],
    ['deployment', deploymentText(target)],
    ['note', caller.note],
    ['can write', writingText(description.policy, caller)],
    ['tokens', originText(origin, stored)],
    ['stored in', stored?.file],
    ['valid for', goodFor(now, isRenewed(origin, stored), tokenExpiresAt)],
  ]);
  return { document, text };
}

function deploymentText({ url, deployment }: Target): string {
  const named = deployment !== undefined && deployment.name !== new URL(url).host;
  return named ? `${deployment.name}, ${url}` : url;
}

function originText(origin: TokenOrigin, stored: FoundSession | undefined): string {
  switch (origin.kind) {
    case 'link':
      return 'from EDGE_UPLOAD_LINK';
    case 'token':
      return 'from EDGE_UPLOAD_TOKEN';
    case 'file':
      return `read from ${origin.path} (EDGE_UPLOAD_TOKEN_FILE)`;
    case 'password':
      return 'in memory only, from EDGE_UPLOAD_USERNAME and EDGE_UPLOAD_PASSWORD';
    case 'workload':
      return `in memory only, of ${titleOf(origin.workload)}`;
    case 'kept':
      return stored === undefined ? 'deleted meanwhile' : protectionOf(stored);
  }
}

/** Returns false for a token that cannot be refreshed. */
function isRenewed(origin: TokenOrigin, stored: FoundSession | undefined): boolean {
  if (stored !== undefined) return stored.session.refreshToken !== undefined;
  if (origin.kind === 'workload') return origin.workload.source !== 'variable';
  return origin.kind !== 'token' && origin.kind !== 'link';
}

/** @param now the time at the edge, which judges the token */
function goodFor(now: Date, renewed: boolean, expiresAt: string): string {
  const time = formatDuration(Math.max(0, Date.parse(expiresAt) - now.getTime()));
  return renewed ? `${time}, then renewed automatically` : time;
}

/** Returns nothing for users of the deployment's own pool. */
function issuerText({ alias, kind, issuer }: DescribedIssuer): string | undefined {
  return kind === 'pool' ? undefined : `${alias}, ${new URL(issuer).host}`;
}

function claimsText(claims: Readonly<Record<string, string>>): string | undefined {
  const named = Object.entries(claims).map(([name, value]) => `${name}: ${value}`);
  return named.length === 0 ? undefined : named.join(', ');
}
