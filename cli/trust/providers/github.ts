import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { sameCommand } from '../../same-command.ts';
import type { Documents } from '../documents.ts';
import { checkedId, fieldsIn, idIn, type JobFlags, lookUp, notFound, pathOf, refs } from './repositories.ts';
import { condition, httpsAddress, ifGiven, type TrustRequest } from './trust-request.ts';

export interface GitHubFlags extends JobFlags {
  readonly event?: readonly string[];
  readonly hostedOnly?: boolean;
  /** Every repository of the owner. */
  readonly anyRepository?: boolean;
  readonly repositoryId?: string;
  readonly ownerId?: string;
}

/**
 * GitHub events that require write access. Others, such as pull_request_target, workflow_run and issue_comment, also
 * run for people without it, in the context of the main branch.
 */
const EVENTS = ['push', 'workflow_dispatch', 'schedule', 'release', 'create'];

/**
 * Returns the rule for jobs of a repository, by the ids of repository and owner. Names can pass to others, and `sub`
 * has had two formats since July 2026.
 * https://docs.github.com/actions/reference/security/oidc
 */
export async function github(typed: string, flags: GitHubFlags, documents: Documents): Promise<TrustRequest> {
  const { anyRepository = false, environment, event = EVENTS, hostedOnly = false, url } = flags;
  const path = pathOf(typed, 'repository', [
    'For every repository of an owner:',
    command`edge-upload trust github <owner> --any-repository`,
  ]);
  const [owner, name, ...more] = path;
  if (more.length > 0 || (name === undefined) !== anyRepository) {
    throw new UserError(
      'usage',
      `“${typed}” is not ${anyRepository ? 'an owner' : 'a repository'} of GitHub.`,
      {
        hint: [
          'Name one repository, or an owner and --any-repository:',
          command`edge-upload trust github acme/app`,
          command`edge-upload trust github acme --any-repository`,
        ],
      },
    );
  }
  const ids = anyRepository
    ? await githubOwner(String(owner), flags, documents)
    : await githubRepository(path.join('/'), flags, documents);
  return {
    preset: 'github',
    iss: [installation(url).issuer],
    when: [
      ...ids,
      condition('event_name', ...event),
      ...ifGiven('ref', refs(flags)),
      ...ifGiven('environment', environment),
      ...(hostedOnly ? [condition('runner_environment', 'github-hosted')] : []),
    ],
    ...(anyRepository && { whole: { anyRepository } }),
    note: path.join('/'),
  };
}

/**
 * Returns the addresses of GitHub.com, of an enterprise with data residency (`acme.ghe.com`), or of GitHub Enterprise
 * Server.
 * https://docs.github.com/enterprise-cloud@latest/actions/reference/security/oidc
 */
function installation(url = 'https://github.com'): { readonly issuer: string; readonly api: string } {
  const address = httpsAddress(url);
  const [, subdomain] = /^https:\/\/([a-z\d-]+)\.ghe\.com$/i.exec(address) ?? [];
  if (subdomain !== undefined) {
    const host = `${subdomain.toLowerCase()}.ghe.com`;
    return { issuer: `https://token.actions.${host}`, api: `https://api.${host}` };
  }
  if (/^https:\/\/(?:www\.)?github\.com$/i.test(address)) {
    return { issuer: 'https://token.actions.githubusercontent.com', api: 'https://api.github.com' };
  }
  return { issuer: `${address}/_services/token`, api: `${address}/api/v3` };
}

async function githubRepository(
  path: string,
  { repositoryId, ownerId, url }: GitHubFlags,
  documents: Documents,
) {
  if (repositoryId === undefined || ownerId === undefined) {
    const { api } = installation(url);
    const named = {
      what: `The repository ${path}`,
      address: `${api}/repos/${path}`,
      ids: [
        command`gh api ${`repos/${path}`} --jq ${'.id, .owner.id'}`,
        sameCommand`--repository-id <id> --owner-id <id>`,
      ],
    };
    const found = await lookUp(documents, named);
    const { id, owner, full_name: fullName } = found ?? {};
    const [repository, ofOwner] = [idIn(id), idIn(fieldsIn(owner).id)];
    const same = String(fullName).toLowerCase() === path.toLowerCase();
    if (repository === undefined || ofOwner === undefined || !same) throw notFound(named);
    return githubIds(repositoryId ?? repository, ownerId ?? ofOwner);
  }
  return githubIds(repositoryId, ownerId);
}

function githubIds(repositoryId: string, ownerId: string) {
  return [
    condition('repository_id', checkedId(repositoryId, '--repository-id')),
    condition('repository_owner_id', checkedId(ownerId, '--owner-id')),
  ];
}

async function githubOwner(owner: string, { ownerId, url }: GitHubFlags, documents: Documents) {
  const { api } = installation(url);
  const named = {
    what: `The owner ${owner}`,
    address: `${api}/users/${owner}`,
    ids: [sameCommand`--owner-id <id>`],
  };
  const id = ownerId ?? idIn((await lookUp(documents, named))?.id);
  if (id !== undefined) return [condition('repository_owner_id', checkedId(id, '--owner-id'))];
  throw notFound(named);
}
