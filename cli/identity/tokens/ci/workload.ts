import { claimText, readClaim } from '../../../../protocol/claims.ts';
import type { Context } from '../../../context.ts';
import { type ErrorCode, UserError } from '../../../errors.ts';
import { PRESETS, type PresetName } from '../../../trust/presets.ts';
import { isJwtText, readClaims } from '../access-token.ts';

/** What a workload needs to get a token. */
export interface WorkloadContext
  extends Pick<Context, 'env' | 'sent' | 'home' | 'cwd' | 'execPath' | 'signal'> {
  /** Origin of the edge, as the user typed it. An edge never names the audience: it could name another service's. */
  readonly audience: string;
  /** Issuers of this kind that the edge trusts, as in its description; none if the description was not requested. */
  readonly issuers: readonly string[];
}

/** A CI or cloud service that gives its jobs an identity. One file each. */
export interface Workload {
  readonly preset: PresetName;
  /** The claims that operators write rules about, each as a list of keys. */
  readonly claims: readonly (readonly string[])[];
  /** Source of its tokens: a request returns a new one, a file is replaced by others, a variable does not change. */
  readonly source: 'request' | 'file' | 'variable';
  /** Returns false if this job has no identity: some jobs get one only if their configuration requests it. */
  isGiven?(): boolean;
  /** Returns why this job has no identity, if its environment shows that. */
  problem?(env: Context['env'], audience: string): UserError | undefined;
  /** Returns a token. The caller checks its form and audience. */
  token(job: WorkloadContext): Promise<string>;
}

/** Returns the name of a workload for people, such as `GitHub Actions`. */
export function titleOf({ preset }: Pick<Workload, 'preset'>): string {
  return PRESETS[preset].title;
}

/** Returns the error for a job that gets no token. */
export function noToken(
  preset: PresetName,
  why: string,
  {
    code = 'not_signed_in',
    hint,
    cause,
  }: { code?: ErrorCode; hint: string | readonly string[]; cause?: unknown },
): UserError {
  return new UserError(code, `This job cannot get a token from ${titleOf({ preset })}: ${why}.`, {
    hint,
    cause,
  });
}

const MAX_TOKEN_LENGTH = 16 * 1024;
const MAX_CLAIM_LENGTH = 100;

/**
 * Checks the form and the audience of a token before it is sent. A token for another audience is a credential of
 * another service.
 */
export function checkToken({ preset }: Pick<Workload, 'preset'>, token: string, audience: string): string {
  const claims = token.length <= MAX_TOKEN_LENGTH && isJwtText(token) ? readClaims(token) : undefined;
  if (claims === undefined) {
    throw noToken(preset, 'its response is not a token', {
      code: 'unreachable',
      hint: 'Run the job again. A proxy may be in between; see HTTPS_PROXY and NO_PROXY.',
    });
  }
  const audiences: readonly unknown[] = [claims.aud].flat();
  // A token for several audiences would be a credential of the others too.
  if (audiences.length > 0 && audiences.every((one) => one === audience)) return token;
  const others = audiences.filter((one) => typeof one === 'string' && one !== audience);
  const named = others.map((one) => ` “${String(one).slice(0, MAX_CLAIM_LENGTH)}”`).join(',');
  throw noToken(preset, `its token is for another audience${named && `,${named}`}, and is not sent`, {
    hint: ['Audiences are compared letter by letter. Ask for a token for this one alone:', `  ${audience}`],
  });
}

/** Returns the claims that count, such as `repository=acme/app, ref=refs/heads/main`. */
export function claimsText({ claims: paths }: Pick<Workload, 'claims'>, token: string): string {
  const claims = readClaims(token) ?? {};
  const shown = paths.flatMap((path) => {
    const text = claimText(readClaim(claims, path));
    return text === undefined ? [] : `${path.at(-1)}=${text.slice(0, MAX_CLAIM_LENGTH)}`;
  });
  return shown.join(', ');
}
