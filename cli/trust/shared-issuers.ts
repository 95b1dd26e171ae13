import type { TrustedIssuer } from '../../infra/options.ts';
import type { Condition } from '../../protocol/upload-rule.ts';
import { command, type HintLine } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { JOB_COMMANDS } from './ci-issuers.ts';
import { isEveryTenant, PERSONAL_ACCOUNTS, requireTenant, tenantOf } from './entra-tenants.ts';

/** An issuer that many organisations share. Only a claim shows which organisation a token belongs to. */
interface SharedIssuer {
  readonly title: string;
  /** Whether an issuer, in lower case, is this one. */
  readonly matches: (iss: string) => boolean;
  /** Lists of claims. Each rule must name all claims of one list. */
  readonly owners: readonly (readonly string[])[];
  readonly hint: HintLine;
}

const isAt = (iss: string, issuer: string) => iss.replace(/\/$/, '') === issuer;

const SHARED: readonly SharedIssuer[] = [
  {
    title: 'all repositories of GitHub',
    matches: (iss) => iss.startsWith('https://token.actions.githubusercontent.com'),
    owners: [['repository_id'], ['repository_owner_id']],
    hint: JOB_COMMANDS.github,
  },
  {
    title: 'all projects of GitLab.com',
    matches: (iss) => isAt(iss, 'https://gitlab.com'),
    owners: [['project_id'], ['namespace_id']],
    hint: JOB_COMMANDS.gitlab,
  },
  {
    title: 'all organisations of Buildkite',
    matches: (iss) => isAt(iss, 'https://agent.buildkite.com'),
    owners: [['organization_id']],
    hint: JOB_COMMANDS.buildkite,
  },
  {
    title: 'all organisations of CircleCI',
    matches: (iss) => isAt(iss, 'https://oidc.circleci.com'),
    owners: [['oidc.circleci.com/org-id'], ['oidc.circleci.com/project-id']],
    hint: JOB_COMMANDS.circleci,
  },
  {
    title: 'all accounts of Google',
    matches: (iss) => isAt(iss, 'https://accounts.google.com'),
    owners: [['hd'], ['sub'], ['email', 'email_verified']],
    hint: command`edge-upload trust google <domain>`,
  },
  {
    title: 'all organisations of HCP Terraform',
    matches: (iss) => isAt(iss, 'https://app.terraform.io'),
    owners: [['terraform_organization_id']],
    hint: '  --when terraform_organization_id=<id>',
  },
  {
    title: 'all personal accounts of Microsoft',
    matches: (iss) => tenantOf(iss) === PERSONAL_ACCOUNTS,
    owners: [['sub'], ['oid']],
    hint: '  --when sub=<subject>',
  },
  {
    title: 'all accounts of appleid.apple.com',
    matches: (iss) => isAt(iss, 'https://appleid.apple.com'),
    owners: [['sub']],
    hint: '  --when sub=<subject>',
  },
  {
    title: 'all accounts of www.facebook.com',
    matches: (iss) => isAt(iss, 'https://www.facebook.com'),
    owners: [['sub']],
    hint: '  --when sub=<subject>',
  },
  {
    title: 'all accounts of slack.com',
    matches: (iss) => isAt(iss, 'https://slack.com'),
    owners: [['sub'], ['https://slack.com/team_id']],
    hint: '  --when sub=<subject>',
  },
  {
    title: 'all accounts of www.linkedin.com',
    matches: (iss) => isAt(iss, 'https://www.linkedin.com/oauth'),
    owners: [['sub']],
    hint: '  --when sub=<subject>',
  },
];

/** An issuer of one organisation with tokens for all its workloads. The commands of `trust` always name some of them. */
interface OwnIssuer {
  readonly preset: string;
  readonly title: string;
  readonly matches: RegExp;
  readonly hint: HintLine;
}

const OWN: readonly OwnIssuer[] = [
  {
    preset: 'aws',
    title: 'all principals of an AWS account',
    matches: /^https:\/\/[\w-]+\.tokens\.sts\.global\.api\.aws\/?$/i,
    hint: '  --when sub=arn:aws:iam::<account>:role/<role>',
  },
  {
    preset: 'kubernetes',
    title: 'all pods of a cluster',
    matches:
      /^https:\/\/(?:oidc\.eks\.[\w.-]+\/id\/|container\.googleapis\.com\/v1\/projects\/|[\w.-]+\.oic\.[\w.-]*aks\.azure\.com\/)/i,
    hint: '  --when sub=system:serviceaccount:<namespace>:<name>',
  },
  {
    preset: 'bitbucket',
    title: 'all repositories of a Bitbucket workspace',
    matches: /^https:\/\/api\.bitbucket\.org\//i,
    hint: JOB_COMMANDS.bitbucket,
  },
];

/** Claims whose value is the same in every accepted token. */
const EVERYBODYS: readonly (string | undefined)[] = ['iss', 'aud'];

/**
 * Refuses a rule without a condition on the owner, if the issuer has tokens for several owners.
 * @throws {UserError} `usage`
 */
export function requireOwner({ iss, preset }: TrustedIssuer, when: readonly Condition[]): void {
  requireTenant(iss);
  const shared = SHARED.find(({ matches }) => iss.some((one) => matches(one.toLowerCase())));
  const isNamed = (claim: string) => when.some((one) => one.claim.length === 1 && one.claim[0] === claim);
  if (shared !== undefined && !shared.owners.some((claims) => claims.every(isNamed))) {
    throw unowned(iss, `${shared.title}: anybody could upload`, shared.hint);
  }
  const own = OWN.find((one) => one.preset === preset || iss.some((address) => one.matches.test(address)));
  const isBound = when.some(({ claim }) => claim.length > 1 || !EVERYBODYS.includes(claim[0]));
  if (own !== undefined && !isBound) throw unowned(iss, `${own.title}: each could upload`, own.hint);
}

/** Whether anybody can get an account at an issuer. */
export function isPublicIssuer(iss: string): boolean {
  const tenant = tenantOf(iss);
  return (
    SHARED.some(({ matches }) => matches(iss.toLowerCase())) ||
    (tenant !== undefined && isEveryTenant(tenant))
  );
}

function unowned([iss]: readonly string[], whose: string, hint: HintLine): UserError {
  return new UserError('usage', `The issuer ${iss} issues tokens for ${whose}.`, {
    hint: ['State whose tokens to accept:', hint],
  });
}

/** Addresses of Okta organisations, without an authorization server. */
const OKTA_ORG = /^https:\/\/[\w-]+\.(?:okta|oktapreview|okta-emea|okta-gov)\.com\/?$/i;

/**
 * Refuses access tokens of an Okta organisation itself, which are for Okta's own API and cannot be verified by others.
 * https://developer.okta.com/docs/concepts/auth-servers/
 * @throws {UserError} `usage`
 */
export function requireVerifiable({ iss, preset, token }: TrustedIssuer): void {
  const isOrg = (one: string) =>
    OKTA_ORG.test(one) || (preset === 'okta' && URL.canParse(one) && new URL(one).pathname === '/');
  const org = iss.find(isOrg);
  if (org === undefined || token === 'id') return;
  throw new UserError('usage', `Access tokens of ${org} are for Okta itself.`, {
    hint: [
      'Accept its ID tokens (--token id, in a file “token: id”), or trust an authorization server:',
      command`edge-upload trust okta ${org.replace(/\/$/, '')}/oauth2/default --client-id <id>`,
    ],
  });
}
