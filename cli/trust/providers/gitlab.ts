import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { sameCommand } from '../../same-command.ts';
import type { Documents } from '../documents.ts';
import { checkedId, fieldsIn, idIn, type JobFlags, lookUp, notFound, pathOf, refs } from './repositories.ts';
import { condition, httpsAddress, ifGiven, type TrustRequest } from './trust-request.ts';

export interface GitLabFlags extends JobFlags {
  readonly protected?: boolean;
  /** Every project of the group itself. */
  readonly anyProject?: boolean;
  readonly projectId?: string;
  readonly namespaceId?: string;
}

/**
 * Returns the rule for jobs of a project, by the ids of project and namespace. GitLab's claims are strings.
 * https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export async function gitlab(typed: string, flags: GitLabFlags, documents: Documents): Promise<TrustRequest> {
  const { anyProject = false, environment, url } = flags;
  const path = pathOf(typed, 'project', [
    'For every project of a group:',
    command`edge-upload trust gitlab <group> --any-project`,
  ]);
  if (path.length < 2 && !anyProject) {
    throw new UserError('usage', `“${typed}” is not a project of GitLab.`, {
      hint: [
        'Name one project, or a group and --any-project:',
        command`edge-upload trust gitlab acme/app`,
        command`edge-upload trust gitlab acme --any-project`,
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
    ...(anyProject && { whole: { anyProject } }),
    note: path.join('/'),
  };
}

async function gitlabProject(
  path: string,
  base: string,
  { projectId, namespaceId }: GitLabFlags,
  documents: Documents,
) {
  const named = {
    what: `The project ${path}`,
    address: `${base}/api/v4/projects/${encodeURIComponent(path)}`,
    ids: [sameCommand`--project-id <id> --namespace-id <id>`],
  };
  let [project, namespace] = [projectId, namespaceId];
  if (project === undefined) {
    const found = await lookUp(documents, named);
    const same = String(found?.path_with_namespace).toLowerCase() === path.toLowerCase();
    project = same ? idIn(found?.id) : undefined;
    namespace ??= idIn(fieldsIn(found?.namespace).id);
  }
  if (project === undefined) throw notFound(named);
  return [
    condition('project_id', checkedId(project, '--project-id')),
    ...(namespace === undefined ? [] : [condition('namespace_id', checkedId(namespace, '--namespace-id'))]),
  ];
}

async function gitlabGroup(path: string, base: string, { namespaceId }: GitLabFlags, documents: Documents) {
  const named = {
    what: `The group ${path}`,
    address: `${base}/api/v4/groups/${encodeURIComponent(path)}`,
    ids: [sameCommand`--namespace-id <id>`],
  };
  const found = namespaceId === undefined ? await lookUp(documents, named) : undefined;
  const id = namespaceId ?? idIn(found?.id);
  if (id !== undefined) return [condition('namespace_id', checkedId(id, '--namespace-id'))];
  throw notFound(named);
}
