import { UserError } from '../errors.ts';
import type { Documents } from './documents.ts';
import { condition, httpsAddress, ifGiven, type Wish } from './wish.ts';

/** Which jobs of a repository. Values of one flag are alternatives. */
interface JobFlags {
  readonly branch?: readonly string[];
  readonly tag?: readonly string[];
  readonly environment?: readonly string[];
  /** Address of a self-managed installation. */
  readonly url?: string;
}

export interface GitHubFlags extends JobFlags {
  readonly event?: readonly string[];
  readonly hostedOnly?: boolean;
  /** Every repository of the owner. */
  readonly anyRepository?: boolean;
  readonly repositoryId?: string;
  readonly ownerId?: string;
}

export interface GitLabFlags extends JobFlags {
  readonly protected?: boolean;
  /** Every project of the group itself. */
  readonly anyProject?: boolean;
  readonly projectId?: string;
  readonly namespaceId?: string;
}

/**
 * Events of GitHub that people with write access cause. Others, such as pull_request_target, workflow_run and
 * issue_comment, run in the name of the main branch, also for people without write access.
 */
const EVENTS = ['push', 'workflow_dispatch', 'schedule', 'release', 'create'];

const refs = ({ branch = [], tag = [] }: JobFlags) => [
  ...branch.map((name) => `refs/heads/${name}`),
  ...tag.map((name) => `refs/tags/${name}`),
];

function checkedId(id: string, flag: string): string {
  if (/^[1-9]\d{0,18}$/.test(id)) return id;
  throw new UserError('usage', `Invalid value “${id}” for ${flag}. It takes a number.`);
}

/** Splits `acme/app`, of which no part is a pattern. */
function pathOf(typed: string, what: string, wildcardHint: string): readonly string[] {
  const parts = typed.trim().split('/');
  if (typed.includes('*')) {
    throw new UserError('usage', `“${typed}” is a pattern. It would fit what others create later.`, {
      hint: wildcardHint,
    });
  }
  if (parts.every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part))) return parts;
  throw new UserError('usage', `“${typed}” is not the path of a ${what}.`, {
    hint: `It looks like acme/app.`,
  });
}

/** Looks up an id by the public API; `undefined` where it shows nothing, as for private repositories. */
async function lookUp(
  documents: Documents,
  address: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const fetched = await documents.fetch(address);
  return 'fields' in fetched ? fetched.fields : undefined;
}

