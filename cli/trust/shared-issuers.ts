import type { Condition } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';
import { JOB_COMMANDS } from './ci-issuers.ts';

/** An issuer that many organisations share: a token of it proves nothing until a claim names whose it is. */
interface SharedIssuer {
  readonly title: string;
  readonly matches: (iss: string) => boolean;
  /** Lists of claims. Each rule must name all claims of one list. */
  readonly owners: readonly (readonly string[])[];
  readonly hint: string;
}

const is = (issuer: string) => (iss: string) => iss.replace(/\/$/, '') === issuer;

const SHARED: readonly SharedIssuer[] = [
  {
    title: 'all repositories of GitHub',
    matches: (iss) => iss.startsWith('https://token.actions.githubusercontent.com'),
    owners: [['repository_id'], ['repository_owner_id']],
    hint: JOB_COMMANDS.github,
  },
  {
    title: 'all projects of GitLab.com',
    matches: is('https://gitlab.com'),
    owners: [['project_id'], ['namespace_id']],
    hint: JOB_COMMANDS.gitlab,
  },
  {
    title: 'all organisations of Buildkite',
    matches: is('https://agent.buildkite.com'),
    owners: [['organization_id']],
    hint: JOB_COMMANDS.buildkite,
  },
  {
    title: 'all organisations of CircleCI',
    matches: is('https://oidc.circleci.com'),
    owners: [['oidc.circleci.com/org-id'], ['oidc.circleci.com/project-id']],
    hint: JOB_COMMANDS.circleci,
  },
  {
    title: 'all accounts of Google',
    matches: is('https://accounts.google.com'),
    owners: [['hd'], ['sub'], ['email', 'email_verified']],
    hint: 'edge-upload trust google <workspace domain>',
  },
  {
    title: 'all organisations of HCP Terraform',
    matches: is('https://app.terraform.io'),
    owners: [['terraform_organization_id']],
    hint: '--when terraform_organization_id=<id>',
  },
  {
    title: 'all personal accounts of Microsoft',
    matches: (iss) => iss.includes('/9188040d-6c67-4c5b-b112-36a304b66dad/'),
    owners: [['sub']],
    hint: '--when sub=<subject>',
  },
  ...[
    'https://appleid.apple.com',
    'https://www.facebook.com',
    'https://slack.com',
    'https://www.linkedin.com/oauth',
  ].map((issuer) => ({
    title: `all accounts of ${new URL(issuer).host}`,
    matches: is(issuer),
    owners: [['sub'], ...(issuer === 'https://slack.com' ? [['https://slack.com/team_id']] : [])],
    hint: '--when sub=<subject>',
  })),
];

/**
 * Refuses a rule of a shared issuer that does not say whose tokens fit.
 * @throws {UserError} `usage`
 */
export function requireOwner(iss: readonly string[], when: readonly Condition[]): void {
  const shared = SHARED.find(({ matches }) => iss.some(matches));
  if (shared === undefined) return;
  const { title, owners, hint } = shared;
  const named = (claim: string) => when.some((one) => one.claim.length === 1 && one.claim[0] === claim);
  if (owners.some((claims) => claims.every(named))) return;
  throw new UserError('usage', `The issuer ${iss[0]} has tokens for ${title}: anybody could upload.`, {
    hint: ['Say whose tokens fit:', `  ${hint}`],
  });
}
