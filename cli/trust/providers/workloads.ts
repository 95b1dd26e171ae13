import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { condition, ifGiven, isUuid, type TrustRequest } from './trust-request.ts';

export interface BuildkiteFlags {
  readonly pipeline?: readonly string[];
  readonly branch?: readonly string[];
}

export interface CircleCiFlags {
  readonly project?: readonly string[];
  readonly branch?: readonly string[];
  readonly allowSshRerun?: boolean;
}

function requireUuid(typed: string, what: string, where: string): string {
  if (isUuid(typed)) return typed.toLowerCase();
  throw new UserError('usage', `“${typed}” is not the id of ${what}.`, { hint: where });
}

/**
 * Returns the rule for jobs of an organisation, by its id: all organisations share the issuer.
 * https://buildkite.com/docs/pipelines/security/oidc
 */
export function buildkite(typed: string, { pipeline, branch }: BuildkiteFlags): TrustRequest {
  const organization = requireUuid(
    typed,
    'a Buildkite organisation',
    'It is a UUID, on the page “Settings” of the organisation.',
  );
  return {
    preset: 'buildkite',
    iss: ['https://agent.buildkite.com'],
    when: [
      condition('organization_id', organization),
      ...ifGiven('pipeline_slug', pipeline),
      ...ifGiven('build_branch', branch),
    ],
  };
}

/**
 * Returns the rule for jobs of an organisation, which has its own issuer. Jobs rerun with SSH are excluded, because a
 * person can type commands in them.
 * https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
 */
export function circleci(
  typed: string,
  { project, branch, allowSshRerun = false }: CircleCiFlags,
): TrustRequest {
  const organization = requireUuid(
    typed,
    'a CircleCI organisation',
    'It is a UUID, on the page “Organization Settings”.',
  );
  for (const id of project ?? [])
    requireUuid(id, 'a CircleCI project', 'It is a UUID, on the page “Project Settings”.');
  return {
    preset: 'circleci',
    iss: [`https://oidc.circleci.com/org/${organization}`],
    when: [
      ...ifGiven('oidc.circleci.com/project-id', project),
      ...ifGiven(
        'oidc.circleci.com/vcs-ref',
        branch?.map((name) => `refs/heads/${name}`),
      ),
      ...(allowSshRerun ? [] : [condition('oidc.circleci.com/ssh-rerun', 'false')]),
    ],
  };
}

/**
 * Returns the rule for steps of a repository, by its id. Each workspace has its own issuer.
 * https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
 */
export function bitbucket(typed: string, { repositoryId }: { readonly repositoryId: string }): TrustRequest {
  if (!/^[\w-]+$/.test(typed)) {
    throw new UserError('usage', `“${typed}” is not the id of a Bitbucket workspace.`);
  }
  const id = requireUuid(
    repositoryId.replace(/^\{(.*)\}$/, '$1'),
    'a Bitbucket repository',
    'It is a UUID, on the page “OpenID Connect” of the repository’s settings.',
  );
  return {
    preset: 'bitbucket',
    iss: [`https://api.bitbucket.org/2.0/workspaces/${typed}/pipelines-config/identity/oidc`],
    when: [condition('repositoryUuid', `{${id}}`)],
  };
}

/**
 * Returns the rule for pods that run as service accounts of a cluster.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
export function kubernetes(typed: string, accounts: readonly string[]): TrustRequest {
  const subjects = accounts.map((account) => {
    // DNS labels, as in Kubernetes.
    const [, namespace, name] = /^([a-z\d-]{1,63})\/([a-z\d.-]{1,253})$/.exec(account) ?? [];
    if (namespace !== undefined && name !== undefined) return `system:serviceaccount:${namespace}:${name}`;
    throw new UserError('usage', `Invalid value “${account}” for --service-account.`, {
      hint: 'Use namespace/name, such as --service-account builds/uploader.',
    });
  });
  return { preset: 'kubernetes', iss: [typed.trim()], when: [condition('sub', ...subjects)] };
}

export interface AwsFlags {
  readonly role: readonly string[];
  readonly issuer: string;
}

/**
 * Returns the rule for roles of an account, which has its own issuer.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
 */
export function aws(account: string, { role, issuer }: AwsFlags): TrustRequest {
  if (!/^\d{12}$/.test(account)) {
    throw new UserError('usage', `“${account}” is not an AWS account: it has 12 digits.`);
  }
  if (!/^https:\/\/[\w-]+\.tokens\.sts\.global\.api\.aws$/.test(issuer)) {
    throw new UserError('usage', `“${issuer}” is not the issuer of an AWS account.`, {
      hint: [
        'Print it with the credentials of that account:',
        command`aws iam get-outbound-web-identity-federation-info --profile <profile>`,
      ],
    });
  }
  const arns = role.map((one) => {
    const arn = one.startsWith('arn:') ? one : `arn:aws:iam::${account}:role/${one.replace(/^\//, '')}`;
    if (new RegExp(`^arn:aws[\\w-]*:iam::${account}:role/[\\w+=,.@/-]+$`).test(arn)) return arn;
    throw new UserError('usage', `Invalid value “${one}” for --role.`, {
      hint: `Use the name or the ARN of a role in the account ${account}.`,
    });
  });
  return { preset: 'aws', iss: [issuer], when: [condition('sub', ...arns)] };
}

/**
 * Returns the rule for workloads that run as a service account: its unique id, or its address.
 * https://cloud.google.com/docs/authentication/get-id-token
 */
export function gcp(typed: string): TrustRequest {
  const account = typed.trim().toLowerCase();
  const byId = /^\d{15,30}$/.test(account);
  if (!byId && !/^[a-z\d.-]+@[a-z\d.-]+\.gserviceaccount\.com$/.test(account)) {
    throw new UserError('usage', `“${typed}” is not a service account of Google Cloud.`, {
      hint: 'It looks like uploader@project.iam.gserviceaccount.com. Its unique id is safer: the address of a deleted account can be used again.',
    });
  }
  const when = byId
    ? [condition('sub', account)]
    : [condition('email', account), condition('email_verified', 'true')];
  return { preset: 'gcp', iss: ['https://accounts.google.com'], when };
}
