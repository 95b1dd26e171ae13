import { runProgram } from './run-program.ts';
import type { Workload } from './workload.ts';

const preset = 'circleci';

/** Without `--root-issuer`, the issuer is that of the organization. */
const ROOT = 'https://oidc.circleci.com';

/**
 * The identity of a CircleCI job. Its variables CIRCLE_OIDC_TOKEN are not used: other services accept them.
 * https://circleci.com/docs/guides/permissions-authentication/oidc-tokens-with-custom-claims/
 */
export const circleci: Workload = {
  preset,
  source: 'request',
  claims: [
    ['oidc.circleci.com/org-id'],
    ['oidc.circleci.com/project-id'],
    ['oidc.circleci.com/vcs-ref'],
    ['oidc.circleci.com/ssh-rerun'],
  ],
  async token(job) {
    const root = job.issuers.length > 0 && job.issuers.every((issuer) => issuer === ROOT);
    const claims = JSON.stringify({ aud: job.audience });
    const output = await runProgram(job, {
      preset,
      name: 'circleci',
      args: ['run', 'oidc', 'get', '--claims', claims, ...(root ? ['--root-issuer'] : [])],
      hint: 'The program circleci belongs to every job of CircleCI. Check the PATH of the step.',
    });
    return output.trim();
  },
};
