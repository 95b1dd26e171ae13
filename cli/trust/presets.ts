import { EXACT_PORTS, REDIRECT_PATH } from '../../protocol/sign-in.ts';

/** Redirect URLs of a sign-in. */
export interface Redirect {
  readonly host: '127.0.0.1' | 'localhost';
  /** `any` if the provider ignores the port of loopback addresses; otherwise the registered ports. */
  readonly ports: 'any' | readonly number[];
}

/** Defaults for one provider. `trust` adds what the operator types. */
export interface Preset {
  /** Display name of the provider. */
  readonly title: string;
  readonly kind: 'people' | 'workload';
  /** Kind of token that the edge accepts by default. */
  readonly token: 'access' | 'id';
  /** Claim for `{name}` and the uploader's name, as a path. */
  readonly name: readonly string[];
  /** Claim for `{group}`, as a path. Absent if the provider has none. */
  readonly groups?: readonly string[];
  /** Scopes that `login` requests. `{audience}` is the first audience of the issuer. */
  readonly scopes?: readonly string[];
  /** Absent for workloads. */
  readonly redirect?: Redirect;
  /** Default prefix of keys. */
  readonly writeTo: string;
  /** Maximum remaining lifetime of a token, in seconds. */
  readonly maxAge: number;
  /** What to set up at the provider: sentences for `trust show` and the docs. */
  readonly notes: readonly string[];
  /** The provider's documentation. */
  readonly source: string;
}

const OF_PEOPLE = ['entra', 'okta', 'auth0', 'keycloak', 'google', 'oidc'] as const;
const OF_JOBS = ['github', 'gitlab', 'buildkite', 'circleci', 'bitbucket'] as const;
const OF_CLOUDS = ['kubernetes', 'aws', 'gcp'] as const;
export const PRESET_NAMES = [...OF_PEOPLE, ...OF_JOBS, ...OF_CLOUDS] as const;

export type PresetName = (typeof PRESET_NAMES)[number];

const DAY = 24 * 3600;

const people = { kind: 'people', token: 'access', writeTo: '{issuer}/{sub}/', maxAge: DAY } as const;
const workload = { kind: 'workload', token: 'id', writeTo: '{issuer}/', maxAge: DAY } as const;

