import { command, evaluated, type Hint } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** Where a profile's credentials come from. */
export type Source = 'keys' | 'role' | 'mfa' | 'token' | 'process' | 'sso' | 'login';

/** Why a profile has no credentials. It contains no output of programs, and no content of files with tokens. */
export interface ProfileFailure {
  readonly profile: string;
  /** The profile that failed: this one, or the last of the chain of `source_profile`. */
  readonly at: string;
  readonly source?: Source | undefined;
  /** The end of a sentence about the profile, such as `its credential_process failed`. */
  readonly reason: string;
  /** Name of the error of a service that refused. */
  readonly refusal?: string | undefined;
}

interface Asked extends Pick<Context, 'env'> {
  readonly profile?: string | undefined;
}

/** The response of the helper process: the failure of a profile, or of all sources together. */
export type ReportedFailure = Pick<ProfileFailure, 'reason' | 'refusal'> & Partial<ProfileFailure>;

/** The SDK's error if none of its sources has credentials. It names neither the profile nor the sources. */
const NOWHERE = /from any providers/;

/** The reason of a profile that is in no configuration file. */
export const MISSING = 'it does not exist';

const ROLE = 'Ask the administrator of the AWS account whether the trust policy of the role names you.';

/** Hints for a profile, by the source that failed. */
const HINTS: Readonly<Partial<Record<Source, (profile: string) => Hint>>> = {
  process: (profile) => [
    'See what the program reports:',
    command`aws sts get-caller-identity --profile ${profile}`,
  ],
  sso: (profile) => ['Sign in again:', command`aws sso login --profile ${profile}`],
  login: (profile) => ['Sign in again:', command`aws login --profile ${profile}`],
  mfa: (profile) => [
    'Get credentials with the AWS CLI, which asks for the code, then run the same command without the profile:',
    evaluated(
      command`aws configure export-credentials --profile ${profile} --format env`,
      command`aws configure export-credentials --profile ${profile} --format powershell`,
    ),
  ],
};

/** Names of profiles that the SDK reads. The AWS CLI reads others too, such as `[profile "a b"]`. */
const READ_NAME = /^[\w@+.%:/-]+$/;

function missing(profile: string): UserError {
  if (profile === '' || READ_NAME.test(profile)) {
    return new UserError('credentials', `The AWS profile “${profile}” does not exist.`, {
      hint: ['See the profiles of this computer:', command`aws configure list-profiles`],
    });
  }
  return new UserError('credentials', `The AWS SDK cannot read the name of the AWS profile “${profile}”.`, {
    hint: 'Rename it, in ~/.aws/config and ~/.aws/credentials: use letters from a to z, digits, and _ - . + @ % : / only.',
  });
}

const named = (message: string, name: string) => Object.assign(new Error(message), { name });

/** Returns the failure to get AWS credentials, to be thrown by a call that needs them. */
export function credentialsFailure(failure: ReportedFailure, asked: Asked): Error {
  const { profile, at = profile, source = 'keys', reason, refusal } = failure;
  if (profile === undefined || at === undefined) {
    return named(NOWHERE.test(reason) ? nowhere(asked) : reason, refusal ?? 'CredentialsProviderError');
  }
  const gave = `AWS profile “${profile}” gave no credentials`;
  // The hint for the error of a service is chosen by its name.
  if (refusal !== undefined && refusal !== 'AccessDenied') return named(`the ${gave}: ${reason}`, refusal);
  if (reason === MISSING && at === profile) return missing(profile);
  const why = at === profile ? reason : `its source profile “${at}”: ${reason}`;
  const hint = refusal === undefined ? HINTS[source]?.(at) : ROLE;
  return new UserError('credentials', `The ${gave}: ${why}.`, {
    hint: hint ?? 'Correct the profile in ~/.aws/config or ~/.aws/credentials.',
  });
}

/** Variables of the environment that lead to credentials of a workload. */
const LEADING = [
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

function nowhere({ env, profile = env.AWS_PROFILE }: Asked): string {
  if (profile) return `the AWS profile “${profile}” has no credentials`;
  const half = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter((name) => env[name]);
  const [only] = half;
  if (half.length === 1 && only !== undefined) {
    const other = only === 'AWS_ACCESS_KEY_ID' ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID';
    return `no AWS credentials were found: ${only} is set without ${other}`;
  }
  const led = LEADING.find((name) => env[name]);
  return `no AWS credentials were found${led === undefined ? '' : `: ${led} is set, but its credentials are unavailable`}`;
}
