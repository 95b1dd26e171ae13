import { runProgram } from './run-program.ts';
import type { Workload } from './workload.ts';

const preset = 'buildkite';

/** Claims with ids that are never used again; slugs can be. Tokens have them on request alone. */
const IDS = 'organization_id,pipeline_id';

/**
 * The identity of a Buildkite job.
 * https://buildkite.com/docs/agent/cli/reference/oidc
 */
export const buildkite: Workload = {
  preset,
  source: 'request',
  claims: [
    ['organization_slug'],
    ['organization_id'],
    ['pipeline_slug'],
    ['pipeline_id'],
    ['build_branch'],
    ['build_tag'],
  ],
  async token(job) {
    const output = await runProgram(job, {
      preset,
      name: 'buildkite-agent',
      args: ['oidc', 'request-token', '--audience', job.audience, '--claim', IDS],
      hint: 'The agent must be version 3.55 or later, and on the PATH of the job.',
    });
    return output.trim();
  },
};
