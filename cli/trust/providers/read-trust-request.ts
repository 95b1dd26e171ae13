import type { Documents } from '../documents.ts';
import { type GitHubFlags, github } from './github.ts';
import { type GitLabFlags, gitlab } from './gitlab.ts';
import { auth0, entra, google, keycloak, oidc, okta } from './people.ts';
import type { TrustRequest } from './trust-request.ts';
import {
  type AwsFlags,
  aws,
  type BuildkiteFlags,
  bitbucket,
  buildkite,
  type CircleCiFlags,
  circleci,
  gcp,
  kubernetes,
} from './workloads.ts';

/** A provider with its typed argument and flags. */
export type TypedProvider = { readonly named: string } & (
  | { readonly provider: 'entra' | 'okta' | 'auth0' | 'keycloak' | 'google' | 'oidc' | 'gcp' }
  | ({ readonly provider: 'github' } & GitHubFlags)
  | ({ readonly provider: 'gitlab' } & GitLabFlags)
  | ({ readonly provider: 'buildkite' } & BuildkiteFlags)
  | ({ readonly provider: 'circleci' } & CircleCiFlags)
  | ({ readonly provider: 'aws' } & AwsFlags)
  | { readonly provider: 'bitbucket'; readonly repositoryId: string }
  | { readonly provider: 'kubernetes'; readonly serviceAccount: readonly string[] }
);

/**
 * Returns the request of a command line.
 * @throws {UserError} `usage`, and the errors of fetching ids
 */
export async function readTrustRequest(typed: TypedProvider, documents: Documents): Promise<TrustRequest> {
  const { named } = typed;
  switch (typed.provider) {
    case 'entra':
      return entra(named, documents);
    case 'okta':
      return okta(named);
    case 'auth0':
      return auth0(named);
    case 'keycloak':
      return keycloak(named);
    case 'google':
      return google(named);
    case 'oidc':
      return oidc(named);
    case 'gcp':
      return gcp(named);
    case 'github':
      return github(named, typed, documents);
    case 'gitlab':
      return gitlab(named, typed, documents);
    case 'buildkite':
      return buildkite(named, typed);
    case 'circleci':
      return circleci(named, typed);
    case 'bitbucket':
      return bitbucket(named, typed);
    case 'kubernetes':
      return kubernetes(named, typed.serviceAccount);
    case 'aws':
      return aws(named, typed);
  }
}