function idIn(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function notFound(what: string, host: string, ids: readonly string[]): UserError {
  return new UserError('usage', `${what} is not public at ${host}, or it does not exist.`, {
    hint: ['Give the ids of a private one:', ...ids.map((id) => `  ${id}`)],
  });
}

const fieldsIn = (value: unknown) => (value ?? {}) as Readonly<Record<string, unknown>>;

/**
 * Returns the rule for jobs of a repository, by the ids of repository and owner. Names can pass to others, and `sub` has
 * had two forms since July 2026.
 * https://docs.github.com/actions/reference/security/oidc
 */
export async function github(typed: string, flags: GitHubFlags, documents: Documents): Promise<Wish> {
  const { anyRepository = false, environment, event = EVENTS, hostedOnly = false, url } = flags;
  const path = pathOf(
    typed,
    'repository',
    'For every repository of an owner: edge-upload trust github <owner> --any-repository',
  );
  const [owner, name, ...more] = path;
  if (more.length > 0 || (name === undefined) !== anyRepository) {
    throw new UserError(
      'usage',
      `“${typed}” is not ${anyRepository ? 'an owner' : 'a repository'} of GitHub.`,
      {
        hint: [
          'Name one repository, or an owner and --any-repository:',
          '  edge-upload trust github acme/app',
          '  edge-upload trust github acme --any-repository',
        ],
      },
    );
  }
  const ids = anyRepository
    ? await githubOwner(String(owner), flags, documents)
    : await githubRepository(path.join('/'), flags, documents);
  return {
    preset: 'github',
    iss: [
      url === undefined
        ? 'https://token.actions.githubusercontent.com'
        : `${httpsAddress(url)}/_services/token`,
    ],
    when: [
      ...ids,
      condition('event_name', ...event),
      ...ifGiven('ref', refs(flags)),
      ...ifGiven('environment', environment),
      ...(hostedOnly ? [condition('runner_environment', 'github-hosted')] : []),
    ],
    note: path.join('/'),
  };
}

const githubApi = (url: string | undefined) =>
  url === undefined ? 'https://api.github.com' : `${httpsAddress(url)}/api/v3`;

async function githubRepository(
  path: string,
  { repositoryId, ownerId, url }: GitHubFlags,
  documents: Documents,
) {
  if (repositoryId === undefined || ownerId === undefined) {
    const found = await lookUp(documents, `${githubApi(url)}/repos/${path}`);
    const { id, owner, full_name: fullName } = found ?? {};
    const [repository, ofOwner] = [idIn(id), idIn(fieldsIn(owner).id)];
    const same = String(fullName).toLowerCase() === path.toLowerCase();
    if (repository === undefined || ofOwner === undefined || !same) {
      throw notFound(`The repository ${path}`, new URL(githubApi(url)).host, [
        `gh api repos/${path} --jq '.id, .owner.id'`,
        `edge-upload trust github ${path} --repository-id <id> --owner-id <id>`,
      ]);
    }
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
  const id = ownerId ?? idIn((await lookUp(documents, `${githubApi(url)}/users/${owner}`))?.id);
  if (id !== undefined) return [condition('repository_owner_id', checkedId(id, '--owner-id'))];
  throw notFound(`The owner ${owner}`, new URL(githubApi(url)).host, [
    `edge-upload trust github ${owner} --any-repository --owner-id <id>`,
  ]);
}

/**
 * Returns the rule for jobs of a project, by the ids of project and namespace. GitLab's claims are texts.
 * https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export async function gitlab(typed: string, flags: GitLabFlags, documents: Documents): Promise<Wish> {
  const { anyProject = false, environment, url } = flags;
  const path = pathOf(
    typed,
    'project',
    'For every project of a group: edge-upload trust gitlab <group> --any-project',
  );
  if (path.length < 2 && !anyProject) {
    throw new UserError('usage', `“${typed}” is not a project of GitLab.`, {
      hint: [
        'Name one project, or a group and --any-project:',
        '  edge-upload trust gitlab acme/app',
        '  edge-upload trust gitlab acme --any-project',
      ],
    });
  }
  const base = url === undefined ? 'https://gitlab.com' : httpsAddress(url);
  const ids = anyProject
    ? await gitlabGroup(path.join('/'), base, flags, documents)
    : await gitlabProject(path.join('/'), base, flags, documents);
  return {
    preset: 'gitlab',
    iss: [base],
    when: [
      ...ids,
      ...ifGiven('ref_path', refs(flags)),
      ...(flags.protected ? [condition('ref_protected', 'true')] : []),
      ...ifGiven('environment', environment),
    ],
    note: path.join('/'),
  };
}

async function gitlabProject(
  path: string,
  base: string,
  { projectId, namespaceId }: GitLabFlags,
  documents: Documents,
) {
  let [project, namespace] = [projectId, namespaceId];
  if (project === undefined) {
    const found = await lookUp(documents, `${base}/api/v4/projects/${encodeURIComponent(path)}`);
    const same = String(found?.path_with_namespace).toLowerCase() === path.toLowerCase();
    project = same ? idIn(found?.id) : undefined;
    namespace ??= idIn(fieldsIn(found?.namespace).id);
  }
  if (project === undefined) {
    throw notFound(`The project ${path}`, new URL(base).host, [
      `edge-upload trust gitlab ${path} --project-id <id> --namespace-id <id>`,
    ]);
  }
  return [
    condition('project_id', checkedId(project, '--project-id')),
    ...(namespace === undefined ? [] : [condition('namespace_id', checkedId(namespace, '--namespace-id'))]),
  ];
}

async function gitlabGroup(path: string, base: string, { namespaceId }: GitLabFlags, documents: Documents) {
  const found =
    namespaceId === undefined
      ? await lookUp(documents, `${base}/api/v4/groups/${encodeURIComponent(path)}`)
      : undefined;
  const id = namespaceId ?? idIn(found?.id);
  if (id !== undefined) return [condition('namespace_id', checkedId(id, '--namespace-id'))];
  throw notFound(`The group ${path}`, new URL(base).host, [
    `edge-upload trust gitlab ${path} --any-project --namespace-id <id>`,
  ]);
}
