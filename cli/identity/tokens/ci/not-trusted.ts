import { table } from '../../../../protocol/fields.ts';
import { command, type HintLine } from '../../../command-line.ts';
import type { Context } from '../../../context.ts';
import { UserError } from '../../../errors.ts';
import { loginCommand } from '../../sign-in/username.ts';
import { titleOf, type Workload } from './workload.ts';

/** The command that trusts the jobs of a service, with the names that this job's environment has. */
const TRUST = table<(env: Context['env']) => HintLine>({
  github: ({ GITHUB_REPOSITORY: repository }) =>
    repository
      ? command`edge-upload trust github ${repository}`
      : command`edge-upload trust github <owner>/<repository>`,
  gitlab: ({ CI_PROJECT_PATH: project }) =>
    project ? command`edge-upload trust gitlab ${project}` : command`edge-upload trust gitlab <project>`,
  circleci: () => command`edge-upload trust circleci <org-id> --project <id>`,
  buildkite: () => command`edge-upload trust buildkite <org-id> --pipeline <slug>`,
  bitbucket: () => command`edge-upload trust bitbucket <workspace> --repository-id <uuid>`,
  kubernetes: () => command`edge-upload trust kubernetes <issuer> --service-account <namespace>/<name>`,
  aws: () => command`edge-upload trust aws <account> --role <role> --issuer <url>`,
  gcp: () => command`edge-upload trust gcp <account>`,
});

/** Returns the error for a job whose issuers the edge does not trust, where nobody is signed in either. */
export function notTrusted(workloads: readonly Workload[], url: string, env: Context['env']): UserError {
  const { host } = new URL(url);
  const titles = workloads.map(titleOf).join(' or ');
  const message = `Nobody is signed in to ${host}, and its edge does not trust ${titles}.`;
  return new UserError('not_signed_in', message, {
    hint: [
      'To let this job upload, the operator of the edge runs:',
      ...workloads.flatMap(({ preset }) => TRUST[preset]?.(env) ?? []),
      'To upload as a user:',
      loginCommand(url),
    ],
  });
}