/** From the providers' documentation of November 2026. Comments show `iss`; the operator types the parts in `<>`. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  entra: {
    ...people,
    title: 'Microsoft Entra ID',
    // https://login.microsoftonline.com/<tenant id>/v2.0
    // preferred_username and email can be changed, and other tenants can set them.
    name: ['oid'],
    groups: ['groups'],
    scopes: ['openid', 'profile', 'offline_access', '{audience}/.default'],
    redirect: { host: 'localhost', ports: 'any' },
    notes: [
      'Register an application with the platform “Mobile and desktop applications” and the redirect address http://localhost/callback.',
      'Under “Expose an API”, add a scope. The audience is the client id of that registration.',
      'Use app roles (--when roles=<role>). The groups claim is left out of tokens of users with more than 200 groups.',
    ],
    source: 'https://learn.microsoft.com/entra/identity-platform/access-tokens',
  },
  okta: {
    ...people,
    title: 'Okta',
    // https://<org>.okta.com/oauth2/<authorization server>
    name: ['sub'],
    groups: ['groups'],
    scopes: ['openid', 'profile', 'offline_access'],
    redirect: { host: '127.0.0.1', ports: EXACT_PORTS },
    notes: [
      'Create a native application with the grants Authorization Code and Refresh Token.',
      "Set the authorization server's audience to the address of the edge, or give it as --audience.",
      'Access tokens of the org authorization server (https://<org>.okta.com) are for Okta itself. Use its ID tokens.',
      'If rules name groups, add a groups claim to the tokens.',
    ],
    source: 'https://developer.okta.com/docs/concepts/auth-servers/',
  },
  auth0: {
    ...people,
    title: 'Auth0',
    // https://<domain>/
    name: ['sub'],
    scopes: ['openid', 'profile', 'offline_access'],
    redirect: { host: '127.0.0.1', ports: EXACT_PORTS },
    notes: [
      'Create a native application, and an API whose identifier is the address of the edge.',
      'Allow offline access at the API, so that sign-ins are refreshed.',
      'An Action can add groups under a claim such as https://example.com/groups.',
    ],
    source: 'https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles',
  },
  keycloak: {
    ...people,
    title: 'Keycloak',
    // https://<host>/realms/<realm>
    name: ['preferred_username'],
    groups: ['groups'],
    scopes: ['openid', 'profile'],
    redirect: { host: '127.0.0.1', ports: 'any' },
    notes: [
      'Create a public client with the standard flow and the redirect address http://127.0.0.1/callback.',
      'Add an audience mapper with the address of the edge to the client, and turn off “Full scope allowed”, which adds other audiences.',
      'If rules name groups, add a group membership mapper named groups.',
    ],
    source: 'https://www.keycloak.org/docs/latest/server_admin/#_audience',
  },
  google: {
    ...people,
    title: 'Google Workspace',
    // https://accounts.google.com
    // Access tokens of Google are opaque.
    token: 'id',
    name: ['email'],
    scopes: ['openid', 'email'],
    redirect: { host: '127.0.0.1', ports: 'any' },
    notes: [
      'Create an OAuth client of the type “Desktop app”. Its id is the audience.',
      'Its secret is needed and public: --client-secret-public <secret>. Never give the secret of a client of the type “Web application”.',
      'Only accounts of the Workspace domain are accepted (claim hd).',
    ],
    source: 'https://developers.google.com/identity/openid-connect/openid-connect',
  },
  oidc: {
    ...people,
    title: 'OpenID Connect',
    // <issuer>
    name: ['sub'],
    groups: ['groups'],
    scopes: ['openid', 'profile', 'offline_access'],
    redirect: { host: '127.0.0.1', ports: EXACT_PORTS },
    notes: [
      'Create a public client with the authorization code flow and PKCE.',
      'Access tokens must be JWTs whose audience is the address of the edge, or the value of --audience.',
    ],
    source: 'https://openid.net/specs/openid-connect-discovery-1_0.html',
  },
  github: {
    ...workload,
    title: 'GitHub Actions',
    // https://token.actions.githubusercontent.com
    name: ['repository'],
    writeTo: '{issuer}/{repository}/',
    notes: ['The job needs the permission id-token: write.'],
    source: 'https://docs.github.com/actions/reference/security/oidc',
  },
  gitlab: {
    ...workload,
    title: 'GitLab CI/CD',
    // https://gitlab.com
    name: ['project_path'],
    writeTo: '{issuer}/{project_path}/',
    notes: ['The job needs id_tokens with the address of the edge as aud.'],
    source: 'https://docs.gitlab.com/ci/secrets/id_token_authentication/',
  },
  buildkite: {
    ...workload,
    title: 'Buildkite',
    // https://agent.buildkite.com
    name: ['pipeline_slug'],
    writeTo: '{issuer}/{pipeline_slug}/',
    notes: [
      'put requests the claim organization_id. To request such a token yourself:',
      '  buildkite-agent oidc request-token --claim organization_id',
    ],
    source: 'https://buildkite.com/docs/pipelines/security/oidc',
  },
  circleci: {
    ...workload,
    title: 'CircleCI',
    // https://oidc.circleci.com/org/<organization id>
    name: ['oidc.circleci.com/project-id'],
    notes: ['Jobs that are rerun with SSH are refused unless --allow-ssh-rerun is given.'],
    source: 'https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/',
  },
  bitbucket: {
    ...workload,
    title: 'Bitbucket Pipelines',
    // https://api.bitbucket.org/2.0/workspaces/<workspace>/pipelines-config/identity/oidc
    name: ['repositoryUuid'],
    notes: [
      'The step needs oidc with the address of the edge as its only audience.',
      "The issuer's documents exist after the first run of a step with oidc.",
    ],
    source:
      'https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/',
  },
  kubernetes: {
    ...workload,
    title: 'Kubernetes',
    // <issuer of the cluster>
    name: ['sub'],
    // Pods choose the lifetime of their projected tokens.
    maxAge: 7 * DAY,
    notes: ['The pod needs a projected serviceAccountToken with the address of the edge as audience.'],
    source: 'https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken',
  },
  aws: {
    ...workload,
    title: 'AWS',
    // https://<id>.tokens.sts.global.api.aws
    name: ['sub'],
    notes: [
      'Enable outbound identity federation in the account. The role needs sts:GetWebIdentityToken.',
      'To print the issuer of the account:',
      '  aws iam get-outbound-web-identity-federation-info',
    ],
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html',
  },
  gcp: {
    ...workload,
    title: 'Google Cloud',
    // https://accounts.google.com
    name: ['email'],
    notes: ['The workload runs as the service account and needs no key of it.'],
    source: 'https://cloud.google.com/docs/authentication/get-id-token',
  },
};

/** Returns the preset of an issuer; `undefined` for a preset of a later version. */
export function presetOf({ preset }: { readonly preset?: string }): Preset | undefined {
  const name = PRESET_NAMES.find((one) => one === preset);
  return name && PRESETS[name];
}

/** Returns the redirect URLs to register at a provider; none for workloads. */
export function redirectAddresses({ redirect }: Preset): string[] {
  if (redirect === undefined) return [];
  const { host, ports } = redirect;
  if (ports === 'any') return [`http://${host}${REDIRECT_PATH}`];
  return ports.map((port) => `http://${host}:${port}${REDIRECT_PATH}`);
}
