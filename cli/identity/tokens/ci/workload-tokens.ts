import { command } from '../../../command-line.ts';
import type { Context } from '../../../context.ts';
import { isUserError, UserError } from '../../../errors.ts';
import type { Target } from '../../../settings/target.ts';
import { expiryOf, readClaims, type TokenSource } from '../access-token.ts';
import { type HeldToken, lifetime, renewingSource } from '../session.ts';
import type { FoundWorkload } from './find-workload.ts';
import { checkToken, claimsText, titleOf } from './workload.ts';

/** Returns the lifetime of a token. A wrong clock of this computer does not change that of a token issued just now. */
function lifetimeOf(token: string, asked: Date, isNew: boolean) {
  const { iat, exp } = readClaims(token) ?? {};
  const seconds = isNew && typeof iat === 'number' && typeof exp === 'number' ? exp - iat : 0;
  return seconds > 0 ? lifetime(asked, seconds) : { issuedAt: asked, expiresAt: expiryOf(token) ?? asked };
}

/** Returns the tokens of this job, kept only in memory. They are renewed if the service issues new ones. */
export function workloadTokens(
  context: Context,
  { url: audience }: Target,
  found: FoundWorkload,
): TokenSource {
  const { now, ui } = context;
  const { workload, issuers } = found;
  const title = titleOf(workload);
  const job = { ...context, audience, issuers: issuers.map(({ issuer }) => issuer) };
  let held: HeldToken | undefined;

  const request = async (): Promise<HeldToken> => {
    const asked = now();
    const accessToken = checkToken(workload, await workload.token(job), audience);
    return { accessToken, ...lifetimeOf(accessToken, asked, workload.source === 'request') };
  };

  const tell = (token: string) => {
    const claims = claimsText(workload, token);
    ui.event({ type: 'note', text: `Using the identity of ${title}${claims === '' ? '' : `: ${claims}`}` });
  };

  const obtain = async (rejected?: string, reason?: string): Promise<HeldToken> => {
    let token: HeldToken;
    try {
      token = await request();
    } catch (error) {
      // A token that is about to expire can still be used for some requests.
      const isGood = held !== undefined && held.accessToken !== rejected && now() < held.expiresAt;
      if (held === undefined || !isGood || !isUserError(error) || error.code === 'interrupted') throw error;
      ui.event({ type: 'debug', text: `The token is not renewed yet. ${error.message}` });
      return held;
    }
    if (token.accessToken === rejected) throw refused(title, reason);
    if (held === undefined) tell(token.accessToken);
    held = token;
    return token;
  };

  const source = renewingSource(obtain, now);
  return {
    ...source,
    explain: (error) => (held === undefined ? error : explained(error, held, found, now, audience)),
    ...(workload.source === 'variable' && { endsAt: async () => expiryOf(await source.current()) }),
  };
}

function refused(title: string, reason = 'no reason given'): UserError {
  const message = `The edge does not accept the token of ${title}: ${reason.replace(/\.$/, '')}.`;
  return new UserError('token_refused', message);
}

/** Returns an edge's refusal with what its operator needs to allow this job. */
function explained(
  error: UserError,
  { accessToken, expiresAt }: HeldToken,
  { workload, issuers }: FoundWorkload,
  now: () => Date,
  audience: string,
): UserError {
  const { code, message, hintLines } = error;
  if (code !== 'token_refused' && code !== 'forbidden') return error;
  if (code === 'token_refused' && workload.source === 'variable' && expiresAt <= now()) {
    const hint = `${titleOf(workload)} issues no second token to this job. Run the job again: it starts with a new one.`;
    return new UserError(code, message, { hint, cause: error });
  }
  const audiences = issuers.flatMap(({ audience: wanted }) => wanted ?? []);
  const isOther = audiences.length > 0 && !audiences.includes(audience);
  const wanted = `The edge accepts tokens for ${audiences.join(', ')}. This job requests tokens for ${audience} only.`;
  const hint = [
    ...(code === 'forbidden' ? hintLines : []),
    ...(isOther ? [wanted] : []),
    `Claims of the token: ${claimsText(workload, accessToken)}`,
    'Operators see what the edge allows, and check a token of this job, with:',
    command`edge-upload trust list`,
    command`edge-upload trust check`,
  ];
  return new UserError(code, message, { hint, cause: error });
}
