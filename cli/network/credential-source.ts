import { CredentialsProviderError, parseKnownFiles } from '@smithy/core/config';
import type { AwsCredentialIdentity } from '@smithy/types';
import { omitUndefined } from '../../protocol/fields.ts';
import { MISSING, type ProfileFailure, type ReportedFailure, type Source } from './credentials-failure.ts';
import { findFailure } from './failures.ts';

type Section = Readonly<Record<string, string | undefined>>;
type Sections = Readonly<Record<string, Section | undefined>>;

/** Settings of a profile that determine the source of its credentials, in the SDK's order. */
const SOURCES = {
  keys: ['aws_access_key_id', 'aws_secret_access_key'],
  role: ['source_profile', 'credential_source'],
  token: ['web_identity_token_file'],
  process: ['credential_process'],
  sso: ['sso_session', 'sso_start_url', 'sso_account_id'],
  login: ['login_session'],
} as const satisfies Partial<Record<Source, readonly string[]>>;

class ProfileError extends Error {
  override readonly name = 'ProfileError';
  readonly failure: ProfileFailure;

  constructor(failure: ProfileFailure, options?: ErrorOptions) {
    super(failure.reason, options);
    this.failure = failure;
  }
}

/** Milliseconds for all sources. The SDK waits without end for the response of a container's credentials endpoint. */
const ALL_MS = 30_000;

interface Providers {
  /** Returns those of the token file that the environment names; absent if it names none. */
  readonly ofTokenFile?: (() => Promise<AwsCredentialIdentity>) | undefined;
  /** Returns the credentials of the profile alone, which come from this source. */
  readonly ofProfile: (source: Source | undefined) => Promise<AwsCredentialIdentity>;
  /** Asks every source, one after another. */
  readonly ofAll: () => Promise<AwsCredentialIdentity>;
}

/**
 * Returns the credentials of a profile that names a source, and else of the first source that has some. The failure of a
 * profile's source is final, as for the AWS CLI: the SDK's chain would continue to the role of the machine, another identity.
 * As for the AWS CLI, a token file of the environment comes before the profile `default`, unless that is a role.
 * @throws {ProfileError}
 */
export async function credentialsOf(
  named: string | undefined,
  { ofTokenFile, ofProfile, ofAll }: Providers,
): Promise<AwsCredentialIdentity> {
  const sections: Sections = await parseKnownFiles({});
  const profile = named ?? 'default';
  const at = lastProfile(profile, sections);
  const section = sections[at];
  if (section === undefined && profile !== 'default') {
    throw new ProfileError({ profile, at, reason: MISSING });
  }
  const source = sourceOf(section);
  const isRole = at !== profile || source === 'role';
  if (named === undefined && ofTokenFile !== undefined && !isRole) return ofTokenFile();
  if (source === undefined && at === profile) return inTime(ofAll());
  const session = section?.sso_session;
  if (source === 'sso' && session !== undefined && sections[`sso-session.${session}`] === undefined) {
    throw new ProfileError({ profile, at, reason: `its sso-session “${session}” does not exist` });
  }
  try {
    return await ofProfile(source);
  } catch (error) {
    throw new ProfileError(failureOf(error as Error, { profile, at, source }), { cause: error });
  }
}

/** Fails like the SDK's chain if there are no credentials in time. */
async function inTime(credentials: Promise<AwsCredentialIdentity>): Promise<AwsCredentialIdentity> {
  const late = new CredentialsProviderError('Could not load credentials from any providers in time');
  return Promise.race([
    credentials,
    new Promise<never>((_resolve, reject) => setTimeout(() => reject(late), ALL_MS).unref()),
  ]);
}

/** Follows `source_profile` to the profile that names another source, that is missing, or that was met before. */
function lastProfile(profile: string, sections: Sections): string {
  const seen = new Set<string>();
  let at = profile;
  for (;;) {
    const { role_arn: role, source_profile: next } = sections[at] ?? {};
    if (role === undefined || next === undefined || seen.has(at)) return at;
    seen.add(at);
    at = next;
  }
}

function sourceOf(section: Section | undefined): Source | undefined {
  const entries = Object.entries(SOURCES) as [Source, readonly string[]][];
  return entries.find(([, settings]) => settings.some((one) => section?.[one] !== undefined))?.[0];
}

type FailedProfile = Pick<ProfileFailure, 'profile' | 'at' | 'source'>;

function failureOf(error: Error, place: FailedProfile): ProfileFailure {
  const network = findFailure(error);
  if (network !== undefined) return { ...place, reason: `AWS is unreachable: ${network.reason}` };
  // A service's message names the role and the permission.
  if ('$fault' in error) {
    return { ...place, at: place.profile, reason: withoutStop(error.message), refusal: error.name };
  }
  if (/multi-factor/.test(error.message)) {
    return {
      ...place,
      at: place.profile,
      source: 'mfa',
      reason: 'its role needs the code of an MFA device',
    };
  }
  return { ...place, reason: reasonOf(error, place.source) };
}

const withoutStop = (said: string) => said.replace(/\.$/, '');

/** How the SDK reports a sign-in that has ended, or that never took place. */
const SIGN_IN =
  /session (?:token )?associated|^Failed to load|expired|refresh|re-?authenticate|Unauthorized/i;

function reasonOf(error: Error, source: Source | undefined): string {
  const { message } = error;
  // The SDK repeats the command line of the program and what the program wrote. Both can contain secrets.
  if (source === 'process') {
    const printed = /credential_process (?:did not return|returned) ([\w ]+)\.$/.exec(message)?.[1];
    return printed === undefined
      ? 'its credential_process failed'
      : `its credential_process printed ${printed === 'Version 1' ? 'no “Version” 1' : printed}`;
  }
  if ((source === 'sso' || source === 'login') && SIGN_IN.test(message)) return 'its sign-in has ended';
  if (source === 'keys') return 'it has only half of an access key';
  if (/cycle/.test(message)) return 'its source profiles form a loop';
  const [said = ''] = message.split('\n');
  return (
    unreadable(error) ??
    // A parser's error quotes part of its input.
    (error instanceof CredentialsProviderError && !/JSON/.test(said)
      ? withoutStop(said)
      : 'the source of its credentials cannot be read')
  );
}

function unreadable({ code, path }: NodeJS.ErrnoException): string | undefined {
  return code === undefined || path === undefined ? undefined : `${path} cannot be read (${code})`;
}

/** Returns a failure as the JSON that a helper process prints. */
export function reportedFailure(error: unknown): ReportedFailure {
  if (error instanceof ProfileError) return omitUndefined(error.failure);
  const { name, message } = error as Error;
  return {
    reason:
      error instanceof SyntaxError
        ? 'the response of a credentials endpoint is not JSON'
        : (unreadable(error as Error) ?? message),
    ...(name !== 'Error' && { refusal: name }),
  };
}
